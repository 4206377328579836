"""Damaged files are refused or do no harm; ``damage.py`` tries many more."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import numpy as np
import pytest

import gradevo
from gradevo import GradevoError, Run, Statistics
from gradevo.runfile.bytes import open_left
from gradevo.runfile.hdf5 import create_file
from gradevo.runfile.lock import exclusive, is_held
from gradevo.runfile.seal import BLOCK, FOOTER, open_sealed, seal
from gradevo.testing import write_run


@pytest.fixture(scope="module")
def damage() -> ModuleType:
    spec = importlib.util.spec_from_file_location("damage", Path(__file__).with_name("damage.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def healthy(damage: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("healthy")
    damage.healthy(folder)
    return folder


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("kind", ["flipped", "zeroed", "cut"])
@pytest.mark.parametrize(
    "case",
    ["run: statistics", "run: doctor", "partial: statistics", "statistics: doctor", "statistics: compare"],
)
def test_no_damaged_byte_becomes_a_number(damage: ModuleType, healthy: Path, case: str, kind: str) -> None:
    found = damage.trials(case, kind, 5, healthy)
    assert found.keys() <= damage.RIGHT, found
    for printed in found.get("refused", []):
        assert printed.startswith("gradevo: /")
        assert printed.count("\n") == 1


def sealed(path: Path, size: int = 3 * BLOCK) -> np.ndarray[Any, Any]:
    values = np.random.default_rng(1).integers(0, 256, size, dtype=np.uint8)
    with create_file(path) as file:  # without a date
        file.create_dataset("values", data=values, track_times=False)
    seal(path)
    return values


def test_a_sealed_file_is_an_hdf5_file_of_equal_content_with_a_checksum_per_block(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    values = sealed(path)
    plain = tmp_path / "plain.h5"
    with create_file(plain) as file:
        file.create_dataset("values", data=values, track_times=False)
    size = plain.stat().st_size
    assert path.read_bytes()[:size] == plain.read_bytes()
    assert path.stat().st_size == size + 8 * -(-size // BLOCK) + FOOTER
    with h5py.File(path) as file:  # for any other program it is what it was
        np.testing.assert_array_equal(file["values"][:], values)
    opened = open_sealed(path)
    assert opened is not None
    with opened as file:
        np.testing.assert_array_equal(file["values"][:], values)
        np.testing.assert_array_equal(file["values"][BLOCK - 3 : BLOCK + 3], values[BLOCK - 3 : BLOCK + 3])


@pytest.mark.parametrize("at", [0, BLOCK + 17, 3 * BLOCK, -1, -9, -17, -FOOTER - 1])
def test_a_changed_byte_anywhere_is_found_where_it_is_read(tmp_path: Path, at: int) -> None:
    path = tmp_path / "a.h5"
    sealed(path)
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    with pytest.raises(GradevoError, match=r"expected the bytes that were written.*damaged"):
        open_sealed(path)["values"][:]  # type: ignore[index]


def test_a_file_without_a_seal_is_read_as_it_is(healthy: Path, tmp_path: Path) -> None:
    """As one that another program has written anew."""
    for name, kind in (("run.h5", Run), ("statistics.h5", Statistics)):
        path = tmp_path / name
        with h5py.File(healthy / name) as source, h5py.File(path, "w") as target:
            target.attrs.update(source.attrs)
            for item in source:
                source.copy(item, target)
        assert open_sealed(path) is None
        with kind(path) as copy, kind(healthy / name) as whole:
            assert copy.steps == whole.steps


def test_a_file_that_a_process_left_open_is_read_without_waiting(healthy: Path, tmp_path: Path) -> None:
    left = healthy / "run.partial.h5"
    with pytest.raises(OSError, match="already open"):
        h5py.File(left)
    with open_left(left) as file, Run(left) as run:
        np.testing.assert_array_equal(file["gradients/out"][:], run.read_gradients("out", 0, 200))
    for content in (b"", b"x" * 100, left.read_bytes()[:40] + b"x" + left.read_bytes()[41:]):
        broken = tmp_path / "broken.partial.h5"
        broken.write_bytes(content)
        with pytest.raises(OSError, match=r"superblock|ends too early"):
            open_left(broken)


def test_who_records_is_known_by_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    assert not is_held(path)
    with exclusive(path):
        assert is_held(path)
    assert not is_held(path)
    path.with_suffix(".lock").touch()  # of a killed process
    assert not is_held(path)


def test_a_closed_file_that_is_held_is_being_sealed_and_read_as_it_is(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(size=(6, 50)).astype(np.float32)
    partial = write_run(tmp_path / "run.h5", {"dense/kernel": values}, 2, finish=False)
    with h5py.File(partial, "r+") as file:  # as no process would leave it
        file["steps/loss"][0] = 7
    with exclusive(tmp_path / "run.h5"), Run(partial) as run:
        assert run.epochs == 3
        assert run.step("loss")[0] == 7
    with pytest.raises(GradevoError, match=r"found epoch 1 changed since it was written"):
        Run(partial)


def test_a_torn_file_is_put_aside_at_once_and_recording_begins_anew(healthy: Path, tmp_path: Path) -> None:
    """Headers are half written, as a power cut leaves them: HDF5 would wait for their other half."""
    content = bytearray((healthy / "run.partial.h5").read_bytes())
    for at in range(48, len(content) - 4):
        if content[at : at + 4] == b"OHDR":
            content[at + 20 : at + 60] = bytes(40)
    (tmp_path / "run.partial.h5").write_bytes(content)
    weights = {"w": np.zeros(3, "f4")}
    with gradevo.Recorder(tmp_path / "run.h5", weights) as recorder:
        recorder.step({"w": np.ones(3)}, loss=1.0)
        recorder.end_epoch(weights)
    assert sorted(os.listdir(tmp_path)) == ["run.abandoned.h5", "run.h5"]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_forked_processes_read_one_open_file(healthy: Path) -> None:
    with Run(healthy / "run.h5") as run:
        gradients = run.read_gradients("hidden/kernel", 0, 200)
        children = []
        for seed in range(3):
            child = os.fork()
            if child == 0:
                starts = np.random.default_rng(seed).integers(0, 195, 300)
                pairs = (
                    (run.read_gradients("hidden/kernel", n, n + 5), gradients[n : n + 5]) for n in starts
                )
                os._exit(not all(np.array_equal(*pair) for pair in pairs))
            children.append(child)
        assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]


def test_a_growing_file_is_one_by_any_name(healthy: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    link = tmp_path / "other/latest.partial.h5"
    link.symlink_to(tmp_path / "run.partial.h5")
    weights = {"w": np.zeros(3, "f4")}
    with gradevo.Recorder(tmp_path / "run.h5", weights) as recorder:
        for epoch in range(3):
            recorder.step({"w": np.ones(3)}, loss=1.0)
            recorder.end_epoch(weights)
            for path in (link, tmp_path / "run.partial.h5"):
                with Run(path) as run:
                    assert run.epochs == epoch + 1


def test_who_is_killed_while_sealing_leaves_a_file_that_can_be_read(healthy: Path, tmp_path: Path) -> None:
    content = (healthy / "run.h5").read_bytes()
    partial = tmp_path / "run.partial.h5"
    for missing in (1, FOOTER, FOOTER + 3):
        partial.write_bytes(content[:-missing])
        with Run(partial) as run:
            assert run.steps == 200
