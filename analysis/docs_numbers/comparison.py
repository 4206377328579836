"""The numbers of ``docs/comparison.md``, "What the default run shows", and of ``docs/statistics.md``."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from gradevo import Run
from gradevo.claims.literature import directions
from gradevo.comparison.summary import last_quarter
from gradevo.statistics.derived import (
    dissolving_ratio,
    epoch_mean,
    gradient_norm,
    path_efficiency,
    tensor_median,
    total,
)
from gradevo.statistics.fold import WIDTH
from gradevo.statistics.store import Statistics

from .quote import Quote, Stated
from .reasons import OTHER_MACHINE, PAPER
from .records import Records

DOCUMENT = "comparison.md"
SECTIONS = ("## What the default run shows",)
SEEDS = {
    "iris": range(13, 18),
    "boston": range(13, 18),
    **dict.fromkeys(("mnist", "forda-gru", "xor"), range(13, 16)),
    "parabola": range(3),
}
"""Of the experiments whose medians are quoted."""


def held_and_widest(records: Records) -> list[float]:
    """How many intervals of shares hold the exact share, of how many, and the width of the widest.

    Of all runs of more parameters than a fold keeps apart, both spectra, the directions that claims count.
    """
    held, widths = [], []
    for experiment, seeds in {**SEEDS, "forda": [13]}.items():
        for seed in seeds:
            run, statistics = records.run(experiment, seed), records.statistics(experiment, seed)
            if statistics.size() <= WIDTH:
                continue
            gradients = all_gradients(run)
            norms = np.linalg.norm(gradients, axis=1, keepdims=True)
            unit = np.divide(gradients, norms, out=np.zeros_like(gradients), where=norms > 0)
            for kind, rows in (("energy", gradients), ("direction", unit)):
                spectrum = statistics.spectrum(kind)
                k = directions(spectrum.steps, spectrum.parameters)
                energies = np.linalg.eigvalsh(rows @ rows.T)
                low, high = spectrum.share(k)
                held.append(low <= energies[-k:].sum() / energies.sum() <= high)
                widths.append(high - low)
    return [sum(held), len(held), max(widths)]


def all_gradients(run: Run) -> NDArray[np.float64]:
    """Of the complete epochs, all tensors side by side: (steps, parameters)."""
    steps = run.timeline.complete_steps
    tensors = [run.read_gradients(tensor, 0, steps).reshape(steps, -1) for tensor in run.tensors]
    return np.concatenate(tensors, axis=1, dtype=np.float64)


def medians(records: Records, experiment: str, of_run: Callable[[Statistics], float]) -> float:
    """The median over the seeds."""
    return float(np.median(values(records, experiment, of_run)))


def values(records: Records, experiment: str, of_run: Callable[[Statistics], float]) -> list[float]:
    """Of every seed."""
    return [of_run(records.statistics(experiment, seed)) for seed in SEEDS[experiment]]


def bounds(records: Records, experiment: str, of_run: Callable[[Statistics], float]) -> list[float]:
    """Lowest and highest of the seeds."""
    found = values(records, experiment, of_run)
    return [min(found), max(found)]


def norm(run: Statistics) -> float:
    """Percent of its first norm that the last epoch's gradient has."""
    return float(100 * gradient_norm(run)[-1])


def dissolved(run: Statistics) -> float:
    """Percent of the epochs' gradients that have dissolved."""
    return float(100 * dissolving_ratio(run)[-1])


def left(run: Statistics) -> float:
    """Percent of the length of all batches' gradients that is left."""
    return float(100 * path_efficiency(run)[-1])


def late_cosine(run: Statistics) -> float:
    return last_quarter(epoch_mean(run, "cosine"))


def highest(epoch: int) -> Callable[[Statistics], float]:
    """An epoch's highest element in a typical tensor."""
    return lambda run: float(tensor_median(run, "highest")[epoch])


def moved(run: Statistics) -> float:
    """By how many percent the last epoch moves the weights."""
    return float(100 * total(run, "update_to_weight")[-1])


_quote = partial(Quote, DOCUMENT)


QUOTES = (
    _quote(
        "The epoch's gradient falls to # % of its first norm on boston, whose first loss is in the "
        "thousands, to # % on iris",
        lambda r: [medians(r, "boston", norm), medians(r, "iris", norm)],
    ),
    _quote("on iris, # % on forda", lambda r: [norm(r.statistics("forda"))], travels=False),
    _quote(
        "On mnist it *grows* to # % (#–# %), for # steps only begin the training: the loss is still #",
        lambda r: [
            medians(r, "mnist", norm),
            *bounds(r, "mnist", norm),
            r.statistics("mnist").steps,
            medians(r, "mnist", lambda run: float(run.metrics("train")["loss"][-1])),
        ],
    ),
    _quote(
        "On the GRU it is #, # and # times the first after epochs 2 to 4 (seed 13)",
        lambda r: gradient_norm(r.statistics("forda-gru"))[1:].tolist(),
        travels=False,
    ),
    _quote(
        "On forda # % of the epochs' gradients have dissolved, but what is left is # % of the length of all "
        "batches' gradients, on the GRU # %",
        lambda r: [
            dissolved(r.statistics("forda")),
            left(r.statistics("forda")),
            medians(r, "forda-gru", left),
        ],
        travels=False,
    ),
    _quote(
        "On xor, with its batches of four points, # to # % dissolve and # to # % are left",
        lambda r: [*bounds(r, "xor", dissolved), *bounds(r, "xor", left)],
    ),
    _quote(
        "mnist is the opposite: # % of the length is left, its batches agree to the end (cosine #)",
        lambda r: [medians(r, "mnist", left), medians(r, "mnist", late_cosine)],
    ),
    _quote(
        "they lie between # (xor) and #",
        lambda r: [medians(r, name, late_cosine) for name in ("xor", "parabola")],
    ),
    _quote("iris 14 with #.", lambda r: [late_cosine(r.statistics("iris", 14))]),
    _quote(
        "falls in all but mnist (# → # of the largest accumulated one)",
        lambda r: [medians(r, "mnist", highest(epoch)) for epoch in (0, -1)],
    ),
    _quote(
        "and the GRU (# → #)",
        lambda r: [medians(r, "forda-gru", highest(epoch)) for epoch in (0, -1)],
        travels=False,
    ),
    _quote(
        "move by # % (parabola) to # % (xor) in the last epoch",
        lambda r: [medians(r, name, moved) for name in ("parabola", "xor")],
    ),
    _quote("the GRU's by # %.", lambda r: [medians(r, "forda-gru", moved)], travels=False),
    Quote(
        "statistics.md",
        "the file says # ≤ share(10) ≤ # in `energy`, and # ≤ share(10) ≤ # in `direction`.",
        lambda r: [
            bound
            for kind in ("energy", "direction")
            for bound in r.statistics("forda").spectrum(kind).share(10)
        ],
    ),
    Quote("statistics.md", "exact share in # of # cases", lambda r: held_and_widest(r)[:2]),
    Quote("statistics.md", "at its widest, for mnist, it spans #", lambda r: held_and_widest(r)[2:]),
)

STATED = (
    Stated(DOCUMENT, OTHER_MACHINE, "and #, # and # with oneDNN off"),
    Stated(DOCUMENT, PAPER, "On cifar10 at full size it is #"),
)
