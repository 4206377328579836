"""Estimates of |G|² and tr Σ on gradients whose answer is known."""

from itertools import product

import numpy as np
import pytest

from gradevo.claims.evidence import dot_products, signal_and_noise
from gradevo.timeline import Timeline


def epochs_of(length: int, steps: int) -> Timeline:
    return Timeline(np.arange(length, steps + 1, length), steps)


def series(gradients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """‖G‖² and the cosine of every step, as statistics.h5 holds them: (steps, n) -> (steps,) each."""
    squares = (gradients**2).sum(axis=1)
    dots = (gradients[1:] * gradients[:-1]).sum(axis=1)
    with np.errstate(invalid="ignore"):
        cosines = dots / np.sqrt(squares[1:] * squares[:-1])
    return squares, np.concatenate([[np.nan], cosines])


def test_dot_products() -> None:
    gradients = np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 0.0], [5.0, 5.0]])
    squares, cosines = series(gradients)
    dots = dot_products(cosines, squares)
    assert np.isnan(dots[0])
    np.testing.assert_allclose(dots[1:], [1, 0, 0], atol=1e-12)  # of a zero gradient there is no cosine


def test_unbiased_over_all_pairs_of_batches() -> None:
    """All pairs of batches that can be drawn, equally often: the mean is the expectation, exactly.

    Example gradients are G ± s along each of 2 axes, so |G|² = 25 and tr Σ = 2 (variance s² of each sign,
    independent axes): 4 equally likely examples, batches of a = 1 and b = 2 drawn with replacement.
    """
    mean = np.array([3.0, 4.0])
    examples = [mean + np.array(signs) * 1.0 for signs in product((-1, 1), repeat=2)]
    small = np.array(examples)
    large = np.array([(x + y) / 2 for x, y in product(examples, repeat=2)])
    signals, noises = [], []
    for before, after in product(small, large):
        squares, cosines = series(np.array([before, after]))
        signal, noise = signal_and_noise(
            squares, dot_products(cosines, squares), np.array([1.0, 2.0]), epochs_of(2, len(squares))
        )
        signals.append(signal[0])
        noises.append(noise[0])
    assert np.mean(signals) == pytest.approx(25)
    assert np.mean(noises) == pytest.approx(2)


def test_two_batch_sizes_of_the_appendix() -> None:
    """For equal batches the estimates are those of A.1 with the pair as the large batch."""
    size = 16
    gradients = np.array([[1.0, 2.0, 0.5], [0.3, 2.5, -1.0]])
    squares, cosines = series(gradients)
    signal, noise = signal_and_noise(
        squares, dot_products(cosines, squares), np.full(2, float(size)), epochs_of(2, len(squares))
    )
    small, large = squares.mean(), (gradients.mean(axis=0) ** 2).sum()
    assert signal[0] == pytest.approx((2 * size * large - size * small) / (2 * size - size))
    assert noise[0] == pytest.approx((small - large) / (1 / size - 1 / (2 * size)))


def test_epochs_and_sizes() -> None:
    """Two epochs of two steps, the last batch of an epoch half as large; an unfinished one is left out."""
    gradients = np.array([[1.0], [3.0], [2.0], [4.0], [9.0]])
    squares, cosines = series(gradients)
    signal, noise = signal_and_noise(
        squares,
        dot_products(cosines, squares),
        np.array([4.0, 2.0, 4.0, 2.0, 4.0]),
        epochs_of(2, len(squares)),
    )
    np.testing.assert_allclose(signal, [3, (6 + 8) / 2])
    np.testing.assert_allclose(noise, [4 / 0.75, (1 + 4) / 1.5])


@pytest.mark.parametrize("seed", range(12))
def test_what_rounding_leaves_is_no_noise(seed: int) -> None:
    """Steps that are equal within every epoch, but for the last bits of squares and cosines."""
    random = np.random.default_rng(seed)
    gradients = np.repeat(random.normal(size=(1, 50)), 12, axis=0)
    squares, cosines = series(gradients)
    squares *= 1 + 4e-16 * random.integers(-1, 2, 12)
    _, noise = signal_and_noise(
        squares, dot_products(cosines, squares), np.ones(12), epochs_of(3, len(squares))
    )
    assert noise.tolist() == [0, 0, 0, 0]


def test_equal_gradients_have_no_noise() -> None:
    gradients = np.tile([0.1, 0.2, 0.3], (6, 1))
    squares, cosines = series(gradients)
    _, noise = signal_and_noise(
        squares, dot_products(cosines, squares), np.ones(6), epochs_of(3, len(squares))
    )
    np.testing.assert_allclose(noise, 0, atol=1e-15)
    assert (noise >= 0).all()


def test_non_finite_gradients_do_not_warn() -> None:
    squares = np.array([1.0, np.inf, np.nan, 1.0])
    dots = dot_products(np.array([np.nan, np.nan, np.nan, 0.5]), squares)
    signal, noise = signal_and_noise(squares, dots, np.ones(4), epochs_of(2, len(squares)))
    assert np.isnan(signal).all()
    assert not np.isfinite(noise).any()
