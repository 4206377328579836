"""Norms of the epochs' gradient sums, as in the article: single, accumulated, dissolving."""

import numpy as np
from numpy.typing import NDArray

from gradevo.statistics.columns import with_total

Float64 = NDArray[np.float64]


def norm_statistics(
    order: int, norms: Float64, norms_acc: Float64, acc_norms: Float64, sizes: Float64
) -> dict[str, Float64]:
    """The eight statistics of the norm of one order k: name -> (…, T+1) float64.

    All arguments hold a value per tensor, (…, T): `norms` is ‖g[e]‖ₖ, `norms_acc` the norm of the
    accumulated gradient ‖Σ_{i≤e} g[i]‖ₖ, `acc_norms` the accumulated norm Σ_{i≤e} ‖g[i]‖ₖ, and `sizes` the
    numbers of elements, by which the standardized norms are divided. The total is the sum over the tensors.

    The dissolving norm, `acc_norms − norms_acc`, is exactly the difference of its two columns. It is ≥ 0 but
    for their rounding (some 1e-16 of the accumulated norm), which is not clipped away: a negative value
    beyond that would show an error. Infinite norms dissolve to NaN.
    """
    statistics = {}
    for suffix, divisor in (("", np.ones_like(sizes)), ("_standardized", sizes)):
        norm_acc, acc_norm = with_total(norms_acc / divisor), with_total(acc_norms / divisor)
        statistics[f"l{order}_norm{suffix}"] = with_total(norms / divisor)
        statistics[f"l{order}_norm_acc{suffix}"] = norm_acc
        statistics[f"acc_l{order}_norm{suffix}"] = acc_norm
        with np.errstate(invalid="ignore"):
            statistics[f"l{order}_dissolving_norm{suffix}"] = acc_norm - norm_acc
    return statistics
