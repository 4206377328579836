"""Every claim, held against every experiment."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from gradevo.claims.article import ARTICLE_CLAIMS
from gradevo.claims.evidence import Evidence
from gradevo.claims.literature import LITERATURE_CLAIMS
from gradevo.claims.observation import NoEvidence, Rounding
from gradevo.claims.rules import CONTRADICTED, SUPPORTED, UNDECIDED, Claim, Ruling, no_ruling
from gradevo.statistics.catalogue import TOTAL
from gradevo.statistics.ensembles import Ensemble

CLAIMS: tuple[Claim, ...] = (
    *ARTICLE_CLAIMS,
    *LITERATURE_CLAIMS,
)

ALL_TENSORS = "all tensors"

COLUMNS = (
    *("claim", "source", "experiment", "tensor", "statistic", "effect", "low", "high", "interval"),
    *("seeds", "epochs", "verdict", "note"),
)


def judge(ensembles: Sequence[Ensemble]) -> pd.DataFrame:
    """The verdicts: a row for each claim, experiment and tensor, in this order.

    Columns: claim, source, experiment, tensor (a tensor's path, "total" or "all tensors"), statistic, effect,
    low, high (float64; NaN if there is none), interval (how these two came about), seeds, epochs (the fewest
    of a seed), verdict, note.

    Reads one experiment after the other and holds some of its series, 8 bytes per step and seed each.
    """
    rows = [row for ensemble in ensembles for row in _rows(ensemble)]
    ordered = [row for claim in CLAIMS for row in rows if row["claim"] == claim.id]
    return pd.DataFrame(ordered, columns=list(COLUMNS))


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
    """What holds of all tensors: the effect is the share of the `counted` ones for which it is supported."""
    if not counted:
        return no_ruling("no tensor has a gradient above rounding")
    by_verdict = {
        verdict: [tensor for tensor in counted if rulings[tensor].verdict == verdict]
        for verdict in (SUPPORTED, CONTRADICTED, UNDECIDED)
    }
    supported = len(by_verdict[SUPPORTED])
    verdict = (
        SUPPORTED if supported == len(counted) else CONTRADICTED if by_verdict[CONTRADICTED] else UNDECIDED
    )
    note = [f"{supported} of {len(counted)} tensors"]
    note += [
        f"{name}: {', '.join(by_verdict[name])}" for name in (CONTRADICTED, UNDECIDED) if by_verdict[name]
    ]
    if left_out := [tensor for tensor in rulings if tensor not in counted]:
        note.append(f"left out as rounding: {', '.join(left_out)}")
    return Ruling(supported / len(counted), np.nan, np.nan, "count of tensors", verdict, "; ".join(note))
