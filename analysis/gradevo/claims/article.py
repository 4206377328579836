"""The sentences at the end of *Gradient Evolution*, as tests."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gradevo.claims.evidence import Evidence
from gradevo.claims.observation import Amount, NoEvidence, Series, amount
from gradevo.claims.rules import Claim, LevelRule, TrendRule
from gradevo.metrics import metric_of

ARTICLE = "article"
REFERENCE = '"Gradient Evolution", section "Interpretation"'

L1 = "l1_norm_standardized"
ACCUMULATED = "l1_norm_acc_standardized"
DISSOLVING = "l1_dissolving_norm_standardized"
NARROWEST = 6.0
"""Ratios beyond 10^±6 count as that."""
NOTHING = 1e-9
"""Share of the accumulated norm that rounding alone may leave as dissolved."""


def _loss(evidence: Evidence, tensor: str) -> Series:
    return Series(evidence.losses)


def _metric(evidence: Evidence, tensor: str) -> Series:
    names = evidence.run.metric_names
    if not names:
        raise NoEvidence("no metric beside the loss")
    better = metric_of(names[0]).better
    if better is None:
        raise NoEvidence(f"{names[0]}: its name does not say whether higher or lower is better")
    return Series(evidence.metric(names[0]), orientation=better, name=names[0])


def _series(statistic: str) -> Callable[[Evidence, str], Series]:
    """An epoch statistic as it is."""
    return lambda evidence, tensor: Series(evidence.epoch(statistic, tensor))


def _not_linear(evidence: Evidence, tensor: str) -> Amount:
    return amount(differences(evidence.epoch(ACCUMULATED)), deviation, evidence.run.epochs)


def _dissolving(evidence: Evidence, tensor: str) -> Amount:
    dissolved, way = evidence.epoch(DISSOLVING), evidence.epoch("acc_l1_norm_standardized")
    if np.isfinite(way).all() and dissolved[-1:].sum() <= NOTHING * way[-1:].sum():
        raise NoEvidence("nothing dissolves: the epochs' gradients agree in all signs")
    return amount(differences(dissolved), early_share, evidence.run.epochs)


def _separation(evidence: Evidence, tensor: str) -> Amount:
    late = slice(evidence.run.epochs // 2, None)
    highest, highest_acc = (
        evidence.epoch("highest", tensor)[late],
        evidence.epoch("highest_acc", tensor)[late],
    )
    if not np.isfinite([highest, highest_acc]).all():
        raise NoEvidence("NaN or infinite in the second half of the epochs")
    ratio = narrowest(highest, highest_acc)
    return Amount(ratio, ratio, length=evidence.run.epochs)


def _weaker(evidence: Evidence, tensor: str) -> Series:
    return Series(differences(np.concatenate([[0.0], evidence.epoch(ACCUMULATED)])))


def _diminish(evidence: Evidence, tensor: str) -> Series:
    return Series(evidence.batch_norms, evidence.losses)


def _times(logarithm: float) -> str:
    return f"accumulated is {10**logarithm:.3g} times the epoch's own, at the narrowest"


def differences(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Between successive values, (n,) -> (n−1,); infinite ones give NaN without a warning."""
    with np.errstate(invalid="ignore"):
        return np.diff(values)


def deviation(increments: NDArray[np.float64]) -> float:
    """How far a curve strays from the straight line between its ends, relative to its range.

    increments: (n,) between successive points -> max|curve − line| / (max − min); NaN for a constant curve.
    """
    curve = np.concatenate([[0.0], np.cumsum(increments)])
    line = np.linspace(0, curve[-1], len(curve))
    extent = np.ptp(curve)
    return float(np.abs(curve - line).max() / extent) if extent > 0 else float("nan")


def early_share(increments: NDArray[np.float64]) -> float:
    """Share of a gain that is there half-way: increments (n,) -> NaN if there is no gain at the end."""
    curve = np.concatenate([[0.0], np.cumsum(increments)])
    half = float(np.interp(len(increments) / 2, np.arange(len(curve)), curve))
    return half / float(curve[-1]) if curve[-1] > 0 else float("nan")


def narrowest(highest: NDArray[np.float64], highest_acc: NDArray[np.float64]) -> float:
    """log₁₀ of the smallest highest_acc / highest, (epochs,) each, within ±6; NaN if all `highest` are 0."""
    there = highest > 0
    if not there.any():
        return float("nan")
    smallest = float((highest_acc[there] / highest[there]).min())
    return float(np.clip(np.log10(smallest), -NARROWEST, NARROWEST)) if smallest > 0 else -NARROWEST


FALLS, RISES = TrendRule(-1), TrendRule(1)


def _claim(
    name: str,
    sentence: str,
    statistic: str,
    rule: TrendRule | LevelRule,
    measure: Callable[[Evidence, str], Series | Amount],
    per_tensor: bool = False,
) -> Claim:
    return Claim(name, sentence, ARTICLE, REFERENCE, statistic, rule, measure, per_tensor)


ARTICLE_CLAIMS: tuple[Claim, ...] = (
    _claim("loss-falls", "a decrease in loss", "τ(training loss)", FALLS, _loss),
    _claim(
        "metric-improves",
        "an improvement in the respective metric",
        "τ(first metric of the training set), sign turned for errors",
        RISES,
        _metric,
    ),
    *(
        _claim(name, "a decrease in gradient magnitude over the epochs", f"τ({norm})", FALLS, _series(norm))
        for name, norm in (("gradient-norm-falls", L1), ("gradient-norm-falls-l2", "l2_norm"))
    ),
    _claim(
        "accumulated-not-linear",
        "the norm of the accumulated gradients does not follow a linear relationship with the epochs",
        f"largest distance of {ACCUMULATED} from the line between its ends, over its range",
        LevelRule(0.1, 0.05, lambda share: f"strays {100 * share:.1f} % of its range from a line"),
        _not_linear,
    ),
    _claim(
        "dissolving-early",
        "our dissolving gradient experiences a stronger gain in the early epochs",
        f"share of the gain of {DISSOLVING} that is there half-way",
        LevelRule(0.55, 0.45, lambda share: f"{100 * share:.0f} % of the gain is there half-way"),
        _dissolving,
    ),
    _claim(
        "highest-falls",
        "the magnitude of our gradients mainly decreases over the epochs",
        "τ(highest)",
        FALLS,
        _series("highest"),
        per_tensor=True,
    ),
    _claim(
        "highest-acc-rises",
        "while the magnitude of the accumulated gradient increases",
        "τ(highest_acc)",
        RISES,
        _series("highest_acc"),
        per_tensor=True,
    ),
    _claim(
        "separation",
        "a clear separation of the respective lines",
        "log₁₀ of the smallest highest_acc / highest in the second half of the epochs",
        LevelRule(0.0, 0.0, _times),
        _separation,
        per_tensor=True,
    ),
    _claim(
        "accumulated-weaker",
        "the accumulated gradients become weaker the more our model learns",
        f"τ(increments of {ACCUMULATED})",
        FALLS,
        _weaker,
    ),
    _claim(
        "diminish-towards-optimum",
        "the gradients diminish as our model approaches an optimum",
        "τ of the epoch's mean ‖G‖₂ of single batches with the training loss",
        RISES,
        _diminish,
    ),
)
