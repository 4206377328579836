"""Spectra of folded gradients against spectra by hand and those of the whole matrix."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from gradevo import GradevoError
from gradevo.statistics.analyse import analyse
from gradevo.statistics.fold import folds
from gradevo.statistics.spectrum import Spectrum
from gradevo.statistics.store import Statistics
from gradevo.statistics.subspace import DIRECTIONS, ROWS, Subspace

Array = np.ndarray[Any, Any]
Record = Callable[..., Path]


def found(gradients: Array, pieces: Sequence[int] = ()) -> dict[str, Spectrum]:
    """The spectra of (steps, n), handed over in pieces that end at these steps."""
    size = gradients.shape[1]
    (fold,) = folds([size])
    with threadpool_limits(1, user_api="blas"), np.errstate(over="ignore"):  # as `analyse`
        space = Subspace(fold.width, size)
        for rows in np.split(gradients, pieces):
            space.take(fold.take(rows), np.sum(rows.astype(np.float64) ** 2, axis=1))
        return space.spectra()


def shares(gradients: Array) -> Array:
    """The shares of the first 1, 2, … directions, by singular value decomposition."""
    rows = gradients.astype(np.float64)
    products = rows @ rows.T if len(rows) < rows.shape[1] else rows.T @ rows
    energies = np.linalg.eigvalsh(products)[::-1].clip(0)
    return np.asarray(np.cumsum(energies) / energies.sum())


def directions(gradients: Array) -> Array:
    """Each row divided by its norm, without zero rows."""
    rows = gradients.astype(np.float64)
    norms = np.linalg.norm(rows, axis=1)
    return np.asarray(rows[norms > 0] / norms[norms > 0, None])


def check_exact(gradients: Array, rounding: float = 1e-6) -> None:
    """Of at most 1,020 parameters nothing is estimated."""
    for spectrum, matrix in zip(
        found(gradients).values(), (gradients.astype(np.float64), directions(gradients)), strict=True
    ):
        assert spectrum.steps == len(matrix)
        for k, share in enumerate(shares(matrix)[:DIRECTIONS], start=1):
            low, high = spectrum.share(k)
            assert low == high == pytest.approx(share, abs=rounding)


def test_orthogonal_gradients_by_hand() -> None:
    gradients = np.array([[0, 3, 0, 0], [0, 0, -4, 0], [0, 3, 0, 0], [0, 0, 0, 0]], np.float32)
    energy, direction = found(gradients).values()
    assert energy.energies[0] == pytest.approx([18, 16, 0, 0])
    assert (energy.totals.tolist(), energy.steps, energy.parameters) == ([34], 4, 4)
    assert energy.share(1) == pytest.approx((18 / 34, 18 / 34))
    assert energy.share(2) == pytest.approx((1, 1))
    assert energy.share(9) == (1, 1)
    # The zero gradient has no direction.
    assert direction.energies[0] == pytest.approx([2, 1, 0, 0], abs=1e-6)
    assert direction.steps == 3
    assert direction.share(1) == pytest.approx((2 / 3, 2 / 3))


@settings(max_examples=30, deadline=None)
@given(
    steps=st.integers(1, 90),
    parameters=st.integers(1, 60),
    rank=st.integers(1, 6),
    noise=st.sampled_from([0, 0.01, 1]),
    seed=st.integers(0, 99),
)
def test_few_parameters_are_exact(steps: int, parameters: int, rank: int, noise: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    scale = 10.0 ** random.uniform(-2, 2, (steps, 1))
    gradients = random.standard_normal((steps, rank)) @ random.standard_normal((rank, parameters))
    check_exact(
        (scale * (gradients + noise * random.standard_normal((steps, parameters)))).astype(np.float32)
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("steps", "decay", "noise", "width"),
    [
        (60, 1.0, 0.0, 0.12),
        (600, 1.0, 0.0, 0.12),
        (600, 0.3, 0.1, 0.2),
        (600, 0.0, 1.0, 0.1),  # noise without a direction
    ],
)
def test_the_interval_holds_the_exact_share(
    steps: int, decay: float, noise: float, width: float, seed: int
) -> None:
    """Of four thousand parameters, for every k, where energies fall like a power of their number."""
    random = np.random.default_rng(seed)
    size, rank = 4000, 50
    spread = np.arange(1, rank + 1) ** -decay
    gradients = (random.standard_normal((steps, rank)) * spread) @ random.standard_normal((rank, size))
    gradients += noise * np.sqrt(rank) * random.standard_normal((steps, size))
    gradients = gradients.astype(np.float32)
    for spectrum, matrix in zip(
        found(gradients).values(), (gradients.astype(np.float64), directions(gradients)), strict=True
    ):
        assert spectrum.energies.shape == (6, DIRECTIONS)
        for k, share in enumerate(shares(matrix)[:10], start=1):
            low, high = spectrum.share(k)
            assert low <= share <= high
            assert high - low < width


def test_gradients_of_one_direction() -> None:
    random = np.random.default_rng(2)
    gradients = np.outer(random.standard_normal(1000), random.standard_normal(7000)).astype(np.float32)
    for spectrum in found(gradients).values():
        assert spectrum.share(1) == pytest.approx((1, 1), abs=2e-6)
        assert spectrum.share(1000) == (1, 1)


@pytest.mark.parametrize("factor", [1e-42, 1e-30, 1e25, 1e37])
def test_squares_beyond_float32(factor: float) -> None:
    random = np.random.default_rng(4)
    gradients = (random.standard_normal((100, 3)) @ random.standard_normal((3, 40))).astype(np.float32)
    scaled = (gradients.astype(np.float64) * factor).astype(np.float32)
    check_exact(scaled)
    check_exact(np.concatenate([gradients, scaled]))


def test_without_gradients_there_is_no_share() -> None:
    for spectrum in found(np.zeros((5, 3), np.float32)).values():
        assert spectrum.totals.tolist() == [0]
        assert np.isnan(spectrum.share(1)).all()
    nothing = Subspace(3, 3).spectra()
    assert nothing["direction"].steps == 0
    assert np.isnan(nothing["energy"].share(3)).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nothing_has_a_value_after_a_step_that_is_not_finite(bad: float) -> None:
    gradients = np.ones((100, 3), np.float32)
    gradients[40, 1] = bad
    for pieces in ((), (30, 50), (40, 41)):
        for spectrum in found(gradients, pieces).values():
            assert np.isnan([*spectrum.totals, *spectrum.share(1), *spectrum.share(3)]).all()
            assert spectrum.energies.size == 0
            assert spectrum.steps == 100


@pytest.mark.parametrize("cuts", [[1], [0, ROWS, ROWS], [*range(10, ROWS + 50, 100)]])
def test_pieces_make_no_difference(cuts: list[int]) -> None:
    gradients = np.random.default_rng(6).standard_normal((ROWS + 50, 1100)).astype(np.float32)
    gradients[::7] = 0
    for kind, whole in found(gradients).items():
        pieces = found(gradients, cuts)[kind]
        assert pieces.energies.tobytes() == whole.energies.tobytes()
        assert pieces.totals.tobytes() == whole.totals.tobytes()
        assert pieces.steps == whole.steps


@pytest.mark.parametrize("size", [30, 1100])
def test_goes_on_from_a_state(size: int) -> None:
    gradients = np.random.default_rng(9).standard_normal((ROWS + 50, size)).astype(np.float32)
    gradients[::7] = 0
    (fold,) = folds([size])
    space = Subspace(fold.width, size)
    with threadpool_limits(1, user_api="blas"):
        for start, stop in pairwise((0, 20, ROWS + 10, len(gradients))):
            space, before = Subspace(fold.width, size), space
            space.restore({name: values.copy() for name, values in before.state().items()})
            rows = gradients[start:stop]
            space.take(fold.take(rows), np.sum(rows.astype(np.float64) ** 2, axis=1))
        spectra = space.spectra()
    for kind, whole in found(gradients).items():
        assert spectra[kind].energies.tobytes() == whole.energies.tobytes()
        assert spectra[kind].steps == whole.steps


def test_interval_by_hand() -> None:
    """Halves say 0.5 and 0.7, quarters 0.6, 0.6, 0.8 and 0.8: the bias is 0.1, and 0.6 − 0.1 is left."""
    energies = np.array([[5, 1], [7, 1], [6, 1], [6, 1], [8, 1], [8, 1]], np.float64)
    spectrum = Spectrum(energies, totals=np.full(6, 10.0), steps=50, parameters=4000)
    # Of the rest of 0.4 the second direction holds 0.1; what is not kept counts as three of the same.
    deviation = 0.6 * 0.4 * np.sqrt(2 / 1020 * (1 + (0.1**2 + 0.1 * 0.3) / 0.4**2))
    assert spectrum.share(1) == pytest.approx((0.5 - 0.1 - 3 * deviation, 0.5 + 0.1 + 3 * deviation))
    # Two directions hold 0.7 in the halves; two further ones may hold as much as the second.
    low, high = spectrum.share(4)
    assert low == pytest.approx(spectrum.share(2)[0])
    assert high == pytest.approx(spectrum.share(2)[1] + 0.2)
    assert spectrum.share(50) == (1, 1)
    with pytest.raises(GradevoError, match="at least 1 direction, found 0"):
        spectrum.share(0)


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
    expected = found(flat[:100])  # step 101 is of an unfinished epoch
    with Statistics(path.with_name("statistics.h5")) as statistics:
        assert statistics.steps == 101
        for kind, one in expected.items():
            spectrum = statistics.spectrum(kind)
            assert spectrum.energies == pytest.approx(one.energies, rel=1e-5)
            assert spectrum.totals == pytest.approx(one.totals, rel=1e-6)
            assert (spectrum.steps, spectrum.parameters) == (100, 900)
            matrix = flat[:100] if kind == "energy" else directions(flat[:100])
            lower, upper = spectrum.share(5)
            assert lower == upper == pytest.approx(shares(matrix)[4], abs=1e-6)
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
