"""The numbers of ``docs/claims.md``, from "How often noise is called" to "What the default run says"."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradevo.claims.article import ACCUMULATED, differences
from gradevo.claims.inference import tau_b
from gradevo.claims.judge import ALL_TENSORS
from gradevo.claims.literature import directions
from gradevo.claims.verdict import (
    AGREES,
    CONTRADICTED,
    DISAGREES,
    DOES_NOT_SURVIVE,
    MARK,
    SUPPORTED,
    SURVIVES,
    UNDECIDED,
)
from gradevo.statistics.catalogue import TOTAL

from .quote import DOCS, Quote, Stated
from .reasons import CRITERION, FORMER, OTHER_MACHINE, PAPER, PROTOCOL, SIMULATED
from .records import Records

DOCUMENT = "claims.md"
NOISE, CHANGED = "## How often noise is called", "## Criteria that were changed"
SECTIONS = (NOISE, CHANGED, "## What the default run says")
SEEDS = range(13, 18)
"""Of iris and boston."""

SIGNS = {SUPPORTED: "+", CONTRADICTED: "−", AGREES: "(+)", DISAGREES: "(−)", UNDECIDED: "·"}
"""Verdict -> its sign in the document's table."""

Array = NDArray[np.float64]


def table() -> dict[tuple[str, str], str]:
    """The document's table of verdicts: (claim, experiment) -> sign, the new one of "old → new"."""
    lines = iter((DOCS / DOCUMENT).read_text(encoding="utf-8").splitlines())
    heads = next(cells for line in lines if (cells := _cells(line))[:2] == ["claim", "iris"])[1:]
    next(lines)
    found: dict[tuple[str, str], str] = {}
    while (cells := _cells(next(lines))) != [""]:
        claim, *signs = cells
        found |= {
            (claim.strip("`"), experiment): sign.rpartition(" → ")[2]
            for experiment, sign in zip(heads, signs, strict=True)
        }
    return found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def differing_verdicts(records: Records) -> list[tuple[str, bool]]:
    """Where the document's table says something else than the verdicts, and whether by more than the mark.

    The mark may be another one on other machines: p of few draws or seeds is next to where it changes.
    """
    rows = records.claims()
    rows = rows[rows["tensor"].isin([TOTAL, ALL_TENSORS])]
    keys = zip(rows["claim"], rows["experiment"], strict=True)
    marks = np.where(rows["correction"] == DOES_NOT_SURVIVE, MARK, "")
    signs: dict[tuple[str, str], str] = dict(zip(keys, rows["verdict"].map(SIGNS) + marks, strict=True))
    lines = []
    for (claim, experiment), said in {**dict.fromkeys(signs, ""), **table()}.items():
        sign = signs.get((claim, experiment), "none")
        where = f"docs/{DOCUMENT}: {claim}, {experiment}"
        if sign != said:
            line = f"{where}: the table has {said or 'nothing'}, the verdict is {sign}"
            lines.append((line, sign.removesuffix(MARK) != said.removesuffix(MARK)))
    return lines


def ends(series: Array) -> list[float]:
    """First and last value."""
    return [float(series[0]), float(series[-1])]


def tenths(series: Array) -> float:
    """The mean of the last tenth over that of the first, as `gradevo.claims.observation.change` states it."""
    tenth = max(1, len(series) // 10)
    return float(series[-tenth:].mean() / series[:tenth].mean())


def span(of_seed: Callable[[int], float]) -> list[float]:
    """Lowest and highest over the seeds of iris or boston."""
    values = [of_seed(seed) for seed in SEEDS]
    return [min(values), max(values)]


def single_direction(records: Records, experiment: str, seed: int = 13) -> float:
    """Percent of the direction-wise energy that one direction holds, in the middle of its bounds."""
    return 50 * sum(records.statistics(experiment, seed).spectrum("direction").share(1))


def small_subspace(records: Records, experiment: str) -> float:
    """The same of the directions that the claim counts."""
    spectrum = records.statistics(experiment).spectrum("direction")
    return 50 * sum(spectrum.share(directions(spectrum.steps, spectrum.parameters)))


def counted_directions(records: Records, experiment: str, seed: int = 13) -> list[float]:
    """How many directions the claim counts, and of how many."""
    spectrum = records.statistics(experiment, seed).spectrum("direction")
    return [directions(spectrum.steps, spectrum.parameters), spectrum.parameters]


def cosines_of_epochs(records: Records, experiment: str) -> Array:
    """The mean cosine of every epoch's steps."""
    run = records.statistics(experiment)
    split = run.timeline.split(records.evidence(experiment).cosines)
    return np.array([np.nanmean(cosines) for cosines in split])


def increments(records: Records, experiment: str, seed: int) -> Array:
    """Of the accumulated norm, the first from 0."""
    return differences(np.append(0.0, records.statistics(experiment, seed).epoch(ACCUMULATED)))


def noise_trend(records: Records, seed: int) -> float:
    return tau_b(records.evidence("iris", seed).noise[1])


def opposing(records: Records, experiment: str, seed: int) -> float:
    """Mean cosine of the last quarter of the steps."""
    cosines = records.evidence(experiment, seed).cosines
    return float(cosines[len(cosines) - -(-len(cosines) // 4) :].mean())


def early_fall(records: Records, seed: int) -> float:
    """By which factor boston's mean batch norm falls in ten epochs."""
    norms = records.evidence("boston", seed).batch_norms
    return float(norms[0] / norms[9])


def loss_trend(records: Records, seed: int, epochs: slice) -> float:
    """τ of boston's mean batch norm with the loss."""
    evidence = records.evidence("boston", seed)
    return tau_b(evidence.batch_norms[epochs], evidence.losses[epochs])


def dead_units(records: Records, seed: int) -> float:
    """Hidden units of boston without a gradient in the last epoch."""
    run = records.statistics("boston", seed)
    return float((run.gradient("dense/kernel", run.epochs) == 0).all(axis=0).sum())


def unchanged(records: Records, seed: int) -> bool:
    """Whether boston's largest accumulated element is that of the first epoch throughout."""
    values = [
        records.statistics("boston", seed).epoch("highest_acc", tensor)
        for tensor in ("dense/kernel", "dense/bias")
    ]
    return all((value == value[0]).all() for value in values)


def forda_line(records: Records) -> list[float]:
    """What the steps of forda's last epoch do on the line that holds most of their energy.

    Percent of that energy; percent of the steps on one side; correlation with the gradient of the last bias.
    """
    run = records.run("forda")
    last = run.timeline.of(run.epochs)
    rows = [
        run.read_gradients(tensor, last.start, last.stop).reshape(last.stop - last.start, -1)
        for tensor in run.tensors
    ]
    gradients = np.concatenate(rows, axis=1).astype(np.float64)
    _, singular, right = np.linalg.svd(gradients, full_matrices=False)
    positions = gradients @ right[0]
    bias = rows[run.tensors.index("dense/bias")][:, 0]
    return [
        100 * singular[0] ** 2 / (singular**2).sum(),
        100 * max((positions > 0).mean(), (positions < 0).mean()),
        abs(np.corrcoef(positions, bias)[0, 1]),
    ]


def magnitudes(records: Records) -> list[float]:
    """What forda's cancelled biases and the smallest other tensor have of the largest tensor's gradient."""
    shares = dict(records.evidence("forda").magnitudes)
    biases = [shares.pop(f"conv1d{suffix}/bias") for suffix in ("", "_1", "_2")]
    return [*biases, min(shares.values())]


def counts(records: Records) -> list[int]:
    """Rows; how many have each verdict; how many a p."""
    rows = records.claims()
    masks = *(rows["verdict"] == verdict for verdict in SIGNS), rows["p"].notna()
    return [len(rows), *(int(mask.sum()) for mask in masks)]


def called(records: Records) -> list[int]:
    """How many with a p are called, and how many of these are lost: of three seeds or more, of fewer."""
    rows = records.claims()
    rows = rows[rows["p"].notna() & (rows["verdict"] != UNDECIDED)]
    lost = rows["correction"] == DOES_NOT_SURVIVE
    few = rows["verdict"].isin([AGREES, DISAGREES])
    return [int(number) for mask in (~few, few) for number in (mask.sum(), (mask & lost).sum())]


def verdict(records: Records, experiment: str, claim: str, tensor: str) -> Any:
    """A row of the verdicts."""
    rows = records.claims()
    names = {"experiment": experiment, "claim": claim, "tensor": tensor}
    return rows[np.logical_and.reduce([rows[key] == name for key, name in names.items()])].iloc[0]


def supported_tensors(records: Records, claim: str) -> list[float]:
    """Of forda: for how many tensors a claim holds, and how many count."""
    count, _, of = verdict(records, "forda", claim, ALL_TENSORS)["note"].split(" tensors")[0].split()
    return [float(count), float(of)]


def effect(records: Records, experiment: str, claim: str, tensor: str = TOTAL) -> float:
    """The mean over the seeds."""
    return float(verdict(records, experiment, claim, tensor)["effect"])


def random_signs(records: Records, experiment: str, claim: str, tensor: str = TOTAL) -> Array:
    """Between what the effects with random signs lie, as the row's note has it."""
    note = verdict(records, experiment, claim, tensor)["note"]
    return np.array(re.findall(r"random signs: (\S+) to ([^;]+)", note)[0], dtype=np.float64)


def percents(records: Records, experiment: str, claim: str = "accumulated-not-linear") -> list[float]:
    """The mean over the seeds, and between what it lies with random signs."""
    effects = effect(records, experiment, claim), *random_signs(records, experiment, claim)
    return [100 * one for one in effects]


def narrowest_ratios(records: Records, experiment: str) -> list[float]:
    """Of every tensor the least ratio of accumulated to own highest element, late."""
    tensors = records.statistics(experiment).tensors
    return [10 ** effect(records, experiment, "separation", tensor) for tensor in tensors]


def surviving(records: Records) -> float:
    """The largest p of a verdict that survives the correction."""
    rows = records.claims()
    return float(rows["p"][rows["correction"] == SURVIVES].max())


def signals(records: Records, seed: int) -> float:
    """The estimate of |G|² in the last epoch of iris."""
    return float(records.evidence("iris", seed).noise[0][-1])


def squared_mean(records: Records, seed: int) -> float:
    """‖mean gradient of the steps of iris' last epoch‖²."""
    run = records.statistics("iris", seed)
    squares = sum(run.epoch("l2_norm", tensor)[-1] ** 2 for tensor in run.tensors)
    return float(squares) / float(run.timeline.lengths[-1]) ** 2


_quote = partial(Quote, DOCUMENT)


QUOTES = (
    _quote(
        "# rows with those of the single tensors: # supported, # contradicted, # agree, # disagree, "
        "# undecided. # rows have a p.",
        counts,
    ),
    _quote(
        "Of three seeds or more, # are called, and # of these do not survive the correction; of fewer, # "
        "with a p are, and # of these do not.",
        called,
        travels=False,
    ),
    _quote(
        "5,000 images are # steps; the loss gets from # to # (seed 13)",
        lambda r: [r.statistics("mnist").steps, *ends(r.evidence("mnist").losses)],
    ),
    _quote("nearly double (‖G‖ # → #)", lambda r: ends(r.evidence("mnist").batch_norms)),
    _quote(
        "successive ones still agree (mean cosine # to the end",
        lambda r: [cosines_of_epochs(r, "mnist")[-1]],
    ),
    _quote(
        "does not hold on forda, although the epoch gradient falls to # %",
        lambda r: [100 * tenths(r.statistics("forda").epoch("l1_norm_standardized"))],
        travels=False,
    ),
    _quote(
        "The norm of single batches rises from # to # while the loss falls by half, tr Σ #-fold",
        lambda r: [
            *ends(r.evidence("forda").batch_norms),
            r.evidence("forda").noise[1][-1] / r.evidence("forda").noise[1][0],
        ],
        travels=False,
    ),
    _quote(
        "the mean cosine of successive steps falls from # to #.",
        lambda r: ends(cosines_of_epochs(r, "forda")),
        travels=False,
    ),
    _quote(
        "On boston it is contradicted, although the norm falls to # %.",
        lambda r: [100 * np.median([tenths(r.evidence("boston", seed).batch_norms) for seed in SEEDS])],
    ),
    _quote(
        "The norm falls #- to #-fold in the first ten epochs",
        lambda r: span(lambda seed: early_fall(r, seed)),
    ),
    _quote(
        "(τ with the loss # to # there)",
        lambda r: span(lambda seed: loss_trend(r, seed, slice(10))),
    ),
    _quote(
        "(seed 13: # in epoch 20, # in epoch 80;",
        lambda r: r.evidence("boston").batch_norms[[19, 79]].tolist(),
        travels=False,
    ),
    _quote(
        "τ # to # after epoch 10)",
        lambda r: span(lambda seed: loss_trend(r, seed, slice(10, None)))[::-1],
    ),
    _quote(
        "the estimate of \\|G\\|² is negative in #, # and # of 100 epochs",
        lambda r: [n for n in [(r.evidence("boston", seed).noise[0] < 0).sum() for seed in SEEDS] if n],
    ),
    _quote(
        "The increments of the accumulated norm fall from # to about #",
        lambda r: ends(increments(r, "boston", 13)),
    ),
    _quote(
        "τ is #, #, #, #, # over the seeds: the mean of \\|τ\\| is # where 0.3 was asked, \\|mean τ\\| is #.",
        lambda r: (
            (taus := [tau_b(increments(r, "boston", seed)) for seed in SEEDS])
            + [float(np.mean(np.abs(taus))), abs(float(np.mean(taus)))]
        ),
        travels=False,
    ),
    _quote(
        "The accumulated gradient is # to # times the epoch's own",
        lambda r: [bound(narrowest_ratios(r, "boston")) for bound in (min, max)],
    ),
    _quote(
        "strays # % of its range from a line (with random signs # to # %), and # % of what dissolves has "
        "dissolved half-way (# to # %)",
        lambda r: [*percents(r, "boston"), *percents(r, "boston", "dissolving-early")],
    ),
    _quote(
        "on iris it strays by # % where random signs give # to # %, on mnist by # % (# to # %)",
        lambda r: [*percents(r, "iris"), *percents(r, "mnist")],
    ),
    _quote("on forda by # % (# to # %)", lambda r: percents(r, "forda"), travels=False),
    _quote(
        "At the end # to # of the # units are dead",
        lambda r: [
            *span(lambda seed: dead_units(r, seed)),
            r.statistics("boston").shape("dense/kernel")[1],
        ],
    ),
    _quote("τ(tr Σ) is #, #, #, #, #.", lambda r: [noise_trend(r, seed) for seed in SEEDS]),
    _quote(
        "in the last epoch of seed 13 they are #, #, #, #, #, #, #, #, #.",
        lambda r: r.evidence("iris").cosines[-9:].tolist(),
    ),
    _quote(
        "# in seed 13, # in seed 15, where the squared mean gradient is # in both",
        lambda r: [signals(r, 13), signals(r, 15), (squared_mean(r, 13) + squared_mean(r, 15)) / 2],
    ),
    _quote(
        "`successive-oppose` (#, #, #, #, #) depends on the order",
        lambda r: [opposing(r, "iris", seed) for seed in SEEDS],
    ),
    _quote(
        "a *single* direction holds # to # % on iris, # to # % on boston",
        lambda r: [
            *span(lambda seed: single_direction(r, "iris", seed)),
            *span(lambda seed: single_direction(r, "boston", seed)),
        ],
    ),
    _quote("# % on forda, ", lambda r: [single_direction(r, "forda")], travels=False),
    _quote("# % on mnist (seed 13)", lambda r: [single_direction(r, "mnist")]),
    _quote(
        "in its last epoch # % of the energy lies on one line, on which the steps go to and fro (# % to one "
        "side; the mean is below a thousandth of the root mean square); their position on it correlates with "
        "the gradient of `dense/bias` (#)",
        forda_line,
        travels=False,
    ),
    _quote("mnist has # of # directions", lambda r: counted_directions(r, "mnist")),
    _quote("and reaches # %, above half", lambda r: [small_subspace(r, "mnist")]),
    _quote(
        "a tenth of the directions are # of # and # of #.",
        lambda r: [*counted_directions(r, "iris"), *counted_directions(r, "parabola", 0)],
    ),
    _quote("`separation` agrees with # of # tensors of forda", lambda r: supported_tensors(r, "separation")),
    _quote(
        "in the second half of the # epochs the accumulated gradient is at least # times the epoch's own, "
        "but random signs reach # times",
        lambda r: [
            r.statistics("forda").epochs,
            10 ** effect(r, "forda", "separation", "dense/bias"),
            10 ** random_signs(r, "forda", "separation", "dense/bias")[1],
        ],
        travels=False,
    ),
    _quote(
        "have #, # and # of the largest tensor's gradient",
        lambda r: magnitudes(r)[:3],
        travels=False,
    ),
    _quote("none of rounding has #.", lambda r: magnitudes(r)[3:]),
    _quote(
        "`highest-falls` agrees with # of # tensors, `highest-acc-rises` with #.",
        lambda r: [*supported_tensors(r, "highest-falls"), supported_tensors(r, "highest-acc-rises")[0]],
    ),
    _quote("the largest p that survives is #", lambda r: [surviving(r)]),
)

STATED = (
    Stated(DOCUMENT, SIMULATED, section=NOISE),
    Stated(DOCUMENT, FORMER, section=CHANGED),
    Stated(DOCUMENT, FORMER, "By the old criteria it was # supported, # contradicted, # undecided"),
    Stated(DOCUMENT, PROTOCOL, "five seeds (#–#) of iris and boston"),
    Stated(DOCUMENT, PROTOCOL, "three of mnist, forda-gru, xor (#–#) and parabola (#–#)"),
    Stated(DOCUMENT, PAPER, "where the whole dataset takes # steps and gets to #."),
    Stated(DOCUMENT, PAPER, "# at full size). With all # images the norm falls to # %"),
    Stated(DOCUMENT, PAPER, "it falls back only after epoch # of #."),
    Stated(DOCUMENT, PROTOCOL, "to the last bit, from epoch # to #."),
    Stated(DOCUMENT, PROTOCOL, "#/B_simple rises late"),
    Stated(DOCUMENT, PROTOCOL, "exactly # from epoch # on."),
    Stated(DOCUMENT, PROTOCOL, "almost constant after epoch #"),
    Stated(DOCUMENT, OTHER_MACHINE, "with oneDNN off #, # and #."),
    Stated(DOCUMENT, CRITERION, "A bound of # leaves out"),
    Stated(DOCUMENT, CRITERION, "noise would not, and is at least #."),
    Stated(DOCUMENT, CRITERION, "have a t quantile of #, and τ near ±# is"),
)
