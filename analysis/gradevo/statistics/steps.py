"""Statistics of every single step.

All functions work on any leading axes; the last axis holds the columns: the T tensors,
and in the end the total. The norms' total is the sum over the tensors, as in the
article; cosine, flips and density take all parameters as one vector.
"""

import numpy as np
from numpy.typing import NDArray

from gradevo.statistics.columns import ratio, with_total
from gradevo.statistics.sums import StepSums

Float64 = NDArray[np.float64]


def step_statistics(sums: StepSums, squares_before: Float64, sizes: Float64) -> dict[str, Float64]:
    """All step statistics of consecutive steps: name -> (steps, T+1) float64.

    `sums` holds (steps, T) arrays, `squares_before` (T,) is Σg² of the step before the first (NaN if
    there is none), `sizes` (T,) the numbers of elements.
    """
    shifted = np.concatenate([squares_before[None], sums.squares[:-1]])
    squares, absolute, elements = with_total(sums.squares), with_total(sums.absolute), with_total(sizes)
    l2_norms = np.sqrt(sums.squares)
    return {
        "l1_norm_individual": absolute,
        "l1_norm_individual_standardized": with_total(sums.absolute / sizes),
        "l2_norm_individual": with_total(l2_norms),
        "l2_norm_individual_standardized": with_total(l2_norms / sizes),
        "cosine": cosine(with_total(sums.dots), squares, with_total(shifted)),
        "sign_flip_rate": ratio(with_total(sums.flips), elements),
        "density": density(absolute, squares, elements),
    }


def cosine(dots: Float64, squares: Float64, squares_before: Float64) -> Float64:
    """Cosine of the angle between a gradient g and its predecessor p: g·p / (‖g‖₂‖p‖₂).

    NaN if either is zero, not finite or missing. Rounding may leave it some 1e-16 outside of [−1, 1].
    """
    with np.errstate(invalid="ignore"):  # zero after infinity
        lengths = np.sqrt(squares) * np.sqrt(squares_before)
    return ratio(dots, lengths)


def density(absolute: Float64, squares: Float64, sizes: Float64) -> Float64:
    """How evenly a gradient is spread over its n elements: ‖g‖₁² / (n‖g‖₂²).

    1 if all elements are equally large, 1/n if only one is not zero; NaN for a zero gradient.
    """
    with np.errstate(over="ignore"):
        return ratio(absolute**2, sizes * squares)
