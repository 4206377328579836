"""Run files, and the article's formulas on whole arrays in memory."""

import itertools
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradevo.layers import LayerGraph
from gradevo.testing import write_run

Array = np.ndarray[Any, Any]
Naive = dict[str, Array]


@pytest.fixture(scope="session")
def record(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write a run file from whole arrays.

    gradients: tensor -> (steps, *shape); weights: tensor -> (epochs+1, *shape). Steps behind the last
    complete epoch make a run that was stopped within an epoch. edges: (steps, E), of the graph's edges;
    times: recurrent layer -> (steps, T). settings: of `write_run`, such as `keep_bits` and `step_series`.
    """
    folder = tmp_path_factory.mktemp("runs")
    numbers = itertools.count()

    def write(
        gradients: dict[str, Array],
        weights: dict[str, Array],
        steps_per_epoch: int,
        dtype: str = "float32",
        graph: LayerGraph | None = None,
        edges: Array | None = None,
        times: dict[str, Array] | None = None,
        **settings: Any,
    ) -> Path:
        steps = len(next(iter(gradients.values())))
        epochs = np.arange(steps // steps_per_epoch)
        return write_run(
            folder / f"{next(numbers)}" / "run.h5",
            gradients,
            steps_per_epoch,
            weights=weights,
            losses=np.linspace(2, 1, steps, dtype=np.float32),
            metrics={"train": {"loss": 1 / (epochs + 1), "accuracy": epochs / 10}},
            edges=edges,
            through_time=times,
            experiment={"name": "tiny"},
            attributes={"data_label": "a copy"},
            batch_sizes=[32] * (steps_per_epoch - 1) + [7],
            dtype=dtype,
            graph=graph or LayerGraph(),
            **settings,
        )

    return write


@pytest.fixture(scope="session")
def naive() -> Callable[..., Naive]:
    """All statistics from whole arrays: name -> (epochs, T+1) or (steps, T+1)."""

    def compute(gradients: dict[str, Array], weights: dict[str, Array], steps_per_epoch: int) -> Naive:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            batches = [values.astype(np.float64) for values in gradients.values()]
            moving = [values.astype(np.float64) for values in weights.values()]
            return dict(_naive(batches, moving, steps_per_epoch))

    return compute


def _naive(batches: list[Array], weights: list[Array], steps_per_epoch: int) -> Iterator[tuple[str, Array]]:
    steps = len(batches[0])
    epochs = steps // steps_per_epoch
    # As the article does it: sums per epoch and layer, their cumulative sums, norms of the flattened layers.
    sums = [
        [layer[e * steps_per_epoch :][:steps_per_epoch].sum(axis=0) for layer in batches]
        for e in range(epochs)
    ]
    accumulated = [
        [np.sum([g[t] for g in sums[: e + 1]], axis=0) for t in range(len(batches))] for e in range(epochs)
    ]

    def norms(layers: list[list[Array]], order: int, standardized: bool) -> Array:
        rows = [
            [np.linalg.norm(x.flatten(), ord=order) / (x.size if standardized else 1) for x in row]
            for row in layers
        ]
        return np.array([[*row, np.sum(row)] for row in rows]).reshape(len(layers), len(batches) + 1)

    for order, standardized in itertools.product((1, 2), (False, True)):
        suffix = "_standardized" if standardized else ""
        norm, norm_acc = norms(sums, order, standardized), norms(accumulated, order, standardized)
        yield f"l{order}_norm{suffix}", norm
        yield f"l{order}_norm_acc{suffix}", norm_acc
        yield f"acc_l{order}_norm{suffix}", np.cumsum(norm, axis=0)
        yield f"l{order}_dissolving_norm{suffix}", np.cumsum(norm, axis=0) - norm_acc
        individual = [[layer[step] for layer in batches] for step in range(steps)]
        yield f"l{order}_norm_individual{suffix}", norms(individual, order, standardized)

    maxima = np.array([[np.max(np.abs(x)) for x in row] for row in sums]).reshape(epochs, len(batches))
    maxima_acc = np.array([[np.max(np.abs(x)) for x in row] for row in accumulated]).reshape(
        epochs, len(batches)
    )
    finite = [[x for x in column if np.isfinite(x)] for column in maxima_acc.T]
    scaling = [max(column, default=0) or 1 for column in finite]
    # "Totals are sums over tensors": of these as of all the article's statistics.
    for name, values in (("highest", maxima), ("highest_acc", maxima_acc)):
        scaled = values / scaling
        yield name, np.column_stack([scaled, np.sum(scaled, axis=1)])

    def columns(layers: list[Array]) -> list[Array]:
        rows = [layer.reshape(len(layer), -1) for layer in layers]
        return [*rows, np.concatenate(rows, axis=1)]

    whole, moving = columns(batches), columns(weights)
    missing = [np.full((1, len(whole)), np.nan)]
    yield (
        "cosine",
        np.concatenate([*missing, *([[_cosine(x[s], x[s - 1]) for x in whole]] for s in range(1, steps))]),
    )
    yield (
        "sign_flip_rate",
        np.concatenate(
            [
                *missing,
                *([[np.mean(np.sign(x[s]) * np.sign(x[s - 1]) < 0) for x in whole]] for s in range(1, steps)),
            ]
        ),
    )
    yield (
        "density",
        np.array(
            [
                [np.sum(np.abs(x[s])) ** 2 / (x[s].size * np.sum(x[s] ** 2)) for x in whole]
                for s in range(steps)
            ]
        ),
    )
    ratios = [
        [
            np.linalg.norm(w[e + 1] - w[e]) / np.linalg.norm(w[e]) if np.linalg.norm(w[e]) != 0 else np.nan
            for w in moving
        ]
        for e in range(epochs)
    ]
    yield "update_to_weight", np.array(ratios).reshape(epochs, len(whole))


def _cosine(g: Array, p: Array) -> float:
    return float(np.sum(g * p) / (np.linalg.norm(g) * np.linalg.norm(p)))
