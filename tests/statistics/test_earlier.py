"""Statistics of a growing run that go on: equal to the byte to those that are made at once."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import h5py
import numpy as np
import pytest

from gradevo.runfile.seal import BLOCK
from gradevo.statistics import tensor, writer
from gradevo.statistics.analyse import analyse
from gradevo.statistics.store import DIGESTS, STATE
from gradevo.testing import write_run

Array = np.ndarray[Any, Any]
STEPS, PER_EPOCH = 24, 4


def record(folder: Path, epochs: int, finish: bool, seed: int = 0, rows: int = 30, **settings: Any) -> Path:
    """The first epochs of a training: complete, or left as by a killed process."""
    random = np.random.default_rng(seed)
    steps = epochs * PER_EPOCH
    gradients = {"a": random.standard_normal((STEPS, rows, 50)), "b": random.standard_normal((STEPS, 7))}
    weights = {"a": random.standard_normal((7, rows, 50)), "b": random.standard_normal((7, 7))}
    path = write_run(
        folder / "run.h5",
        {name: values[:steps].astype(np.float32) for name, values in gradients.items()},
        PER_EPOCH,
        weights={name: values[: epochs + 1].astype(np.float32) for name, values in weights.items()},
        epochs=STEPS // PER_EPOCH,
        finish=finish,
        **settings,
    )
    return path if finish else path.with_name("run.partial.h5")


def read_steps(run: Path, statistics: Path) -> int:
    """Analyse; how many steps were taken in."""
    taken = []
    original = tensor.Tensor.take

    def take(self: tensor.Tensor, block: Any, *others: Any) -> Any:
        if self.name == "b":
            taken.append(block.stop - block.start)
        return original(self, block, *others)

    with mock.patch.object(tensor.Tensor, "take", take):
        analyse(run, statistics, block_bytes=2 * 4 * (1507 + 1020))
    return sum(taken)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"rows": 3},
        {"record_every": 2},
        {"step_series": {f"updates/{name}": np.linspace(1, 2, STEPS) for name in "ab"}},
    ],
    ids=["all", "few parameters", "every second", "updates"],
)
def test_goes_on_and_ends_equal_to_the_byte(tmp_path: Path, settings: dict[str, Any]) -> None:
    def cut(epochs: int) -> dict[str, Any]:
        series = settings.get("step_series", {})
        return settings | (
            {"step_series": {path: values[: epochs * PER_EPOCH] for path, values in series.items()}}
            if series
            else {}
        )

    per_epoch = PER_EPOCH // settings.get("record_every", 1)
    statistics = tmp_path / "statistics.h5"
    with mock.patch.object(writer, "FOLDED_STEPS", 6), mock.patch.object(writer, "FOLDED_LAYER_STEPS", 3):
        for epochs, before in ((1, 0), (3, 1), (3, 3)):
            run = record(tmp_path / f"{epochs}", epochs, finish=False, **cut(epochs))
            assert read_steps(run, statistics) == (epochs - before) * per_epoch
            fresh = tmp_path / "fresh.h5"
            analyse(run, fresh)
            assert statistics.read_bytes() == fresh.read_bytes()
            fresh.unlink()
        run = record(tmp_path / "all", 6, finish=True, **cut(6))
        assert read_steps(run, statistics) == 3 * per_epoch
        analyse(run, tmp_path / "fresh.h5")
    assert statistics.read_bytes() == (tmp_path / "fresh.h5").read_bytes()
    with h5py.File(statistics) as file:
        assert STATE not in file


def no_change(path: Path) -> None:
    """Leave the statistics as they are."""


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def without_state(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        del file[STATE]


@pytest.mark.parametrize(("change", "seed"), [(no_change, 1), (damaged, 0), (without_state, 0)])
def test_what_is_not_of_this_run_or_cannot_be_read_is_made_anew(
    tmp_path: Path, change: Callable[[Path], None], seed: int
) -> None:
    statistics = tmp_path / "statistics.h5"
    analyse(record(tmp_path / "first", 2, finish=False), statistics)
    change(statistics)
    run = record(tmp_path / "then", 4, finish=False, seed=seed)
    assert read_steps(run, statistics) == 4 * PER_EPOCH
    analyse(run, tmp_path / "fresh.h5")
    assert statistics.read_bytes() == (tmp_path / "fresh.h5").read_bytes()


def test_damage_that_is_met_late_is_no_obstacle(tmp_path: Path) -> None:
    """A damaged block behind the first ones: of rows that are copied."""
    statistics = tmp_path / "statistics.h5"
    analyse(record(tmp_path / "first", 4, finish=False, rows=3), statistics)
    content = bytearray(statistics.read_bytes())
    run = record(tmp_path / "then", 5, finish=False, rows=3)
    analyse(run, tmp_path / "fresh.h5")
    for place in range(100, len(content), BLOCK):
        damaged = content.copy()
        damaged[place] ^= 1
        statistics.write_bytes(damaged)
        analyse(run, statistics)
        assert statistics.read_bytes() == (tmp_path / "fresh.h5").read_bytes()


def test_checksums_are_no_attribute(tmp_path: Path) -> None:
    """Those of thousands of epochs do not fit into one of HDF5's."""
    analyse(record(tmp_path / "first", 2, finish=False), tmp_path / "statistics.h5")
    with h5py.File(tmp_path / "statistics.h5") as file:
        assert isinstance(file[STATE][DIGESTS], h5py.Dataset)
        assert not file[STATE].attrs


def test_a_run_that_lost_epochs_is_not_gone_on_from(tmp_path: Path) -> None:
    statistics = tmp_path / "statistics.h5"
    analyse(record(tmp_path / "longer", 4, finish=False), statistics)
    assert read_steps(record(tmp_path / "shorter", 2, finish=False), statistics) == 2 * PER_EPOCH


def test_an_interrupt_leaves_the_statistics_as_they_were(tmp_path: Path) -> None:
    statistics = tmp_path / "statistics.h5"
    analyse(record(tmp_path / "first", 2, finish=False), statistics)
    before = statistics.read_bytes()
    run = record(tmp_path / "then", 4, finish=False)
    with (
        mock.patch.object(tensor.Tensor, "take", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        analyse(run, statistics)
    assert statistics.read_bytes() == before
    assert not list(tmp_path.glob("*.partial.h5"))
    shutil.rmtree(tmp_path / "then")
