"""How often the criteria of ``docs/claims.md`` call what is only noise: ``python -m analysis.simulations``.

Prints the tables of that page: shares of repetitions with a verdict other than undecided.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from gradevo.claims.article import ARTICLE_CLAIMS, DISSOLVING, L1
from gradevo.claims.evidence import Evidence
from gradevo.claims.inference import bootstrap_interval
from gradevo.claims.observation import NoEvidence, Series
from gradevo.claims.rules import Claim, TrendRule
from gradevo.claims.verdict import AGREES, SUPPORTED, UNDECIDED
from gradevo.layers import LayerGraph
from gradevo.statistics.catalogue import TOTAL
from gradevo.statistics.store import Statistics

TENSOR = "noise"
ELEMENTS = 30
"""Of the tensor of a simulated run."""
SIGNS = tuple(claim for claim in ARTICLE_CLAIMS if claim.signs)


class SimulatedRun:
    """What `Evidence` asks of the statistics of a run with one tensor, whose epochs' gradients are given."""

    tensors = (TENSOR,)
    graph = LayerGraph()

    def __init__(self, gradients: NDArray[np.float64], seed: int) -> None:
        """gradients: (epochs, n)."""
        self.epochs: int = gradients.shape[0]
        self.seed = seed
        self._gradients = gradients
        norms, accumulated = np.abs(gradients), np.abs(np.cumsum(gradients, axis=0))
        way = np.cumsum(norms.mean(axis=1))
        self._series: dict[str, NDArray[np.float64]] = {
            L1: norms.mean(axis=1),
            "l1_norm_acc_standardized": accumulated.mean(axis=1),
            "acc_l1_norm_standardized": way,
            DISSOLVING: way - accumulated.mean(axis=1),
            "highest": norms.max(axis=1) / accumulated.max(),
            "highest_acc": accumulated.max(axis=1) / accumulated.max(),
        }

    def size(self, column: str) -> int:
        """The number of elements."""
        return int(self._gradients.shape[1])

    def epoch(self, statistic: str, column: str) -> NDArray[np.float64]:
        """An epoch statistic, (epochs,)."""
        return self._series[statistic]

    def step(self, statistic: str, column: str) -> NDArray[np.float64]:
        """A step statistic: steps are epochs."""
        return self._series[L1]

    def gradient(self, tensor: str, epoch: int) -> NDArray[np.float32]:
        """The gradient of an epoch, counted from 1."""
        gradient: NDArray[np.float32] = self._gradients[epoch - 1].astype(np.float32)
        return gradient


def verdict(claim: Claim, runs: Sequence[Evidence], signs: bool) -> str:
    """What becomes of a claim about accumulated gradients, held against random signs or not."""
    seen: list[Any] = [claim.measure(run, TENSOR if claim.per_tensor else TOTAL) for run in runs]
    try:
        return claim.rule.judge([one if signs else replace(one, null=None) for one in seen]).verdict
    except NoEvidence:
        return UNDECIDED


def accumulations(seeds: int, epochs: int, drift: float, repetitions: int) -> dict[str, NDArray[np.float64]]:
    """Gaussian gradients, independent from epoch to epoch, plus `drift` times one that all epochs share.

    Returns for every claim with this null three shares of the repetitions: called for it by effect and seeds
    alone, called for it when held against random signs, too, and called against it then.
    """
    random = np.random.default_rng([seeds, epochs, int(100 * drift)])
    counts = {claim.id: np.zeros(3) for claim in SIGNS}
    for repetition in range(repetitions):
        runs = []
        for seed in range(seeds):
            shared, own = random.normal(size=ELEMENTS), random.normal(size=(epochs, ELEMENTS))
            run = SimulatedRun(own + drift * shared, repetition * seeds + seed)
            runs.append(Evidence(cast(Statistics, run)))
        for claim in SIGNS:
            alone, held = (verdict(claim, runs, signs) for signs in (False, True))
            right = (SUPPORTED, AGREES)
            counts[claim.id] += [alone in right, held in right, held not in (*right, UNDECIDED)]
    return {name: count / repetitions for name, count in counts.items()}


def dependent(random: np.random.Generator, shape: tuple[int, ...], phi: float) -> NDArray[np.float64]:
    """Stationary Gaussian series: each value is `phi` times the one before, plus noise; for 1 a walk."""
    noise = random.normal(size=shape)
    if phi == 1:
        return np.asarray(noise.cumsum(axis=-1))
    series = np.empty(shape)
    series[..., 0] = noise[..., 0] / np.sqrt(1 - phi**2)
    for now in range(1, shape[-1]):
        series[..., now] = phi * series[..., now - 1] + noise[..., now]
    return series


def trends(phi: float, seeds: int, epochs: int, repetitions: int) -> float:
    """The share of repetitions in which series without a trend are said to have one."""
    random = np.random.default_rng([seeds, epochs, int(100 * phi)])
    series = dependent(random, (repetitions, seeds, epochs), phi)
    rule = TrendRule(1)
    found = [rule.judge([Series(one) for one in several]).verdict for several in series]
    return float(np.mean([word != UNDECIDED for word in found]))


def missed(seeds: int, repetitions: int) -> float:
    """The share of repetitions in which the bootstrap over Gaussian effects misses their mean."""
    random = np.random.default_rng(seeds)
    intervals = [bootstrap_interval(random.normal(size=seeds).tolist()) for _ in range(repetitions)]
    return float(np.mean([not low <= 0 <= high for low, high in intervals]))


def tables(repetitions: int) -> Iterator[str]:
    """The tables of the page, one after the other."""
    names = [claim.id for claim in SIGNS]
    for drift in (0.0, 0.5):
        yield f"\nGradients of independent epochs, plus {drift:g} times a gradient that they share\n"
        yield _row("seeds, epochs", *(f"`{name}`" for name in names), "against any")
        yield _row("---", *(":-:" for _ in [*names, ""]))
        for seeds, epochs in ((1, 20), (3, 10), (3, 20), (3, 100), (5, 20)):
            shares = accumulations(seeds, epochs, drift, max(1, repetitions * 20 // epochs // seeds))
            cells = [" → ".join(map(_percent, shares[name][:2])) for name in names]
            against = max(share[2] for share in shares.values())
            yield _row(f"{seeds}, {epochs}", *cells, f"at most {_percent(against)}")
    yield "\nSeries without a trend\n"
    sizes = [(seeds, epochs) for seeds in (1, 3, 5) for epochs in (10, 20, 100)]
    yield _row("φ", *(f"{seeds}, {epochs}" for seeds, epochs in sizes))
    for phi in (0.0, 0.5, 0.8, 0.9, 1.0):
        yield _row(f"{phi:g}", *(_percent(trends(phi, *size, repetitions)) for size in sizes))
    yield "\nIntervals by the bootstrap over seeds that miss the mean\n"
    counts = (3, 5, 10, 20)
    yield _row(*map(str, counts))
    yield _row(*(_percent(missed(seeds, repetitions)) for seeds in counts))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def main(show: Callable[[str], None] = print) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m analysis.simulations", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=1000, help="of a series or a run (default 1000)")
    for line in tables(parser.parse_args().repetitions):
        show(line)


if __name__ == "__main__":
    main()
