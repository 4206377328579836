"""The numbers of ``docs/health.md`` that are the default run's."""

import numpy as np

from .quote import Quote
from .records import Records

DOCUMENT = "health.md"


def highest(records: Records, experiment: str) -> float:
    """The largest norm of a batch's gradient in a layer."""
    run = records.statistics(experiment)
    return float(max(run.layer("highest_gradient_norm", layer).max() for layer in run.layers))


def growth(records: Records, experiment: str) -> float:
    """The same over the norm of all layers in epoch 1."""
    run = records.statistics(experiment)
    first = np.array([run.layer("gradient_norm", layer)[0] for layer in run.layers])
    return highest(records, experiment) / float(np.linalg.norm(first))


def shares(records: Records, behind: bool) -> float:
    """The least share of forda's layers' norms of that of the largest layer, of all or of those behind."""
    run = records.statistics("forda")
    norms = np.stack([run.layer("gradient_norm", layer) for layer in run.layers])
    if not behind:
        return float((norms / norms.max(axis=0)).min())
    return float(min((norms[i] / norms[i + 1 :].max(axis=0)).min() for i in range(len(norms) - 1)))


def earliest(records: Records, epoch: int) -> float:
    """The norm at the GRU's earliest time step, as a share of the strongest."""
    norms = records.statistics("forda-gru").gradient_through_time("gru")[epoch - 1]
    return float(norms[0] / norms.max())


def exploding(records: Records, layer: str) -> list[int]:
    """Epochs, from 1, in which boston's layer has a batch gradient above 1000."""
    values = records.statistics("boston").layer("highest_gradient_norm", layer)
    return (np.flatnonzero(values > 1000) + 1).tolist()


QUOTES = (
    Quote(
        DOCUMENT,
        "at most # (mnist), # (iris), # (forda).",
        lambda r: [highest(r, name) for name in ("mnist", "iris", "forda")],
    ),
    Quote(
        DOCUMENT,
        "has # at first and comes above 1000",
        lambda r: [round(highest(r, "boston"), -4)],
    ),
    Quote(
        DOCUMENT,
        "comes above 1000 in epochs 1–# and #–#.",
        lambda r: [len(exploding(r, "dense_1")), exploding(r, "dense")[5], exploding(r, "dense")[-1]],
    ),
    Quote(DOCUMENT, "the most in a healthy run is # (forda)", lambda r: [growth(r, "forda")], travels=False),
    Quote(DOCUMENT, "(a share of #), although it has", lambda r: [shares(r, behind=False)]),
    Quote(
        DOCUMENT,
        "although it has # of what is behind itself. The least share in healthy networks is about #",
        lambda r: [shares(r, behind=True)] * 2,
    ),
    Quote(
        DOCUMENT,
        "`forda-gru` has # in epoch 1 and # in epoch 2",
        lambda r: [earliest(r, 1), earliest(r, 2)],
    ),
    Quote(
        DOCUMENT,
        "# and above for `parabola`",
        lambda r: [
            min(np.nanmin(run.layer("layer_cosine", layer)) for layer in run.layers)
            for run in [r.statistics("parabola", 0)]
        ],
    ),
)
