"""Trees of arrays become names and arrays."""

from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from gradevo.recording.tree import as_array, is_floating, keyed_leaves, leaves, path_of


@dataclass
class Dense:
    kernel: Any
    bias: Any = None


State = namedtuple("State", ["count", "mean"])


def shapes(tree: Any) -> dict[str, tuple[int, ...]]:
    return {path: leaf.shape for path, leaf in leaves(tree)}


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (
            {"dense": {"kernel": np.ones((2, 3)), "bias": np.ones(3)}},
            {"dense/kernel": (2, 3), "dense/bias": (3,)},
        ),
        ([np.ones(1), (np.ones(2), {"a": np.ones(3)})], {"0": (1,), "1/0": (2,), "1/1/a": (3,)}),
        ({"net": Dense(np.ones(2), np.ones(()))}, {"net/kernel": (2,), "net/bias": ()}),
        (State(np.ones(()), {"w": np.ones(4)}), {"count": (), "mean/w": (4,)}),
        (OrderedDict({"encoder.0.weight": np.ones(2)}), {"encoder/0/weight": (2,)}),
        (MappingProxyType({0: np.ones(1), 1: np.ones(2)}), {"0": (1,), "1": (2,)}),
        (np.ones(3), {"weights": (3,)}),
        (np.float32(3), {"weights": ()}),
        ({}, {}),
        (None, {}),
    ],
)
def test_every_array_has_its_path(tree: Any, expected: dict[str, tuple[int, ...]]) -> None:
    assert list(shapes(tree).items()) == list(expected.items())


def test_what_is_no_array_is_left_out() -> None:
    tree = {"a": None, "b": 3, "c": "text", "d": [], "e": np.ones(1), "f": Dense(np.ones(2)), "g": print}
    assert shapes(tree) == {"e": (1,), "f/kernel": (2,)}


def test_arrays_of_one_path_are_told_apart_by_their_keys() -> None:
    tree = {"a": {"b": np.ones(1)}, "a.b": np.ones(2), "a/b": np.ones(3)}
    assert [path for path, _ in leaves(tree)] == ["a/b", "a/b", "a/b"]
    keys = [keys for keys, _ in keyed_leaves(tree)]
    assert keys == [("a", "b"), ("a.b",), ("a/b",)]
    assert {path_of(one) for one in keys} == {"a/b"}


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("float16", "float16"),
        ("float32", "float32"),
        ("float64", "float64"),
        (ml_dtypes.bfloat16, "float32"),
        (ml_dtypes.float8_e5m2, "float32"),
        (ml_dtypes.float8_e4m3fn, "float32"),
    ],
)
def test_numbers_of_any_precision_stay_what_they_are(dtype: Any, expected: str) -> None:
    numbers = np.array([0.5, -1.25, 3.0])
    found = as_array(numbers.astype(dtype))
    assert found.dtype.name == expected
    np.testing.assert_array_equal(found, numbers.astype(dtype).astype(np.float64))
    assert is_floating(numbers.astype(dtype))


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool", "complex64", ml_dtypes.int4])
def test_integers_have_no_gradient(dtype: Any) -> None:
    assert not is_floating(np.zeros(2).astype(dtype))


def test_a_tensor_with_a_gradient_on_another_device_is_copied_to_the_host() -> None:
    class Tensor:
        """What PyTorch's tensors do: NumPy refuses them until they are detached and on the host."""

        shape = (2,)

        def __init__(self, detached: bool = False, host: bool = False) -> None:
            self.detached, self.host = detached, host

        def detach(self) -> "Tensor":
            return Tensor(True, self.host)

        def cpu(self) -> "Tensor":
            return Tensor(self.detached, True)

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            assert self.detached
            assert self.host
            return np.array([1.0, 2.0], "float32")

    assert as_array(Tensor()).tolist() == [1, 2]
