"""Packed arrays: what comes out is what went in."""

from collections.abc import Callable

import numpy as np
import pytest

from gradevo.report.charts.arrays import packed


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([0.5, -2.0, 0.0, np.nan]), "f4"),
        (np.array([1.0, 1e39]), "f8"),
        (np.array([1.0, 1e-40]), "f8"),
        (np.array([0, 5, 255]), "u1"),
        (np.array([0, 256]), "f4"),
        (np.empty(0), "f4"),
        (np.array([np.nan]), "f4"),
    ],
)
def test_round_trip(values: np.ndarray, kind: str, unpacked: Callable[[str], np.ndarray]) -> None:
    text = packed(values)
    assert text[:3] == f"{kind}:"
    np.testing.assert_array_equal(unpacked(text), values)


def test_seven_digits_are_kept(unpacked: Callable[[str], np.ndarray]) -> None:
    values = np.array([np.pi, 1e-30, 1e30])
    np.testing.assert_allclose(unpacked(packed(values)), values, rtol=6e-8)
