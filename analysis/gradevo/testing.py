"""Synthetic run and statistics files, for the tests of this project and of those who read its files.

A run is written by the writer that trainings use, from arrays whose numbers you know; `gradevo.analyse` turns
it into statistics. A statistics file can also be filled with any numbers, without a run.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from gradevo.layers import LayerGraph
from gradevo.runfile.schema import Plan, partial_path
from gradevo.runfile.writer import RunWriter
from gradevo.statistics.catalogue import TOTAL, of_level
from gradevo.statistics.fold import WIDTH, stride
from gradevo.statistics.statistic import Level
from gradevo.statistics.store import FORMAT, VERSION
from gradevo.statistics.writer import FOLDED_STEPS

TOY = {"title": "Toy"}
"""The experiment of a file that is given no other."""


def write_run(
    path: Path,
    gradients: Mapping[str, NDArray[np.floating]],
    steps_per_epoch: int | Sequence[int],
    *,
    weights: Mapping[str, NDArray[np.floating]] | None = None,
    losses: NDArray[np.floating] | None = None,
    metrics: Mapping[str, Mapping[str, Sequence[float] | NDArray[np.floating]]] | None = None,
    edges: NDArray[np.floating] | None = None,
    through_time: Mapping[str, NDArray[np.floating]] | None = None,
    batch_sizes: Sequence[int] | None = None,
    step_series: Mapping[str, NDArray[np.floating]] | None = None,
    experiment: Mapping[str, Any] = TOY,
    seed: int = 13,
    attributes: Mapping[str, Any] | None = None,
    finish: bool = True,
    **plan: Any,
) -> Path:
    """Write a run file as the training with these gradients would have left it.

    The first step whose loss or gradient is not finite is noted in the file, as `gradevo.record` does.

    Args:
        path: The run file, such as ``run.h5``; its folder is made.
        gradients: Tensor -> (steps, *shape). Steps behind the last full epoch make a run that was stopped
            within an epoch. With `record_every` or `record_epochs`, steps here are all batches.
        steps_per_epoch: Batches of an epoch, or of each epoch, where they differ.
        weights: Tensor -> (epochs + 1, *shape), row 0 before training; ones where they are not given.
        losses: Of every step, (steps,); ones where they are not given.
        metrics: Split -> name -> (epochs,); of the training split a loss of 1/epoch where they are not given.
        edges: Norms at the edges of the graph, (steps, E); none without.
        through_time: Recurrent layer -> norms at its T time steps, (steps, T).
        batch_sizes: Examples in each batch of an epoch; 32 where they are not given.
        step_series: Further series of steps, by their paths below ``steps``, such as "learning_rate" or
            "updates/dense/kernel" -> (steps,). Norms such as updates are those of all tensors, or of none.
        experiment: The settings that the file describes itself by.
        seed: Of the training.
        attributes: Further root attributes, such as ``data_label`` and ``model``.
        finish: Give the file its name; else it is left as by a killed process, with its partial name.
        plan: Fields of `Plan` that are not to follow from the arrays: ``epochs`` for those planned,
            ``dtype``, ``graph``, ``keep_bits``, ``record_every``, ``record_epochs``.

    Returns:
        The path of the file, the partial one without `finish`.

    >>> import tempfile, gradevo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_run(Path(folder) / "run.h5", {"dense/kernel": np.ones((6, 4, 2))}, steps_per_epoch=3)
    ...     with gradevo.Run(path) as run:
    ...         print(run.epochs, run.read_gradients("dense/kernel", 0, 2).shape)
    2 (2, 4, 2)
    """
    steps = len(next(iter(gradients.values())))
    if isinstance(steps_per_epoch, int):
        lengths = [steps_per_epoch] * -(-steps // steps_per_epoch)
    else:
        lengths = list(steps_per_epoch)
    bounds = [0, *np.cumsum(lengths).tolist()]
    complete = sum(stop <= steps for stop in bounds[1:])
    metrics = metrics or {"train": {"loss": 1 / np.arange(1, complete + 1)}}
    sizes = np.array(batch_sizes or [32] * max(lengths, default=1))
    told = {
        "experiment": json.dumps(dict(experiment)),
        "seed": seed,
        "batch_size": int(sizes.max()),
        "data_label": "",
        "data": "{}",
    }
    described: dict[str, Any] = {
        "tensors": {tensor: values.shape[1:] for tensor, values in gradients.items()},
        "epochs": len(lengths),
        "batches": steps_per_epoch if isinstance(steps_per_epoch, int) else None,
        "metrics": {split: list(values) for split, values in metrics.items()},
        "activation_gradients": edges is not None,
        "through_time": {layer: values.shape[1] for layer, values in (through_time or {}).items()},
        "attributes": {**told, **(attributes or {})},
    }
    layout = Plan(**{**described, **plan})
    rows = [
        np.ones((complete + 1, *shape), layout.dtype) if weights is None else weights[tensor]
        for tensor, shape in layout.tensors.items()
    ]
    with RunWriter(path, layout) as writer:
        writer.write_initial_weights([values[0] for values in rows])
        for epoch, (start, stop) in enumerate(pairwise(bounds)):
            here = slice(start, min(stop, steps))
            tensors = [values[here].reshape(here.stop - start, -1) for values in gradients.values()]
            flat = np.concatenate(tensors, axis=1).astype(layout.dtype)
            loss = np.ones(len(flat)) if losses is None else losses[here]
            series = {"steps/loss": loss, "steps/batch_size": sizes[: len(flat)]}
            series |= {
                f"through_time/{layer}": values[here] for layer, values in (through_time or {}).items()
            }
            series |= {f"steps/{path}": values[here] for path, values in (step_series or {}).items()}
            series |= {} if edges is None else {"activation_gradients": edges[here]}
            writer.write_steps(flat, series)
            if epoch < complete:
                now = {
                    split: {name: float(values[epoch]) for name, values in series.items()}
                    for split, series in metrics.items()
                }
                writer.complete_epoch([values[epoch + 1] for values in rows], now)
        return writer.finish() if finish else partial_path(path)


def write_statistics(
    path: Path,
    shapes: Mapping[str, tuple[int, ...]],
    epochs: int,
    steps_per_epoch: int = 2,
    *,
    steps: int | None = None,
    series: Mapping[str, NDArray[np.floating]] | None = None,
    gradients: Mapping[str, NDArray[np.floating]] | None = None,
    metrics: Mapping[str, Mapping[str, NDArray[np.floating]]] | None = None,
    learning_rate: NDArray[np.floating] | None = None,
    folded: NDArray[np.floating] | None = None,
    folded_weights: NDArray[np.floating] | None = None,
    exponents: Mapping[str, NDArray[np.int64]] | None = None,
    zeros: Mapping[str, NDArray[np.int64]] | None = None,
    experiment: Mapping[str, Any] = TOY,
    seed: int = 13,
    data_label: str = "",
    first_nonfinite_step: int | None = None,
) -> Path:
    """Write a statistics file with any numbers, without layers and spectra; what is not given is zero.

    Statistics that a run has only where more was recorded, such as those of updates, are there if given.

    Args:
        path: The file to write.
        shapes: Tensor -> its shape.
        epochs: Number of complete epochs.
        steps_per_epoch: Steps of an epoch.
        steps: Number of steps, where there are more than those of the complete epochs.
        series: Name of an epoch or step statistic -> (epochs or steps, T + 1), the total last.
        gradients: Tensor -> sums of the gradients of the epochs, (epochs, *shape).
        metrics: Split -> name -> (epochs,).
        learning_rate: Of every step, (steps,); none without.
        folded: Folded gradients of every step, (steps, w); as many are kept as by `gradevo.analyse`.
        folded_weights: Of the weights' changes, (epochs + 1, w).
        exponents: Tensor -> counts of the exponents of its elements, (epochs, 2, 256).
        zeros: Tensor -> how many of them are 0, (epochs,).
        experiment: The settings that the file describes itself by.
        seed: Of the training.
        data_label: What figures of the file must say.
        first_nonfinite_step: Counted from 0.

    Returns:
        `path`.

    >>> import tempfile, gradevo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     norms = {"l2_norm": np.array([[3.0, 4.0, 7.0], [1.0, 2.0, 3.0]])}
    ...     shapes = {"dense/kernel": (4, 2), "dense/bias": (2,)}
    ...     with gradevo.Statistics(write_statistics(Path(folder) / "a.h5", shapes, 2, series=norms)) as toy:
    ...         print(toy.epoch("l2_norm", "dense/bias"), toy.size())
    [4. 2.] 10
    """
    steps = epochs * steps_per_epoch if steps is None else steps
    bad = first_nonfinite_step
    sizes = [prod(shape) for shape in shapes.values()]
    with h5py.File(path, "w") as file:
        file.attrs.update(
            format=FORMAT,
            version=VERSION,
            graph=LayerGraph().to_json(),
            record_every=1,
            experiment=json.dumps(dict(experiment)),
            seed=seed,
            first_nonfinite_step=-1 if bad is None else bad,
            first_nonfinite_epoch=-1 if bad is None else bad // steps_per_epoch + 1,
            data_label=data_label,
        )
        file["columns"] = np.array([*shapes, TOTAL], dtype=h5py.string_dtype())
        file["epoch_stop"] = steps_per_epoch * np.arange(1, epochs + 1)
        file["sizes"] = np.array([*sizes, sum(sizes)], dtype=np.int64)
        rows: dict[Level, int] = {"epoch": epochs, "step": steps}
        for level, length in rows.items():
            for name, statistic in of_level(level).items():
                if not statistic.needs or name in (series or {}):
                    file[f"{level}s/{name}"] = (series or {}).get(name, np.zeros((length, len(sizes) + 1)))
        file["steps/epoch"] = np.arange(steps) // steps_per_epoch + 1
        file["steps/batch_size"] = np.full(steps, 32)
        file["steps/loss"] = np.ones(steps)
        if learning_rate is not None:
            file["steps/learning_rate"] = learning_rate
        for tensor, shape in shapes.items():
            values = (gradients or {}).get(tensor, np.zeros((epochs, *shape)))
            file[f"gradients/{tensor}"] = np.asarray(values, dtype=np.float32)
            file[f"exponents/{tensor}"] = (exponents or {}).get(tensor, np.zeros((epochs, 2, 256), np.int64))
            file[f"zeros/{tensor}"] = (zeros or {}).get(tensor, np.zeros(epochs, np.int64))
        width = min(sum(sizes), WIDTH)
        rows_of_steps = np.zeros((steps, width)) if folded is None else folded
        every = stride(steps, FOLDED_STEPS)
        file["folded/total"] = rows_of_steps[::every].astype(np.float32)
        file["folded/total"].attrs["every"] = every
        moved = np.zeros((epochs + 1, width)) if folded_weights is None else folded_weights
        file["folded/weights"] = moved.astype(np.float32)
        for split in ("train", "validation"):
            file.create_group(f"metrics/{split}")
            for name, metric in (metrics or {}).get(split, {}).items():
                file[f"metrics/{split}/{name}"] = metric
    return path
