"""How far the weights move in an epoch."""

import numpy as np
from numpy.typing import NDArray

from gradevo.statistics.columns import ratio, with_total

Float64 = NDArray[np.float64]


def update_to_weight(change_squares: Float64, weight_squares: Float64) -> Float64:
    """The update-to-weight ratio ‖w[e] − w[e−1]‖₂ / ‖w[e−1]‖₂: (…, T+1) float64.

    The arguments are the squared norms per tensor, (…, T). The total takes all weights as one
    vector. NaN where the weights before the epoch are zero.
    """
    return ratio(np.sqrt(with_total(change_squares)), np.sqrt(with_total(weight_squares)))
