"""The sentences at the end of *Gradient Evolution*, as tests."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gradevo.claims.evidence import Evidence
from gradevo.claims.inference import tau_rows
from gradevo.claims.observation import Amount, NoEvidence, Series, amount
from gradevo.claims.rules import Claim, LevelRule, TrendRule
from gradevo.metrics import metric_of
from gradevo.statistics.formulas import ratio

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
    return amount(
        differences(evidence.epoch(ACCUMULATED)),
        deviation,
        evidence.run.epochs,
        lambda: deviation(differences(evidence.signs.norms_acc)),
    )


def _dissolving(evidence: Evidence, tensor: str) -> Amount:
    dissolved, way = evidence.epoch(DISSOLVING), evidence.epoch("acc_l1_norm_standardized")
    if np.isfinite(way).all() and dissolved[-1:].sum() <= NOTHING * way[-1:].sum():
        raise NoEvidence("nothing dissolves: the epochs' gradients agree in all signs")
    return amount(
        differences(dissolved),
        early_share,
        evidence.run.epochs,
        lambda: early_share(differences(np.cumsum(evidence.signs.norms) - evidence.signs.norms_acc)),
    )


def _separation(evidence: Evidence, tensor: str) -> Amount:
    late = slice(evidence.run.epochs // 2, None)
    highest, highest_acc = (
        evidence.epoch("highest", tensor)[late],
        evidence.epoch("highest_acc", tensor)[late],
    )
    if not np.isfinite([highest, highest_acc]).all():
        raise NoEvidence("NaN or infinite in the second half of the epochs")
    smallest = float(narrowest(highest, highest_acc))
    signs = evidence.signs
    return Amount(
        smallest,
        smallest,
        evidence.run.epochs,
        lambda: narrowest(signs.highest[tensor][late], signs.highest_acc[tensor][:, late]),
    )


def _highest_acc(evidence: Evidence, tensor: str) -> Series:
    return Series(
        evidence.epoch("highest_acc", tensor), null=lambda: tau_rows(evidence.signs.highest_acc[tensor])
    )


def _weaker(evidence: Evidence, tensor: str) -> Series:
    return Series(
        increments(evidence.epoch(ACCUMULATED)), null=lambda: tau_rows(increments(evidence.signs.norms_acc))
    )


def _diminish(evidence: Evidence, tensor: str) -> Series:
    return Series(evidence.batch_norms, evidence.losses)


def _times(logarithm: float) -> str:
    return f"accumulated is {10**logarithm:.3g} times the epoch's own, at the narrowest"


def differences(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Between successive values, (…, n) -> (…, n−1); infinite ones give NaN without a warning."""
    with np.errstate(invalid="ignore"):
        return np.diff(values)


def increments(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What every value adds, the first one to 0: (…, n) -> (…, n)."""
    return np.concatenate([values[..., :1], differences(values)], axis=-1)


def deviation(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far a curve strays from the straight line between its ends, relative to its range.

    steps: (…, n) between successive points -> (…,) max|curve − line| / (max − min); NaN for a constant curve.
    """
    curve = _curve(steps)
    line = curve[..., -1:] * np.linspace(0, 1, curve.shape[-1])
    return ratio(np.abs(curve - line).max(axis=-1), np.ptp(curve, axis=-1))


def early_share(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of a gain that is there half-way: steps (…, n) -> (…,); NaN if there is no gain at the end."""
    curve = _curve(steps)
    number = steps.shape[-1]
    half = (curve[..., number // 2] + curve[..., (number + 1) // 2]) / 2
    return ratio(half, np.where(curve[..., -1] > 0, curve[..., -1], 0))


def narrowest(highest: NDArray[np.float64], highest_acc: NDArray[np.float64]) -> NDArray[np.float64]:
    """log₁₀ of the smallest highest_acc / highest, within ±6; NaN if all `highest` are 0.

    highest: (epochs,). highest_acc: (…, epochs) -> (…,).
    """
    there = highest > 0
    if not there.any():
        return np.full(highest_acc.shape[:-1], np.nan)
    smallest = (highest_acc[..., there] / highest[there]).min(axis=-1)
    bounds = 10.0**-NARROWEST, 10.0**NARROWEST
    return np.asarray(np.log10(np.clip(smallest, *bounds)))


def _curve(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """(…, n) -> (…, n+1), from 0."""
    start = np.zeros((*steps.shape[:-1], 1))
    return np.concatenate([start, np.cumsum(steps, axis=-1)], axis=-1)


FALLS, RISES = TrendRule(-1), TrendRule(1)


def _claim(
    name: str,
    sentence: str,
    statistic: str,
    rule: TrendRule | LevelRule,
    measure: Callable[[Evidence, str], Series | Amount],
    per_tensor: bool = False,
    signs: bool = False,
) -> Claim:
    return Claim(name, sentence, ARTICLE, REFERENCE, statistic, rule, measure, per_tensor, signs)


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
        LevelRule(
            0.1, 0.05, lambda share: f"strays {100 * share:.1f} % of its range from a line", within=(0, 1)
        ),
        _not_linear,
        signs=True,
    ),
    _claim(
        "dissolving-early",
        "our dissolving gradient experiences a stronger gain in the early epochs",
        f"share of the gain of {DISSOLVING} that is there half-way",
        LevelRule(0.55, 0.45, lambda share: f"{100 * share:.0f} % of the gain is there half-way"),
        _dissolving,
        signs=True,
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
        _highest_acc,
        per_tensor=True,
        signs=True,
    ),
    _claim(
        "separation",
        "a clear separation of the respective lines",
        "log₁₀ of the smallest highest_acc / highest in the second half of the epochs",
        LevelRule(0.0, 0.0, _times, within=(-NARROWEST, NARROWEST)),
        _separation,
        per_tensor=True,
        signs=True,
    ),
    _claim(
        "accumulated-weaker",
        "the accumulated gradients become weaker the more our model learns",
        f"τ(increments of {ACCUMULATED})",
        FALLS,
        _weaker,
        signs=True,
    ),
    _claim(
        "diminish-towards-optimum",
        "the gradients diminish as our model approaches an optimum",
        "τ of the epoch's mean ‖G‖₂ of single batches with the training loss",
        RISES,
        _diminish,
    ),
)
