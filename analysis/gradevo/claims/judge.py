"""Every claim, held against every experiment."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from gradevo.claims.article import ARTICLE_CLAIMS
from gradevo.claims.evidence import Evidence
from gradevo.claims.literature import LITERATURE_CLAIMS
from gradevo.claims.observation import NoEvidence, Rounding
from gradevo.claims.rules import ALPHA, Claim, Ruling, no_ruling
from gradevo.claims.verdict import (
    AGREES,
    CONTRADICTED,
    DISAGREES,
    DOES_NOT_SURVIVE,
    SUPPORTED,
    SURVIVES,
    UNDECIDED,
)
from gradevo.statistics.catalogue import TOTAL
from gradevo.statistics.ensembles import Ensemble

CLAIMS: tuple[Claim, ...] = (
    *ARTICLE_CLAIMS,
    *LITERATURE_CLAIMS,
)

ALL_TENSORS = "all tensors"

COLUMNS = (
    *("claim", "source", "experiment", "tensor", "statistic", "effect", "low", "high", "interval"),
    *("bootstrap_low", "bootstrap_high", "seeds", "epochs", "p", "p_adjusted"),
    *("verdict", "correction", "note"),
)


def judge(ensembles: Sequence[Ensemble]) -> pd.DataFrame:
    """The verdicts: a row for each claim, experiment and tensor, in this order.

    Columns: claim, source, experiment, tensor (a tensor's path, "total" or "all tensors"), statistic, effect,
    low, high (float64; NaN if there is none), interval (how these two came about), bootstrap_low,
    bootstrap_high, seeds, epochs (the fewest of a seed), p, p_adjusted (over all rows that have a p),
    verdict, correction (what that says of a verdict with a p), note.

    Reads one experiment after the other and holds some of its series: 8 bytes per step and seed each, and 8
    per seed, epoch, tensor and draw of random signs.
    """
    rows = [row for ensemble in ensembles for row in _rows(ensemble)]
    ordered = [row for claim in CLAIMS for row in rows if row["claim"] == claim.id]
    return corrected(pd.DataFrame(ordered, columns=list(COLUMNS)))


def corrected(table: pd.DataFrame) -> pd.DataFrame:
    """The table with `p_adjusted` and `correction` filled in.

    Y. Benjamini, D. Yekutieli, "The control of the false discovery rate in multiple testing under
    dependency", Annals of Statistics 29(4), 2001: whatever the tests have to do with each other.
    """
    known = table["p"].notna()
    adjusted = table["p"].astype(np.float64)
    if known.any():
        adjusted[known] = false_discovery_control(adjusted[known], method="by")
    words = np.where(adjusted < ALPHA, SURVIVES, DOES_NOT_SURVIVE)
    called = known & (table["verdict"] != UNDECIDED)
    return table.assign(p_adjusted=adjusted, correction=np.where(called, words, ""))


def _rows(ensemble: Ensemble) -> list[dict[str, Any]]:
    runs = [Evidence(run) for run in ensemble.runs]
    epochs = min(run.epochs for run in ensemble.runs)
    rows: list[dict[str, Any]] = []
    for claim in CLAIMS:
        tensors = ensemble.runs[0].tensors if claim.per_tensor else (TOTAL,)
        rulings = {tensor: _rule(claim, runs, tensor) for tensor in tensors}
        verdicts = {tensor: ruling for tensor, (ruling, _) in rulings.items()}
        if claim.per_tensor:
            counted = [tensor for tensor, (_, rounding) in rulings.items() if not rounding]
            verdicts = {ALL_TENSORS: together(verdicts, counted), **verdicts}
        rows += [
            {
                "claim": claim.id,
                "source": claim.source,
                "experiment": ensemble.name,
                "tensor": tensor,
                "statistic": claim.statistic,
                "seeds": len(runs),
                "epochs": epochs,
                "p": ruling.p,
                **vars(ruling),
            }
            for tensor, ruling in verdicts.items()
        ]
    return rows


def _rule(claim: Claim, runs: Sequence[Evidence], tensor: str) -> tuple[Ruling, bool]:
    """The verdict, and whether the tensor is left out as rounding."""
    seen: list[Any] = []
    missing: dict[str, list[int]] = {}
    rounding = False
    for run in runs:
        try:
            seen.append(claim.measure(run, tensor))
        except NoEvidence as reason:
            missing.setdefault(str(reason), []).append(run.run.seed)
            rounding |= isinstance(reason, Rounding)
    if missing:
        return no_ruling(
            "; ".join(_reason(why, seeds, len(runs)) for why, seeds in missing.items())
        ), rounding
    try:
        return claim.rule.judge(seen), False
    except NoEvidence as reason:
        return no_ruling(str(reason)), False


def _reason(why: str, seeds: Sequence[int], runs: int) -> str:
    if len(seeds) == runs:
        return why
    return f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}: {why}"


def together(rulings: dict[str, Ruling], counted: Sequence[str]) -> Ruling:
    """What holds of all tensors: the effect is the share of the `counted` ones for which it is supported.

    That it holds for all is as certain as for the least certain one; that it does not for one of them, as for
    the most certain one by Bonferroni's correction.
    """
    if not counted:
        return no_ruling("no tensor has a gradient above rounding")
    by_verdict: dict[str, list[str]] = {}
    for tensor in counted:
        by_verdict.setdefault(rulings[tensor].verdict, []).append(tensor)
    p_for = _largest([rulings[tensor].p_for for tensor in counted])
    certain = np.fmin.reduce([rulings[tensor].p_against for tensor in counted])
    p_against = float(np.minimum(1.0, len(counted) * certain))
    verdict, supported = UNDECIDED, 0
    for right, wrong in ((SUPPORTED, CONTRADICTED), (AGREES, DISAGREES)):
        supported += len(by_verdict.get(right, []))
        if len(by_verdict.get(right, [])) == len(counted):
            verdict = right
        elif wrong in by_verdict and not p_against >= ALPHA:
            verdict = wrong
    note = [f"{supported} of {len(counted)} tensors"]
    note += [
        f"{name}: {', '.join(by_verdict[name])}"
        for name in (CONTRADICTED, DISAGREES, UNDECIDED)
        if name in by_verdict
    ]
    if left_out := [tensor for tensor in rulings if tensor not in counted]:
        note.append(f"left out as rounding: {', '.join(left_out)}")
    effect = supported / len(counted)
    return Ruling(effect, np.nan, np.nan, "count of tensors", verdict, "; ".join(note), p_for, p_against)


def _largest(ps: Sequence[float]) -> float:
    """NaN if none has a value; one without is no evidence."""
    return float(np.nan_to_num(ps, nan=1.0).max()) if np.isfinite(ps).any() else np.nan
