"""The sentences at the end of *Gradient Evolution*, as tests."""

import numpy as np

from gradevo.claims.claim import Claim
from gradevo.claims.curves import deviation, differences, early_share, narrowest
from gradevo.claims.evidence import Evidence
from gradevo.claims.observation import Amount, NoEvidence, Series, amount
from gradevo.claims.rules import LevelRule, TrendRule
from gradevo.metrics import metric_of

ARTICLE = "article"
REFERENCE = '"Gradient Evolution", section "Interpretation"'

L1 = "l1_norm_standardized"
ACCUMULATED = "l1_norm_acc_standardized"
DISSOLVING = "l1_dissolving_norm_standardized"
NOTHING = 1e-9
"""Share of the accumulated norm that rounding alone may leave as dissolved."""


def _loss(evidence: Evidence, layer: str) -> Series:
    return Series(evidence.losses)


def _metric(evidence: Evidence, layer: str) -> Series:
    names = evidence.run.metric_names
    if not names:
        raise NoEvidence("no metric beside the loss")
    better = metric_of(names[0]).better
    if better is None:
        raise NoEvidence(f"{names[0]}: its name does not say whether higher or lower is better")
    return Series(evidence.metric(names[0]), orientation=better, name=names[0])


def _norm(evidence: Evidence, layer: str) -> Series:
    return Series(evidence.epoch(L1))


def _norm_l2(evidence: Evidence, layer: str) -> Series:
    return Series(evidence.epoch("l2_norm"))


def _not_linear(evidence: Evidence, layer: str) -> Amount:
    return amount(differences(evidence.epoch(ACCUMULATED)), deviation, evidence.run.epochs)


def _dissolving(evidence: Evidence, layer: str) -> Amount:
    dissolved, way = evidence.epoch(DISSOLVING), evidence.epoch("acc_l1_norm_standardized")
    if np.isfinite(way).all() and dissolved[-1:].sum() <= NOTHING * way[-1:].sum():
        raise NoEvidence("nothing dissolves: the epochs' gradients agree in all signs")
    return amount(differences(dissolved), early_share, evidence.run.epochs)


def _highest(evidence: Evidence, layer: str) -> Series:
    return Series(evidence.epoch("highest", layer))


def _highest_acc(evidence: Evidence, layer: str) -> Series:
    return Series(evidence.epoch("highest_acc", layer))


def _separation(evidence: Evidence, layer: str) -> Amount:
    late = slice(evidence.run.epochs // 2, None)
    highest, highest_acc = evidence.epoch("highest", layer)[late], evidence.epoch("highest_acc", layer)[late]
    if not np.isfinite([highest, highest_acc]).all():
        raise NoEvidence("NaN or infinite in the second half of the epochs")
    ratio = narrowest(highest, highest_acc)
    return Amount(ratio, ratio, length=evidence.run.epochs)


def _weaker(evidence: Evidence, layer: str) -> Series:
    return Series(differences(np.concatenate([[0.0], evidence.epoch(ACCUMULATED)])))


def _diminish(evidence: Evidence, layer: str) -> Series:
    return Series(evidence.batch_norms, evidence.losses)


def _times(logarithm: float) -> str:
    return f"accumulated is {10**logarithm:.3g} times the epoch's own, at the narrowest"


FALLS, RISES = TrendRule(-1), TrendRule(1)

ARTICLE_CLAIMS: tuple[Claim, ...] = tuple(
    Claim(name, sentence, ARTICLE, REFERENCE, statistic, rule, measure, per_layer)
    for name, sentence, statistic, rule, measure, per_layer in (
        ("loss-falls", "a decrease in loss", "τ(training loss)", FALLS, _loss, False),
        (
            "metric-improves",
            "an improvement in the respective metric",
            "τ(first metric of the training set), sign turned for errors",
            RISES,
            _metric,
            False,
        ),
        (
            "gradient-norm-falls",
            "a decrease in gradient magnitude over the epochs",
            f"τ({L1})",
            FALLS,
            _norm,
            False,
        ),
        (
            "gradient-norm-falls-l2",
            "a decrease in gradient magnitude over the epochs",
            "τ(l2_norm)",
            FALLS,
            _norm_l2,
            False,
        ),
        (
            "accumulated-not-linear",
            "the norm of the accumulated gradients does not follow a linear relationship with the epochs",
            f"largest distance of {ACCUMULATED} from the line between its ends, over its range",
            LevelRule(0.1, 0.05, lambda share: f"strays {100 * share:.1f} % of its range from a line"),
            _not_linear,
            False,
        ),
        (
            "dissolving-early",
            "our dissolving gradient experiences a stronger gain in the early epochs",
            f"share of the gain of {DISSOLVING} that is there half-way",
            LevelRule(0.55, 0.45, lambda share: f"{100 * share:.0f} % of the gain is there half-way"),
            _dissolving,
            False,
        ),
        (
            "highest-falls",
            "the magnitude of our gradients mainly decreases over the epochs",
            "τ(highest)",
            FALLS,
            _highest,
            True,
        ),
        (
            "highest-acc-rises",
            "while the magnitude of the accumulated gradient increases",
            "τ(highest_acc)",
            RISES,
            _highest_acc,
            True,
        ),
        (
            "separation",
            "a clear separation of the respective lines",
            "log₁₀ of the smallest highest_acc / highest in the second half of the epochs",
            LevelRule(0.0, 0.0, _times),
            _separation,
            True,
        ),
        (
            "accumulated-weaker",
            "the accumulated gradients become weaker the more our model learns",
            f"τ(increments of {ACCUMULATED})",
            FALLS,
            _weaker,
            False,
        ),
        (
            "diminish-towards-optimum",
            "the gradients diminish as our model approaches an optimum",
            "τ of the epoch's mean ‖G‖₂ of single batches with the training loss",
            RISES,
            _diminish,
            False,
        ),
    )
)
