"""The numbers of ``docs/companions.md``."""

from .quote import Quote, Stated
from .reasons import ARITHMETIC, OTHER_RUN, PROTOCOL
from .records import Records

DOCUMENT = "companions.md"
SECTIONS = ("# The small systems beside the article",)


def last_loss(records: Records, experiment: str) -> float:
    return float(records.evidence(experiment).losses[-1])


QUOTES = (
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
    Stated(DOCUMENT, OTHER_RUN, section="## XOR: what two hidden units make of it"),
    Stated(DOCUMENT, PROTOCOL, section="## Parabola: every number of a small network"),
    Stated(DOCUMENT, ARITHMETIC, section="## Rain: the edge of stability, exactly"),
    Stated(
        DOCUMENT,
        PROTOCOL,
        "FordA's # values are read ten at a time by a small convolution; a GRU of # units goes over the # "
        "steps",
    ),
)
