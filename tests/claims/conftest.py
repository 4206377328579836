"""Synthetic trainings of which it is known what they support and what they contradict."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gradevo.claims.judge import judge
from gradevo.statistics.ensembles import open_ensembles

EPOCHS = 20
STEPS = 2
"""Steps of an epoch."""
TENSORS = {"one/kernel": 30, "two/kernel": 20}
"""Tensor -> number of elements."""

TIME = np.arange(1, EPOCHS + 1)
FALLING, RISING = 1 / TIME, TIME / EPOCHS
ALTERNATING = np.where(TIME % 2, 1.0, -1.0)
TURN = np.tile([1.0, -1.0], EPOCHS)
"""A sign for every step, turning at each."""


def axes(*lengths: object) -> np.ndarray:
    """Gradients (steps, 50): one length a step (or epoch) on as many axes of each tensor."""
    gradients = np.zeros((EPOCHS * STEPS, sum(TENSORS.values())))
    start = 0
    for size in TENSORS.values():
        for axis, length in enumerate(lengths):
            steps = np.broadcast_to(np.asarray(length, float), np.shape(length) or (EPOCHS,))
            gradients[:, start + axis] = steps if len(steps) == len(gradients) else np.repeat(steps, STEPS)
        start += size
    return gradients


def turning(first: int) -> np.ndarray:
    """Rises by a large gradient, then goes back by small ones."""
    return np.where(TIME == 1, first, -1.0)


def once(epoch: int) -> np.ndarray:
    """1 in this epoch, 0 in the others."""
    return np.where(epoch == TIME, 1.0, 0.0)


SCENARIOS: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
    "falling": (axes(FALLING), {"losses": FALLING, "metrics": {"accuracy": RISING}}),
    "rising": (axes(RISING), {"losses": FALLING, "metrics": {"mean_absolute_error": RISING}}),
    "constant": (axes(1.0), {"losses": RISING}),
    "there and back": (axes(turning(40)), {}),
    "out, then home": (axes(*(once(epoch) - once(epoch + 10) for epoch in range(1, 11))), {}),
    "dissolving early": (axes(ALTERNATING * (TIME <= 10), TIME > 10), {}),
    "dissolving late": (axes(TIME <= 10, ALTERNATING * (TIME > 10)), {}),
    "all directions": (np.eye(EPOCHS * STEPS, sum(TENSORS.values())), {}),
    "noisier": (axes(2 * FALLING + 1, np.repeat(RISING, STEPS) * TURN), {"losses": FALLING}),
    "less noisy": (axes(2 * RISING + 1, np.repeat(FALLING, STEPS) * TURN), {"losses": FALLING}),
    "bouncing": (axes(TURN), {}),
}
"""Name -> gradients of all tensors side by side, and what else `statistics_file` takes."""


@pytest.fixture(scope="session")
def split() -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    """A function from gradients side by side, (steps, 50), to tensors."""
    stops = np.cumsum(list(TENSORS.values()))[:-1]
    return lambda gradients: dict(zip(TENSORS, np.split(gradients, stops, axis=1), strict=True))


@pytest.fixture(scope="session")
def scenario(statistics_file: Callable[..., Path], split: Callable[..., Any]) -> Callable[[str], list[Path]]:
    """A function that records a scenario with three seeds, which differ by a factor alone."""

    @cache
    def record(name: str) -> list[Path]:
        gradients, more = SCENARIOS[name]
        return [
            statistics_file(split(gradients * (1 + seed / 8)), STEPS, "toy", seed, **more)
            for seed in range(3)
        ]

    return record


@pytest.fixture(scope="session")
def verdicts(scenario: Callable[[str], list[Path]]) -> Callable[[str, int], pd.DataFrame]:
    """A function from a scenario and a number of seeds to the table of verdicts."""

    @cache
    def table(name: str, seeds: int) -> pd.DataFrame:
        with open_ensembles(scenario(name)[:seeds]) as ensembles:
            return judge(ensembles)

    return table
