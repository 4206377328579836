"""Prepared datasets: what is saved is loaded; the bytes depend on the dataset alone; damage is explained."""

import errno
import io
import json
import os
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradevo.datasets.dataset import ARRAYS, Dataset
from gradevo.datasets.prepared import load, save
from gradevo.errors import GradevoError


def images() -> Dataset:
    rng = np.random.default_rng(13)
    return Dataset(
        name="images", title="Images é", task="classification", labels=("0", "1", "2"),
        x_train=rng.integers(0, 256, (5, 2, 3, 1), dtype=np.uint8), y_train=np.array([0, 1, 2, 1, 0]),
        x_test=rng.integers(0, 256, (2, 2, 3, 1), dtype=np.uint8), y_test=np.array([2, 2]),
        provenance={"kind": "own data", "file": "images.npz", "sha256": "0" * 64},
    )  # fmt: skip


def table() -> Dataset:
    x = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)
    return Dataset(
        name="table", title="Table", task="regression", labels=None,
        x_train=x, y_train=x[:, 0], x_test=x[:1], y_test=x[:1, 1], provenance={"kind": "wheel"},
    )  # fmt: skip


def npy(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def of_two_inputs() -> Dataset:
    return replace(table(), inputs={"left": (2,), "right": (1,)})


def rewrite(path, **changes):
    """Save the file again with some members changed, or left out where None is given."""
    with np.load(path) as file:
        arrays = dict(file) | changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


@pytest.mark.parametrize("dataset", [images(), table(), of_two_inputs()], ids=("images", "table", "inputs"))
def test_what_is_saved_is_loaded(dataset, tmp_path):
    path = tmp_path / "prepared" / f"{dataset.name}.npz"
    save(dataset, path)
    loaded = load(path)
    for name in ARRAYS:
        expected, found = getattr(dataset, name), getattr(loaded, name)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
    for field in ("name", "title", "task", "labels", "classes", "provenance", "inputs"):
        assert getattr(loaded, field) == getattr(dataset, field)


def test_only_several_inputs_are_named(tmp_path):
    save(table(), tmp_path / "table.npz")
    with np.load(tmp_path / "table.npz") as file:
        assert set(file) == {*ARRAYS, "metadata"}
        assert "inputs" not in json.loads(str(file["metadata"]))
    save(replace(table(), inputs={"left": (2,), "right": (2,)}), tmp_path / "other.npz")
    with pytest.raises(GradevoError, match=r"expected rows of 4 values, as the inputs have together"):
        load(tmp_path / "other.npz")


def test_the_same_bytes_every_time(tmp_path):
    one, other = tmp_path / "one.npz", tmp_path / "elsewhere" / "other.npz"
    save(images(), one)
    save(images(), other)
    save(images(), other)
    assert one.read_bytes() == other.read_bytes()
    with zipfile.ZipFile(one) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_failed_save_keeps_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "table.npz"
    save(table(), path)
    before = path.read_bytes()

    def full(file, **_):
        file.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(
        GradevoError, match=r"table.npz: expected room to write it, found none left on the disk"
    ):
        save(table(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_parent_is_not_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(GradevoError, match=r"table: .*expected to write this file"):
        save(table(), tmp_path / "file" / "table.npz")


def test_a_missing_file(tmp_path):
    with pytest.raises(
        GradevoError, match=r"^iris: .*iris.npz: .*FileNotFoundError.*prepare the dataset again$"
    ):
        load(tmp_path / "iris.npz")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"metadata": None}, "expected the arrays x_train, y_train, x_test, y_test, metadata"),
        ({"metadata": np.array("{}")}, "name: Field required"),
        ({"metadata": np.array("nonsense")}, "Invalid JSON"),
        ({"metadata": np.array(json.dumps({"version": 1}))}, "version: Input should be 2"),
        ({"x_train": np.float32(1)}, "expected x_train of shape (rows, ...), found shape ()"),
        ({"y_test": np.array([0, 3])}, "expected whole numbers from 0 to 2 in y_test, found 3"),
        ({"x_test": np.zeros((2, 2, 2, 1), np.uint8)}, "found shape (2, 2, 2, 1)"),
    ],
)
def test_a_file_that_is_no_prepared_dataset(change, complaint, tmp_path):
    path = tmp_path / "images.npz"
    save(images(), path)
    rewrite(path, **change)
    with pytest.raises(GradevoError) as caught:
        load(path)
    assert str(caught.value).startswith(f"images: {path}: expected ")
    assert complaint in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not an archive", npy(np.zeros(3)), b"PK\x03\x04"])
def test_not_an_archive(content, tmp_path):
    path = tmp_path / "images.npz"
    path.write_bytes(content)
    with pytest.raises(GradevoError, match=r"expected a readable .npz archive"):
        load(path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_is_an_error_or_harmless(tmp_path, data):
    path = tmp_path / "table.npz"
    save(table(), path)
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        path.write_bytes(whole[:place])
    else:
        path.write_bytes(whole[:place] + bytes([data.draw(st.integers(0, 255))]) + whole[place + 1 :])
    try:
        loaded = load(path)
    except GradevoError:
        return
    # Only bytes that carry no data (a date, a flag) may change unnoticed: zip checks the rest by CRC-32.
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(loaded, name), getattr(table(), name))
