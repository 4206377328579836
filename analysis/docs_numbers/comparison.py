"""The numbers of ``docs/comparison.md``, "What the default run shows", and of ``docs/statistics.md``."""

from collections.abc import Callable, Sequence

import numpy as np

from gradevo.comparison.summary import last_quarter
from gradevo.statistics.derived import (
    dissolving_ratio,
    epoch_mean,
    gradient_norm,
    path_efficiency,
    tensor_median,
    total,
)
from gradevo.statistics.store import Statistics

from .quote import Quote, Stated
from .reasons import OTHER_MACHINE, PAPER
from .records import Records

DOCUMENT = "comparison.md"
SECTIONS = ("## What the default run shows",)
SEEDS = {"iris": range(13, 18), "boston": range(13, 18), "mnist": range(13, 16)}
"""Of the experiments whose medians are quoted."""


def medians(records: Records, experiment: str, of_run: Callable[[Statistics], float]) -> float:
    """The median over the seeds."""
    return float(np.median(values(records, experiment, of_run)))


def values(records: Records, experiment: str, of_run: Callable[[Statistics], float]) -> list[float]:
    """Of every seed."""
    return [of_run(records.statistics(experiment, seed)) for seed in SEEDS[experiment]]


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


def highest(run: Statistics) -> list[float]:
    """The epoch's highest element in a typical tensor, at first and at last."""
    series = tensor_median(run, "highest")
    return [float(series[0]), float(series[-1])]


def moved(run: Statistics) -> float:
    """By how many percent the last epoch moves the weights."""
    return float(100 * total(run, "update_to_weight")[-1])


def _quote(text: str, compute: Callable[[Records], Sequence[float]], travels: bool = True) -> Quote:
    return Quote(DOCUMENT, text, compute, travels)


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
            *(bound(values(r, "mnist", norm)) for bound in (min, max)),
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
        "batches' gradients, on the GRU (seed 13) # %",
        lambda r: [
            dissolved(r.statistics("forda")),
            left(r.statistics("forda")),
            left(r.statistics("forda-gru")),
        ],
        travels=False,
    ),
    _quote(
        "On xor, with its batches of four points, # and # % dissolve and # and # % are left (seeds 13 and "
        "15)",
        lambda r: [percent(r.statistics("xor", seed)) for percent in (dissolved, left) for seed in (13, 15)],
    ),
    _quote(
        "mnist is the opposite: # % of the length is left, its batches agree to the end (cosine #)",
        lambda r: [medians(r, "mnist", left), medians(r, "mnist", late_cosine)],
    ),
    _quote(
        "they lie between # and # (xor, seeds 15 and 13) and #",
        lambda r: [
            late_cosine(r.statistics(name, seed))
            for name, seed in (("xor", 15), ("xor", 13), ("parabola", 0))
        ],
    ),
    _quote("iris 14 with #.", lambda r: [late_cosine(r.statistics("iris", 14))]),
    _quote(
        "falls in all but mnist (# → # of the largest accumulated one)",
        lambda r: [
            medians(r, "mnist", lambda run: highest(run)[0]),
            medians(r, "mnist", lambda run: highest(run)[1]),
        ],
    ),
    _quote("and the GRU (# → #, seed 13)", lambda r: highest(r.statistics("forda-gru")), travels=False),
    _quote(
        "move by # % (parabola) to # % (xor, seed 13) in the last epoch",
        lambda r: [moved(r.statistics("parabola", 0)), moved(r.statistics("xor", 13))],
    ),
    _quote("the GRU's by # % (seed 13)", lambda r: [moved(r.statistics("forda-gru"))], travels=False),
    Quote(
        "statistics.md",
        "the file says # ≤ share(10) ≤ # in `energy`, and # ≤ share(10) ≤ # in `direction`.",
        lambda r: [
            bound
            for kind in ("energy", "direction")
            for bound in r.statistics("forda").spectrum(kind).share(10)
        ],
    ),
)

STATED = (
    Stated(DOCUMENT, OTHER_MACHINE, "and #, # and # with oneDNN off"),
    Stated(DOCUMENT, PAPER, "On cifar10 at full size it is #"),
)
