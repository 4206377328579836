"""Formulas where rounding matters."""

import numpy as np

from gradevo.statistics.formulas import cosine, density


def test_rounding_leaves_no_cosine_beyond_one() -> None:
    """Of gradients that are multiples of each other; without care, some of these are 1 + 2⁻⁵²."""
    gradients = np.random.default_rng(3).normal(size=(1000, 7))
    factors = np.random.default_rng(4).normal(size=1000)
    before = gradients * factors[:, None]
    dots = (gradients * before).sum(axis=1)
    squares, squares_before = (gradients**2).sum(axis=1), (before**2).sum(axis=1)
    assert np.abs(dots / (np.sqrt(squares) * np.sqrt(squares_before))).max() > 1
    found = cosine(dots, squares, squares_before)
    assert np.abs(found).max() == 1
    np.testing.assert_allclose(found, np.sign(factors), rtol=1e-14)
    assert np.isnan(cosine(np.zeros(1), np.zeros(1), np.ones(1)))


def test_rounding_leaves_no_density_above_one() -> None:
    """Of gradients whose elements are all equal."""
    equal, sizes = np.random.default_rng(3).uniform(size=1000), np.full(1000, 7.0)
    absolute, squares = 7 * equal, 7 * equal**2
    assert (absolute**2 / (sizes * squares)).max() > 1
    found = density(absolute, squares, sizes)
    assert found.max() == 1
    np.testing.assert_allclose(found, 1, rtol=1e-14)
