"""The numbers of ``docs/companions.md``."""

from collections.abc import Callable, Sequence

import numpy as np

from .quote import Quote, Stated
from .reasons import ARITHMETIC, PROTOCOL
from .records import Records

DOCUMENT = "companions.md"
SECTIONS = ("# The small systems beside the article",)


def last_loss(records: Records, experiment: str) -> float:
    return float(records.evidence(experiment).losses[-1])


def xor_ends(records: Records, seeds: Sequence[int]) -> tuple[list[float], list[float]]:
    """Losses and accuracies of the seeds' last epochs."""
    ends = [records.evidence("xor", seed) for seed in seeds]
    return [end.losses[-1] for end in ends], [end.metric("binary_accuracy")[-1] for end in ends]


def ranges(*seeds: int) -> Callable[[Records], list[float]]:
    """Lowest and highest loss and accuracy of seeds of xor."""
    return lambda records: [bound(of) for of in xor_ends(records, seeds) for bound in (min, max)]


def easy_ends(records: Records) -> dict[int, tuple[int, float]]:
    """Seeds of xor whose last batch has a loss below the threshold -> in which epoch first, and its loss."""
    found = {}
    for seed in range(20):
        run = records.statistics("xor", seed)
        below = np.flatnonzero(run.step("loss")[run.timeline.stops - 1] < 0.001)
        if len(below):
            found[seed] = int(below[0]) + 1, float(records.evidence("xor", seed).losses[below[0]])
    return found


def _of_seeds(text: str, compute: Callable[[Records], Sequence[float]], travels: bool = True) -> Quote:
    return Quote(DOCUMENT, text, compute, travels, run="xor-seeds")


QUOTES = (
    _of_seeds("| 6 | # | # |", lambda r: ranges(6)(r)[::2]),
    _of_seeds("| 2, 7, 13 | # | # to # |", lambda r: ranges(2, 7, 13)(r)[1:]),
    *(
        _of_seeds(f"| {', '.join(map(str, seeds))} | # to # | # to # |", ranges(*seeds))
        for seeds in ((0, 1, 3, 5, 10, 11, 12, 14, 17, 19), (4, 8, 9, 15, 16, 18))
    ),
    _of_seeds(
        "seven of these seeds have such an epoch (#, #, #, #, #, #, #; seed 3 after # epochs)",
        lambda r: [*easy_ends(r), easy_ends(r)[3][0]],
    ),
    _of_seeds(
        "with losses over all points between # and #.",
        lambda r: [bound(loss for _, loss in easy_ends(r).values()) for bound in (min, max)],
        travels=False,  # the second is 0.435 but for rounding
    ),
    Quote(
        DOCUMENT,
        "| 0.01 | 0.9 | slow | loss # | | 0.025 | 0.75 | steady | # | "
        "| 0.1 | 0 | there in one step | #, the lowest | "
        "| 0.15 | −0.5 | bumping: beyond and back | # | "
        "| 0.21 | −1.1 | diverging: above 2/10 = 0.2 every step ends farther away | # |",
        lambda r: [last_loss(r, f"rain{how}") for how in ("-slow", "", "-fast", "-bumping", "-diverging")],
    ),
    Quote(
        DOCUMENT,
        "In the first epoch the gradient of the earliest step is # times smaller",
        lambda r: [
            through_time[-1] / through_time[0]
            for through_time in r.statistics("forda-gru").gradient_through_time("gru")[:1]
        ],
    ),
    Quote(
        DOCUMENT,
        "and the accuracy rises from one half to #.",
        lambda r: [r.evidence("forda-gru").metric("sparse_categorical_accuracy")[-1]],
    ),
)

STATED = (
    Stated(DOCUMENT, PROTOCOL, "two relu units and a sigmoid, # points"),
    Stated(DOCUMENT, PROTOCOL, "| #-#-#, y = x² with noise |"),
    Stated(DOCUMENT, PROTOCOL, "a GRU over # time steps of FordA"),
    Stated(DOCUMENT, PROTOCOL, "# points, uniform in [#, #]², the class"),
    Stated(
        DOCUMENT,
        PROTOCOL,
        "Batches of # in a new order every epoch, Adam with #, until the loss over all points is below # "
        "(`stop_below`), at most # epochs",
    ),
    Stated(DOCUMENT, PROTOCOL, "A unit that is # for every point"),
    Stated(DOCUMENT, PROTOCOL, "trains twenty (# to #)"),
    Stated(DOCUMENT, PROTOCOL, section="## Parabola: every number of a small network"),
    Stated(DOCUMENT, ARITHMETIC, section="## Rain: the edge of stability, exactly"),
    Stated(
        DOCUMENT,
        PROTOCOL,
        "FordA's # values are read ten at a time by a small convolution; a GRU of # units goes over the # "
        "steps",
    ),
)
