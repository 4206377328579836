"""Histograms of exponents that are written by hand, and what becomes of numbers in real formats."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from gradevo.statistics.distributions import FORMATS, LOSS_SCALE, Format, magnitudes, quantiles

NAN = np.nan


def histogram(values: np.ndarray) -> np.ndarray:
    """Sizes of numbers, bin by bin: (255,)."""
    counts = np.zeros((2, 256), np.int64)
    for value in values.astype(np.float32):
        bits = int(value.view(np.uint32))
        counts[bits >> 31, bits >> 23 & 255] += 1
    return magnitudes(counts, np.count_nonzero(values == 0))


def by_name(name: str, scaled: bool = False) -> Format:
    return next(one for one in FORMATS if one.name.split()[-1] == name and one.scaled == scaled)


def test_sizes_are_of_both_signs_without_zeros_and_what_is_not_finite() -> None:
    sizes = histogram(np.array([1.5, -1.0, 0.25, 0.0, -0.0, 1e-40, np.inf, NAN]))
    assert {int(place): int(sizes[place]) for place in np.flatnonzero(sizes)} == {0: 1, 125: 1, 127: 2}
    assert sizes.shape == (255,)


def test_quantiles_lie_in_the_bin_of_the_true_ones() -> None:
    values = np.random.default_rng(1).lognormal(-3, 4, 4001)
    levels = [0.05, 0.5, 0.95, 1.0]
    true = np.log2(np.quantile(values.astype(np.float32), levels))
    found = quantiles(histogram(values), levels)
    assert_array_equal(np.floor(found[:3]), np.floor(true[:3]))
    assert 0 <= found[3] - true[3] <= 1  # the end of the last bin
    assert np.all(np.abs(found[:3] - true[:3]) < 0.1)


def test_quantiles_of_every_epoch_and_where_there_are_none() -> None:
    sizes = np.zeros((2, 2, 255), np.int64)
    sizes[0, 0, 127] = 4
    sizes[0, 1, 0] = 1
    sizes[1, 1, 254] = 1
    found = quantiles(sizes, [0.25, 1])
    assert found.shape == (2, 2, 2)
    assert_allclose(found[0], [[0.25, 1], [-149 + 23 / 4, -126]])
    assert_array_equal(found[1], [[NAN, NAN], [127.25, 128]])


def test_a_quantile_at_the_end_of_a_bin_is_not_in_an_empty_one() -> None:
    sizes = np.zeros(255, np.int64)
    sizes[[100, 140]] = 5
    assert_allclose(quantiles(sizes, [0, 0.5, 1]), [-27, -26, 14])


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    # half of the smallest subnormal, and the power of two beyond the largest number
    [("float16", 2.0**-25, 2.0**16), ("e5m2", 2.0**-17, 2.0**16), ("e4m3", 2.0**-10, 2.0**9)],
)
def test_what_lies_beyond_a_format(name: str, lowest: float, highest: float, scaled: bool) -> None:
    scale = 2.0**LOSS_SCALE if scaled else 1.0
    inside = np.array([lowest, 1.99 * lowest, highest / 2, 0.99 * highest]) / scale
    outside = np.array([0.99 * lowest, lowest / 2, highest, 4 * highest]) / scale
    one = by_name(name, scaled)
    assert one.lost(histogram(inside)) == 0
    assert one.flushed(histogram(outside)) == one.overflowing(histogram(outside)) == 0.5
    assert one.lost(histogram(np.concatenate([inside, outside, [0, 0]]))) == 0.5


def test_float16_of_numpy_agrees() -> None:
    values = np.concatenate([2.0 ** np.arange(-40, 30) * 1.5, -(2.0 ** np.arange(-40, 30))]).astype(
        np.float32
    )
    with np.errstate(over="ignore"):
        held = values.astype(np.float16)
    sizes, one = histogram(values), by_name("float16")
    # 2⁻²⁵ itself is a tie, which becomes zero, but is no number below it.
    assert one.flushed(sizes) == (np.count_nonzero(held == 0) - 1) / len(values)
    assert one.overflowing(sizes) == np.count_nonzero(np.isinf(held) & (np.abs(values) >= 2**16)) / len(
        values
    )


def test_float8_of_a_library_agrees() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    values = (2.0 ** np.arange(-30, 14) * 1.25).astype(np.float32)
    for name, kind in (("e4m3", ml_dtypes.float8_e4m3fn), ("e5m2", ml_dtypes.float8_e5m2)):
        held = values.astype(kind).astype(np.float32)
        assert by_name(name).flushed(histogram(values)) == np.mean(held == 0)


def test_bfloat16_may_lose_only_what_float32_hardly_holds() -> None:
    sizes = histogram(np.array([1e-40, 2.0**-126, 3e38, 1.0]))
    plain, scaled = by_name("bfloat16"), by_name("bfloat16", scaled=True)
    assert (plain.flushed(sizes), plain.overflowing(sizes)) == (0.25, 0)
    assert (scaled.flushed(sizes), scaled.overflowing(sizes)) == (0, 0.25)


def test_no_elements_have_no_share() -> None:
    assert np.isnan(by_name("e4m3").lost(np.zeros((2, 255), np.int64))).all()
