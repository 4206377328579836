"""Gradient noise from successive steps.

Unbiased for independent batches at the same weights: S. McCandlish, J. Kaplan, D. Amodei, "An empirical model
of large-batch training", arXiv:1812.06162, 2018, appendix A.1, where the small batches are two successive
steps and the large one is both together; ``docs/claims.md`` derives it and lists the biases.
"""

import numpy as np
from numpy.typing import NDArray

ROUNDING = 1e-12
"""Share of Σ (‖G‖² + ‖P‖²) below which Σ ‖G − P‖² is rounding: statistics are sums of rounded squares."""


def dot_products(cosine: NDArray[np.float64], squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """G·P of every step with the one before, from cosine and ‖G‖²: (steps,) each; the first is NaN.

    0 where either gradient is 0, which has no cosine.
    """
    before = np.concatenate([[np.nan], squares[:-1]])
    with np.errstate(invalid="ignore", over="ignore"):
        dots: NDArray[np.float64] = cosine * np.sqrt(squares) * np.sqrt(before)
    dots[(squares == 0) & np.isfinite(before) | (before == 0) & np.isfinite(squares)] = 0
    return dots


def signal_and_noise(
    squares: NDArray[np.float64], dots: NDArray[np.float64], sizes: NDArray[np.float64], steps_per_epoch: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Estimates of |G|² and of tr Σ for every complete epoch: (epochs,) each.

    `squares` ‖G‖², `dots` G·P and `sizes` (examples in the batch) are (steps,) float64. With b and a examples
    in a step and in the one before,

        |G|² = mean of G·P,    tr Σ = Σ (‖G‖² + ‖P‖² − 2 G·P) / Σ (1/a + 1/b).

    An epoch's first step is compared with the last one of the epoch before; the run's first with none. NaN
    for an epoch that has no pair. tr Σ is 0 where rounding alone could have left the differences.
    """
    epochs = len(squares) // steps_per_epoch
    shape = (epochs, steps_per_epoch)
    with np.errstate(invalid="ignore", over="ignore"):
        both, differences = np.zeros((2, len(squares)))
        both[1:] = squares[1:] + squares[:-1]
        differences[1:] = both[1:] - 2 * dots[1:]
        weights = np.zeros(len(squares))
        weights[1:] = 1 / sizes[1:] + 1 / sizes[:-1]
        products, pairs = dots.copy(), np.ones(len(squares))
        products[:1] = pairs[:1] = 0
        product, count, difference, weight, largest = (
            series[: epochs * steps_per_epoch].reshape(shape).sum(axis=1)
            for series in (products, pairs, differences, weights, both)
        )
    with np.errstate(invalid="ignore", divide="ignore"):
        noise = np.where(difference <= ROUNDING * largest, 0, difference)
        return product / count, noise / weight
