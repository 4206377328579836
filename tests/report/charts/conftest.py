"""Small experiments whose charts the tests look at."""

from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gradevo.layers import Layer, LayerGraph

TENSORS = {"dense/kernel": (4, 2), "dense/bias": (2,), "dense_1/kernel": (2, 1)}


def gradients(steps: int, seed: int) -> dict[str, np.ndarray]:
    """Random gradients of `TENSORS`."""
    random = np.random.default_rng(seed)
    return {name: random.normal(size=(steps, *shape)).astype(np.float32) for name, shape in TENSORS.items()}


@pytest.fixture(scope="session")
def wave(statistics_file: Callable[..., Path]) -> list[Path]:
    """Two seeds, 4 and 3 epochs of 3 steps; an accuracy."""
    return [
        statistics_file(
            gradients(3 * epochs, seed),
            3,
            "wave",
            seed,
            metrics={"accuracy": np.linspace(0.5, 0.8, epochs)},
            loss="categorical_crossentropy",
            title="A </script> wave",
        )
        for seed, epochs in ((13, 4), (14, 3))
    ]


@pytest.fixture(scope="session")
def turning(statistics_file: Callable[..., Path]) -> Path:
    """Two layers, three epochs of four steps: the first turns by 90° every step, the second to and fro.

    In the last epoch the second has no gradient.
    """
    turn = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]] * 3, np.float32)
    to_and_fro = np.array([[2.0], [-2], [2], [-2]] * 3, np.float32)
    to_and_fro[8:] = 0
    graph = LayerGraph((Layer("one <&", "Dense", ("a",)), Layer("two", "Dense", ("b",))))
    return statistics_file({"a": turn, "b": to_and_fro}, 4, "turning", graph=graph)


@pytest.fixture(scope="session")
def broken(statistics_file: Callable[..., Path]) -> Path:
    """One seed, 5 epochs of 2 steps, step 4 (the first of epoch 3) with a NaN."""
    values = gradients(10, 15)
    values["dense/bias"][4, 0] = np.nan
    return statistics_file(values, 2, "broken", 13)


@pytest.fixture(scope="session")
def tall(statistics_file: Callable[..., Path]) -> Path:
    """Eighteen layers, so 36 tensors; 2 epochs of 2 steps."""
    random = np.random.default_rng(13)
    shapes = {"kernel": (2, 2), "bias": (2,)}
    names = [(f"dense_{place}/{role}", shape) for place in range(18) for role, shape in shapes.items()]
    values = {name: random.normal(size=(4, *shape)).astype(np.float32) for name, shape in names}
    return statistics_file(values, 2, "tall", 13)


@pytest.fixture(scope="session")
def unpacked() -> Callable[[str], np.ndarray]:
    """A function that reads packed arrays as `charts.js` does."""
    return lambda text: np.frombuffer(b64decode(text[3:]), dtype="<" + text[:2])
