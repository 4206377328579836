"""Trees of arrays, of any framework, as named arrays."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The arrays of a tree, each with its path, in the order of the tree.

    Args:
        tree: Mappings, sequences, named tuples and dataclasses, one in another; what has a ``shape`` is an
            array, all else is left out. Dots in a mapping's keys part a path as slashes do.

    >>> list(leaves({"dense": {"kernel": np.ones(2)}, "encoder.0.weight": np.zeros(1), "step": 3}))
    [('dense/kernel', array([1., 1.])), ('encoder/0/weight', array([0.]))]
    """
    if hasattr(tree, "shape"):
        yield path or "weights", tree
        return
    for name, branch in _branches(tree):
        part = str(name).replace(".", "/")
        yield from leaves(branch, f"{path}/{part}" if path else part)


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
    return array.astype(np.float32) if array.dtype.kind == "V" else array


def is_floating(leaf: Any) -> bool:
    """Whether an array holds real numbers that have gradients."""
    kind = str(getattr(leaf, "dtype", ""))
    return "float" in kind
