"""Trees of arrays, of any framework, as named arrays."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


def leaves(tree: Any) -> Iterator[tuple[str, Any]]:
    """The arrays of a tree, each with its path, in the order of the tree.

    Args:
        tree: Mappings, sequences, named tuples and dataclasses, one in another; what has a ``shape`` is an
            array, all else is left out. Dots in a mapping's keys part a path as slashes do: two arrays may
            have one path.

    >>> list(leaves({"dense": {"kernel": np.ones(2)}, "encoder.0.weight": np.zeros(1), "step": 3}))
    [('dense/kernel', array([1., 1.])), ('encoder/0/weight', array([0.]))]
    """
    for keys, leaf in keyed_leaves(tree):
        yield path_of(keys), leaf


def keyed_leaves(tree: Any, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The same with the keys that lead to each array, which tell any two apart.

    >>> [keys for keys, _ in keyed_leaves({"a": {"b": np.ones(2)}, "a.b": np.zeros(1)})]
    [('a', 'b'), ('a.b',)]
    """
    if hasattr(tree, "shape"):
        yield keys, tree
        return
    for key, branch in _branches(tree):
        yield from keyed_leaves(branch, (*keys, str(key)))


def at_keys(tree: Any, keys: tuple[str, ...]) -> Any:
    """What stands in a tree where these keys lead; None where they lead nowhere."""
    for wanted in keys:
        tree = next((branch for key, branch in _branches(tree) if str(key) == wanted), None)
    return tree


def path_of(keys: tuple[str, ...]) -> str:
    """The path to which keys lead: ``("encoder.0", "weight")`` -> ``"encoder/0/weight"``."""
    return "/".join(keys).replace(".", "/") or "weights"


def _branches(tree: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(tree, Mapping):
        yield from tree.items()
    elif hasattr(tree, "_fields"):  # a named tuple
        yield from zip(tree._fields, tree, strict=True)
    elif isinstance(tree, list | tuple):
        yield from enumerate(tree)
    elif is_dataclass(tree):
        yield from ((field.name, getattr(tree, field.name)) for field in fields(tree))


def as_array(leaf: Any) -> NDArray[Any]:
    """The numbers of an array of any framework, on any device, where NumPy can hold them.

    Half precision that NumPy does not know (bfloat16, the eight-bit floats) becomes float32.
    """
    for step in ("detach", "cpu"):  # PyTorch's tensors, with a gradient or on another device
        leaf = getattr(leaf, step)() if hasattr(leaf, step) else leaf
    if str(getattr(leaf, "dtype", "")) == "torch.bfloat16":
        leaf = leaf.float()
    array = np.asarray(leaf)
    of_extension = array.dtype.isbuiltin == 2  # a type that another package registered with NumPy
    return array.astype(np.float32) if of_extension else array


def is_floating(leaf: Any) -> bool:
    """Whether an array holds real numbers that have gradients."""
    kind = str(getattr(leaf, "dtype", ""))
    return "float" in kind
