"""The numbers of ``docs/similarity.md``, and those of ``docs/health.md`` on lower precision."""

import numpy as np
from numpy.typing import NDArray

from gradevo.config.experiment import Thresholds
from gradevo.config.load import read_config
from gradevo.health.precision import precision
from gradevo.statistics.distributions import FORMATS, magnitudes, quantiles
from gradevo.statistics.similarity import WeightPath, block_means, by_lag, cosines

from .quote import DOCS, Quote, Stated
from .reasons import ARITHMETIC, PROTOCOL
from .records import Records

DOCUMENT = "similarity.md"
CONFIG = DOCS.parent / "config/default.yaml"
SECTIONS = ("## What the default run shows",)


def by_distance(records: Records, experiment: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Mean cosines by distance, and which distances are whole epochs."""
    run = records.statistics(experiment)
    folded = run.folded()
    means = by_lag(cosines(folded.rows))
    distances = int(folded.steps[1]) * np.arange(1, len(means) + 1)
    return means, distances % run.timeline.per_epoch == 0


def again(records: Records, experiment: str, which: int = 0) -> float:
    """The mean cosine of steps one epoch apart, or as many as there are."""
    means, whole = by_distance(records, experiment)
    return float(means[whole][which])


def others(records: Records, experiment: str) -> float:
    """The mean cosine of all pairs of steps that are not whole epochs apart."""
    means, whole = by_distance(records, experiment)
    pairs = np.arange(len(means), 0, -1.0)
    return float(np.average(means[~whole], weights=pairs[~whole]))


def epochs(records: Records, experiment: str) -> NDArray[np.float32]:
    """Cosines of the epochs' mean gradients."""
    run = records.statistics(experiment)
    folded = run.folded()
    return cosines(block_means(folded.rows, folded.steps, np.append(0, run.timeline.stops)))


def swings(records: Records) -> list[float]:
    """First epoch of Boston's long swing, lowest cosine of successive epochs in it, and its last epoch."""
    successive = np.diagonal(epochs(records, "boston"), 1)
    lowest = int(successive.argmin())
    first = last = lowest
    while successive[first - 1] < 0:
        first -= 1
    while successive[last + 1] < 0:
        last += 1
    return [first + 2, float(successive[lowest]), last + 2]


def path_shares(records: Records, experiment: str) -> NDArray[np.float64]:
    """Per cent of the path's spread in its two main directions."""
    path = WeightPath.of(records.statistics(experiment).folded_weights())
    assert path is not None
    return 100 * path.shares


def last_sizes(records: Records, experiment: str, tensor: str) -> NDArray[np.float64]:
    """Quantiles of the elements' sizes in the last epoch."""
    run = records.statistics(experiment)
    powers: NDArray[np.float64] = quantiles(magnitudes(run.exponents(tensor), run.zeros(tensor)))[-1]
    return np.exp2(powers)


def flushed(records: Records, experiment: str, tensor: str) -> float:
    """Per cent of a tensor's elements that are zero in float16, in the worst epoch."""
    run = records.statistics(experiment)
    sizes = magnitudes(run.exponents(tensor), run.zeros(tensor))
    return 100 * float(next(one for one in FORMATS if one.name == "float16").flushed(sizes).max())


def zeros(records: Records, experiment: str, tensor: str) -> float:
    """Per cent of a tensor's elements that are exactly zero."""
    run = records.statistics(experiment)
    return 100 * float(run.zeros(tensor).sum() / run.exponents(tensor).sum())


def lost(records: Records, experiment: str, name: str, scaled: bool, seed: int = 13) -> dict[str, float]:
    """Layer -> per cent of its elements that a format loses, in the worst epoch."""
    place = _place(name, scaled)
    found = precision(records.statistics(experiment, seed), Thresholds())
    return {of.layer: 100 * of.losses[place].share for of in found}


def underflow(records: Records, experiment: str) -> float:
    """Per cent of a layer's elements that are zero in float16 with a scaled loss: the most of all seeds."""
    place = _place("float16", scaled=True)
    seeds = read_config(CONFIG).definitions[experiment].seeds
    every = [
        100 * of.losses[place].flushed
        for seed in seeds
        for of in precision(records.statistics(experiment, seed), Thresholds())
    ]
    return max(every)


def _place(name: str, scaled: bool) -> int:
    return next(i for i, one in enumerate(FORMATS) if one.name.split()[-1] == name and one.scaled == scaled)


QUOTES = (
    Quote(
        DOCUMENT,
        "comes again an epoch later (mean cosine #), and still similar after # epochs (#). Two different "
        "batches have nothing in common (# on average)",
        lambda r: [
            again(r, "forda"),
            r.statistics("forda").epochs - 1,
            again(r, "forda", -1),
            others(r, "forda"),
        ],
    ),
    Quote(
        DOCUMENT,
        "In Iris it is the same (# after one epoch, # on average between different batches).",
        lambda r: [again(r, "iris"), others(r, "iris")],
    ),
    Quote(
        DOCUMENT,
        "agree with each other (#), and more so when the same one comes again (#).",
        lambda r: [others(r, "mnist"), again(r, "mnist")],
    ),
    Quote(
        DOCUMENT,
        "after whole epochs (#) they are as foreign as at any other distance (#).",
        lambda r: [again(r, "xor"), others(r, "xor")],
    ),
    Quote(
        DOCUMENT,
        "have a cosine of # in the beginning and # from epoch # to #; that of the first epoch has nothing to "
        "do with the last (#). In MNIST the first and the last of ten epochs still agree (#).",
        lambda r: [
            epochs(r, "forda")[0, 1],
            epochs(r, "forda")[2, 3],
            3,
            4,
            epochs(r, "forda")[0, -1],
            epochs(r, "mnist")[0, -1],
        ],
    ),
    Quote(
        DOCUMENT,
        "From epoch # on the mean gradient of every epoch points against that of the epoch before, at the "
        "lowest with a cosine of #, until epoch #:",
        swings,
        travels=False,
    ),
    Quote(
        DOCUMENT,
        "Two directions hold # % of the spread of FordA's path (# % and # %), # % of MNIST's and # % of "
        "Iris'.",
        lambda r: [
            path_shares(r, "forda").sum(),
            *path_shares(r, "forda"),
            path_shares(r, "mnist").sum(),
            path_shares(r, "iris").sum(),
        ],
    ),
    Quote(
        DOCUMENT,
        "lie within a factor of # of each other in the last epoch, from # to #.",
        lambda r: [
            round(
                float(
                    last_sizes(r, "forda", "conv1d/kernel")[2] / last_sizes(r, "forda", "conv1d/kernel")[0]
                ),
                -2,
            ),
            *last_sizes(r, "forda", "conv1d/kernel")[::2],
        ],
        travels=False,
    ),
    Quote(
        DOCUMENT,
        "In float16 without a loss scale # % of the second one's elements would be zero.",
        lambda r: [flushed(r, "forda", "conv1d_1/bias")],
        travels=False,
    ),
    Quote(
        DOCUMENT,
        "In Boston # % of the elements of the first kernel are exactly zero, in Iris # %:",
        lambda r: [zeros(r, "boston", "dense/kernel"), zeros(r, "iris", "dense/kernel")],
    ),
    Quote(
        "health.md",
        "No layer of the default experiments has the issue: the share is # % at most.",
        lambda r: [max(underflow(r, name) for name in read_config(CONFIG).experiments)],
        travels=False,
    ),
    Quote(
        "health.md",
        "# % of Boston's first layer overflow, and # % of FordA's first convolution. Without the scale, the "
        "same two lose # % and # %. e4m3 loses most of Boston's last layer (# %) and of `parabola`'s two "
        "layers (# % each) whatever the scale;",
        lambda r: [
            lost(r, "boston", "float16", True)["dense"],
            lost(r, "forda", "float16", True)["conv1d"],
            lost(r, "boston", "float16", False)["dense"],
            lost(r, "forda", "float16", False)["conv1d"],
            lost(r, "boston", "e4m3", False)["dense_1"],
            max(lost(r, "parabola", "e4m3", False, 0).values()),
        ],
    ),
)

STATED = (
    Stated(DOCUMENT, PROTOCOL, "its batches of # images agree"),
    Stated(DOCUMENT, ARITHMETIC, "That is more than the # % of a random walk"),
    Stated(DOCUMENT, ARITHMETIC, "In FordA's first convolution # % of the kernel's elements"),
    Stated(DOCUMENT, ARITHMETIC, "The biases of its convolutions are # and less"),
)
