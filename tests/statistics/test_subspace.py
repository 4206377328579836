"""Sketched spectra against spectra by hand and by singular value decomposition."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from gradevo import GradevoError
from gradevo.statistics import subspace
from gradevo.statistics.analyse import analyse
from gradevo.statistics.spectrum import Spectrum
from gradevo.statistics.store import Statistics
from gradevo.statistics.subspace import BYTES, LEAST_ROWS, ROWS, Subspace, sketch_rows

Array = np.ndarray[Any, Any]
Record = Callable[..., Path]


def sketched(gradients: Array, pieces: Sequence[int] = (), widths: Sequence[int] = ()) -> dict[str, Spectrum]:
    """The spectra of (steps, n), handed over in pieces that end at these steps; tensors of these widths."""
    sizes = widths or (gradients.shape[1],)
    with threadpool_limits(1, user_api="blas"):  # as `analyse`: two threads may round otherwise
        space = Subspace(sizes, str(gradients.dtype))
        for rows in np.split(gradients, pieces):
            tensors = np.split(rows, np.cumsum(sizes)[:-1], axis=1)
            with np.errstate(over="ignore"):
                space.take(tensors, np.sum(rows.astype(np.float64) ** 2, axis=1))
        return space.spectra()


def shares(gradients: Array) -> Array:
    """The shares of the first 1, 2, … directions, by singular value decomposition."""
    energies = np.linalg.svd(gradients.astype(np.float64), compute_uv=False) ** 2
    return np.asarray(np.cumsum(energies) / energies.sum())


def directions(gradients: Array) -> Array:
    """Each row divided by its norm, without zero rows."""
    rows = gradients.astype(np.float64)
    norms = np.linalg.norm(rows, axis=1)
    return np.asarray(rows[norms > 0] / norms[norms > 0, None])


def check_bounds(gradients: Array, rows: int = ROWS, rounding: float = 1e-6) -> None:
    for spectrum, matrix in zip(
        sketched(gradients).values(), (gradients.astype(np.float64), directions(gradients)), strict=True
    ):
        true = shares(matrix)
        assert spectrum.steps == len(matrix)
        assert spectrum.total == pytest.approx((matrix**2).sum(), rel=1e-12)
        assert spectrum.shrunk <= spectrum.total / rows
        assert (np.diff(spectrum.energies) <= 0).all()
        for k in range(1, len(true) + 1):
            lower, upper = spectrum.share(k)
            assert lower - rounding <= true[k - 1] <= upper + rounding
            assert 0 <= lower <= upper <= 1
            if k <= rows:
                assert upper - lower <= k * (1 - true[k - 1]) / (rows + 1 - k) + k * rounding
        if min(matrix.shape) <= rows:
            assert spectrum.shrunk == 0
            assert spectrum.share(1)[0] == spectrum.share(1)[1]


def test_orthogonal_gradients_by_hand() -> None:
    gradients = np.array([[0, 3, 0, 0], [0, 0, -4, 0], [0, 3, 0, 0], [0, 0, 0, 0]], np.float32)
    found = sketched(gradients, widths=(1, 2, 1))
    energy, direction = found["energy"], found["direction"]
    assert energy.energies == pytest.approx([18, 16])
    assert (energy.total, energy.shrunk, energy.steps, energy.parameters) == (34, 0, 4, 4)
    assert energy.share(1) == pytest.approx((18 / 34, 18 / 34))
    assert energy.share(2) == energy.share(9) == (1, 1)
    # The zero gradient has no direction.
    assert direction.energies == pytest.approx([2, 1])
    assert (direction.total, direction.steps) == (3, 3)
    assert direction.share(1) == pytest.approx((2 / 3, 2 / 3))
    assert direction.share(2) == (1, 1)


def test_a_known_spectrum_over_many_tiles() -> None:
    """σᵢ² = 2⁻ⁱ in directions that are orthogonal by construction: cosines of different frequency."""
    size, ranks = 3000, 8
    grid = np.pi * (np.arange(size) + 0.5) / size
    basis = np.sqrt(2 / size) * np.cos(np.arange(1, ranks + 1)[:, None] * grid)
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((50, ranks)))[0]
    gradients = turn * 2.0 ** (-np.arange(ranks) / 2) @ basis
    spectrum = sketched(gradients.astype(np.float32))["energy"]
    assert spectrum.shrunk == 0  # all of the fifty rows are still there
    assert spectrum.energies[:ranks] == pytest.approx(2.0 ** -np.arange(ranks), rel=1e-5)
    assert spectrum.share(3)[0] == pytest.approx(1.75 / (2 - 2.0 ** (1 - ranks)), abs=1e-6)
    assert spectrum.share(ranks) == pytest.approx((1, 1), abs=1e-6)


@pytest.mark.parametrize(("kind", "steps"), [("float32", 40), ("float32", 1000), ("float64", 1000)])
def test_gradients_of_one_direction(kind: str, steps: int) -> None:
    random = np.random.default_rng(2)
    gradients = np.outer(random.standard_normal(steps), random.standard_normal(700)).astype(kind)
    for spectrum in sketched(gradients).values():
        assert spectrum.share(1) == pytest.approx((1, 1), abs=2e-6)
        assert spectrum.share(steps) == (1, 1)


@settings(max_examples=60, deadline=None)
@given(
    steps=st.integers(1, 90),
    parameters=st.integers(1, 60),
    rank=st.integers(1, 6),
    noise=st.sampled_from([0, 0.01, 1]),
    rows=st.sampled_from([2, 5, 16]),
    seed=st.integers(0, 99),
)
@example(steps=90, parameters=16, rank=6, noise=1, rows=16, seed=0)
@example(steps=33, parameters=20, rank=1, noise=0.01, rows=16, seed=0)
@example(steps=17, parameters=60, rank=1, noise=0, rows=16, seed=0)
def test_bounds_hold(steps: int, parameters: int, rank: int, noise: float, rows: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    scale = 10.0 ** random.uniform(-2, 2, (steps, 1))
    gradients = random.standard_normal((steps, rank)) @ random.standard_normal((rank, parameters))
    gradients = scale * (gradients + noise * random.standard_normal((steps, parameters)))
    with mock.patch.object(subspace, "ROWS", rows), mock.patch.object(subspace, "LEAST_ROWS", 1):
        check_bounds(gradients.astype(np.float32), rows)


def test_bounds_hold_after_many_shrinks() -> None:
    """Directions that come and go: what Frequent Directions is for."""
    random = np.random.default_rng(3)
    gradients = random.standard_normal((2000, 300)) * 2.0 ** -np.linspace(0, 60, 300)
    gradients[1000:] = gradients[1000:, ::-1]
    check_bounds(gradients.astype(np.float32))
    spectrum = sketched(gradients.astype(np.float32))["energy"]
    assert spectrum.shrunk > 0  # and yet it says something
    assert spectrum.share(10)[1] - spectrum.share(10)[0] < 0.03


@pytest.mark.parametrize("factor", [1e-42, 1e-30, 1e25, 1e37])
def test_squares_beyond_float32(factor: float) -> None:
    random = np.random.default_rng(4)
    gradients = (random.standard_normal((100, 3)) @ random.standard_normal((3, 40))).astype(np.float32)
    scaled = (gradients.astype(np.float64) * factor).astype(np.float32)
    check_bounds(scaled)
    mixed = np.concatenate([gradients, scaled])
    check_bounds(mixed)


def test_float64_keeps_what_float32_would_round() -> None:
    random = np.random.default_rng(5)
    gradients = random.standard_normal((100, 20)) * 10.0 ** -np.linspace(0, 6, 20)
    check_bounds(gradients, rounding=1e-14)


def test_without_gradients_there_is_no_share() -> None:
    for spectrum in sketched(np.zeros((5, 3), np.float32)).values():
        assert (spectrum.total, spectrum.shrunk, spectrum.energies.size) == (0, 0, 0)
        assert np.isnan(spectrum.share(1)).all()
    nothing = Subspace([3], "float32").spectra()
    assert nothing["direction"].steps == 0
    assert np.isnan(nothing["energy"].share(3)).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nothing_has_a_value_after_a_step_that_is_not_finite(bad: float) -> None:
    gradients = np.ones((100, 3), np.float32)
    gradients[40, 1] = bad
    for pieces in ((), (30, 50), (40, 41)):
        for spectrum in sketched(gradients, pieces).values():
            assert np.isnan([spectrum.total, spectrum.shrunk, *spectrum.share(1), *spectrum.share(3)]).all()
            assert spectrum.energies.size == 0
            assert spectrum.steps == 100


@settings(max_examples=10, deadline=None)
@given(cuts=st.lists(st.integers(0, 150), max_size=20).map(sorted))
def test_pieces_and_tensors_make_no_difference(cuts: list[int]) -> None:
    gradients = np.random.default_rng(6).standard_normal((150, 700)).astype(np.float32)
    gradients[::7] = 0
    for kind, whole in sketched(gradients).items():
        pieces = sketched(gradients, cuts, widths=(1, 600, 99))[kind]
        assert pieces.energies.tobytes() == whole.energies.tobytes()
        assert (pieces.total, pieces.shrunk, pieces.steps) == (whole.total, whole.shrunk, whole.steps)


def test_bounds_by_hand() -> None:
    spectrum = Spectrum(np.array([6.0, 2.0]), total=12.0, shrunk=1.0, steps=50, parameters=40)
    assert spectrum.share(1) == (6 / 12, 7 / 12)
    assert spectrum.share(2) == (8 / 12, 10 / 12)
    assert spectrum.share(3) == (8 / 12, 11 / 12)
    assert spectrum.share(5) == (8 / 12, 1)
    assert spectrum.share(40) == (1, 1)
    with pytest.raises(GradevoError, match="at least 1 direction, found 0"):
        spectrum.share(0)


def test_large_models_get_fewer_rows() -> None:
    assert sketch_rows(1, 4) == sketch_rows(2_400_000, 4) == ROWS
    assert LEAST_ROWS < sketch_rows(4_000_000, 8) < sketch_rows(4_000_000, 4) < ROWS
    assert 3 * 4 * 8_500_000 * sketch_rows(8_500_000, 4) <= BYTES
    assert sketch_rows(10**9, 4) == LEAST_ROWS


@pytest.fixture(scope="module")
def recorded(record: Record) -> Callable[..., tuple[Path, Array]]:
    """A function that records 101 random steps of two tensors, 10 an epoch: the run, (steps, n)."""

    def write(dtype: str = "float32", **thin: int) -> tuple[Path, Array]:
        random = np.random.default_rng(7)
        flat = random.standard_normal((101, 900)) + random.standard_normal(900)
        gradients = {"a": flat[:, :600].reshape(-1, 20, 30).astype(dtype), "b": flat[:, 600:].astype(dtype)}
        weights = {name: np.ones((11, *values.shape[1:]), dtype) for name, values in gradients.items()}
        return record(gradients, weights, 10, dtype=dtype, **thin), flat.astype(dtype)

    return write


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_in_the_statistics_file(recorded: Callable[..., tuple[Path, Array]], dtype: str) -> None:
    path, flat = recorded(dtype)
    analyse(path, path.with_name("statistics.h5"))
    expected = sketched(flat[:100])  # step 101 is of an unfinished epoch
    with Statistics(path.with_name("statistics.h5")) as statistics:
        assert statistics.steps == 101
        for kind, one in expected.items():
            spectrum = statistics.spectrum(kind)
            assert spectrum.energies == pytest.approx(one.energies, rel=1e-6)
            assert spectrum.total == pytest.approx(one.total, rel=1e-12)
            assert spectrum.shrunk == pytest.approx(one.shrunk, rel=1e-6)
            assert (spectrum.steps, spectrum.parameters) == (100, 900)
            matrix = flat[:100] if kind == "energy" else directions(flat[:100])
            lower, upper = spectrum.share(5)
            assert lower < shares(matrix)[4] < upper
        with pytest.raises(GradevoError, match="no spectrum 'angle'; there are energy, direction"):
            statistics.spectrum("angle")


def test_the_size_of_blocks_makes_no_difference(recorded: Callable[..., tuple[Path, Array]]) -> None:
    path, _ = recorded()
    written = set()
    for block_bytes in (1, 4 * 900 * 7, 2**25):
        analyse(path, path.with_name("statistics.h5"), block_bytes=block_bytes)
        written.add(path.with_name("statistics.h5").read_bytes())
    assert len(written) == 1


def test_rounded_gradients(record: Record) -> None:
    random = np.random.default_rng(8)
    flat = random.standard_normal((12, 50)).astype(np.float32)
    path = record({"a": flat}, {"a": np.ones((4, 50), np.float32)}, 4, keep_bits=3)
    analyse(path, path.with_name("statistics.h5"))
    with Statistics(path.with_name("statistics.h5")) as statistics:
        rounded = statistics.spectrum("energy").share(2)[0]
    assert 1e-6 < abs(rounded - shares(flat)[1]) < 0.01


def test_only_recorded_steps_count(recorded: Callable[..., tuple[Path, Array]]) -> None:
    path, flat = recorded(record_every=4)
    kept = [step for step in range(100) if step % 10 % 4 == 0]
    analyse(path, path.with_name("statistics.h5"))
    with Statistics(path.with_name("statistics.h5")) as statistics:
        spectrum = statistics.spectrum("energy")
    assert spectrum.steps == len(kept) == 30
    assert spectrum.share(3)[0] == pytest.approx(shares(flat[kept])[2], abs=1e-6)


def test_the_number_of_threads_makes_no_difference(recorded: Callable[..., tuple[Path, Array]]) -> None:
    path, _ = recorded()
    code = "import sys; from gradevo.statistics.analyse import analyse; analyse(*sys.argv[1:])"
    written = set()
    for threads in ("1", "2"):
        output = path.with_name(f"statistics-{threads}.h5")
        subprocess.run(
            [sys.executable, "-c", code, str(path), str(output)],
            env=os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads},
            check=True,
        )
        written.add(hashlib.sha256(output.read_bytes()).hexdigest())
    assert len(written) == 1
