"""Rows that are decompressed here against what h5py reads."""

from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradevo.runfile import chunks
from gradevo.runfile.chunks import RowReader

Array = np.ndarray[Any, Any]
ROWS = np.random.default_rng(0).standard_normal((23, 3, 50)).astype(np.float32)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chunks") / "rows.h5"
    with h5py.File(path, "w") as file:
        lz4 = hdf5plugin.Bitshuffle(cname="lz4")
        file.create_dataset("rows", data=ROWS, chunks=(5, 3, 50), maxshape=(None, 3, 50), **lz4)
        file.create_dataset("wide", data=ROWS.astype("f8"), chunks=(5, 3, 50), **lz4)
        file.create_dataset(
            "bytes", data=np.arange(2000, dtype="u1").reshape(20, 100), chunks=(7, 100), **lz4
        )
        file.create_dataset("columns", data=ROWS, chunks=(5, 3, 10), **lz4)
        file.create_dataset("zstd", data=ROWS, chunks=(5, 3, 50), **hdf5plugin.Bitshuffle(cname="zstd"))
        file.create_dataset("gzip", data=ROWS, chunks=(5, 3, 50), compression="gzip")
        file.create_dataset("plain", data=ROWS)
        file.create_dataset("other_order", data=ROWS.astype(">f4"), chunks=(5, 3, 50), **lz4)
        gaps = file.create_dataset("gaps", (23, 3, 50), "f4", chunks=(5, 3, 50), **lz4)
        gaps[10:15] = ROWS[10:15]
        raw = file.create_dataset("raw", (5, 3, 50), "f4", chunks=(5, 3, 50), **lz4)
        raw.id.write_direct_chunk((0, 0, 0), ROWS[:5].tobytes(), filter_mask=1)
    return path


@settings(deadline=None)
@given(start=st.integers(0, 30), count=st.integers(0, 30))
@pytest.mark.parametrize("name", ["rows", "wide", "bytes", "gaps"])
def test_any_rows(file: Path, name: str, start: int, count: int) -> None:
    with h5py.File(file) as opened:
        read = RowReader(opened[name]).read(start, start + count)
        expected = opened[name][start : start + count]
    assert read.dtype == expected.dtype
    assert read.shape == expected.shape
    assert read.tobytes() == expected.tobytes()


@pytest.mark.parametrize("name", ["columns", "zstd", "gzip", "plain", "other_order", "gaps", "raw"])
def test_what_is_not_of_its_kind_is_read_by_h5py(file: Path, name: str) -> None:
    with h5py.File(file) as opened:
        assert RowReader(opened[name]).read(1, 4).tolist() == opened[name][1:4].tolist()


def test_it_is_decompressed_here(file: Path) -> None:
    with h5py.File(file) as opened:
        reader = RowReader(opened["rows"])
        assert reader._read_chunks(3, 17) is not None
        assert RowReader(opened["gaps"])._read_chunks(0, 23) is None


def test_without_the_library_h5py_reads(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "_decompression", lambda: None)
    with h5py.File(file) as opened:
        assert RowReader(opened["rows"]).read(3, 17).tobytes() == ROWS[3:17].tobytes()


def test_a_growing_dataset(file: Path, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "grows.h5", "w", libver="latest") as writing:
        settings = {"chunks": (5, 3, 50), "maxshape": (None, 3, 50), **hdf5plugin.Bitshuffle(cname="lz4")}
        dataset = writing.create_dataset("rows", (0, 3, 50), "f4", **settings)
        reader = RowReader(dataset)
        for rows in range(1, 24):
            dataset.resize(rows, axis=0)
            dataset[rows - 1] = ROWS[rows - 1]
            dataset.flush()
            assert reader.read(max(0, rows - 7), rows).tobytes() == ROWS[max(0, rows - 7) : rows].tobytes()
