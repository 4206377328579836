"""What has no end, or too much in it, is refused before it is read."""

import gzip
import io
import os
import tarfile
import zipfile

import numpy as np
import pytest

from gradevo.datasets import files
from gradevo.datasets.download import _tar_members
from gradevo.datasets.files import check_file, check_unpacked
from gradevo.datasets.members import gunzip
from gradevo.datasets.origin import Origin
from gradevo.datasets.own import files_of
from gradevo.datasets.prepared import read_npz
from gradevo.errors import GradevoError

ORIGIN = Origin("toy", "toy.npz", "mend it")


def test_regular_files_are_let_through(tmp_path):
    (tmp_path / "mine.csv").write_text("1,2")
    check_file(tmp_path / "mine.csv", ORIGIN)
    check_file(tmp_path / "missing.csv", ORIGIN)
    (tmp_path / "link.csv").symlink_to("mine.csv")
    check_file(tmp_path / "link.csv", ORIGIN)


@pytest.mark.parametrize("file", ["mine.csv", "mine/a/0.png"])
def test_pipes_devices_and_folders(tmp_path, file):
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    for make, found in (
        (lambda: os.mkfifo(path), "a pipe"),
        (lambda: path.symlink_to("/dev/zero"), "a device"),
        (lambda: path.symlink_to(tmp_path), "a folder"),
    ):
        make()
        if found != "a folder" or file == "mine.csv":
            with pytest.raises(
                GradevoError, match=f"{file}: expected a regular file, found {found}; put a regular"
            ):
                files_of("toy", tmp_path / file.partition("/")[0])
        path.unlink()


def test_larger_than_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "memory", lambda: 1 << 29)
    path = tmp_path / "mine.csv"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(GradevoError, match=r"at most 0.5 GiB of data, this machine's memory, found 1.0 GiB"):
        check_file(path, ORIGIN)


def test_what_an_archive_may_grow_to(monkeypatch):
    monkeypatch.setattr(files, "memory", lambda: 1 << 40)
    check_unpacked(10, 1 << 30, ORIGIN)
    check_unpacked(1 << 30, 100 << 30, ORIGIN)
    with pytest.raises(GradevoError, match=r"grows at most 100 times \(save .*\), found 1.0 GiB in 10 bytes"):
        check_unpacked(10, (1 << 30) + 1, ORIGIN)


@pytest.fixture
def strict(monkeypatch):
    """Call a bomb what unpacks to more than 10,000 bytes."""
    monkeypatch.setattr(files, "HARMLESS", 10_000)


def test_npz_bombs(tmp_path, strict):
    path = tmp_path / "toy.npz"
    np.savez_compressed(path, x=np.zeros(1000))
    assert read_npz(path, ["x"], ORIGIN)["x"].shape == (1000,)
    np.savez_compressed(path, x=np.zeros(100_000))
    with pytest.raises(GradevoError, match="expected an archive that grows at most 100 times"):
        read_npz(path, ["x"], ORIGIN)
    np.savez(path, x=np.zeros(100_000))
    assert read_npz(path, ["x"], ORIGIN)["x"].shape == (100_000,)


def test_gzip_bombs(strict):
    assert gunzip(gzip.compress(bytes(9_000))) == bytes(9_000)
    with pytest.raises(gzip.BadGzipFile, match="bytes that grow to more than"):
        gunzip(gzip.compress(bytes(1_000_000)))


def test_tar_bombs(tmp_path, strict):
    """Whether or not anything in it is wanted."""
    path = tmp_path / "toy.tar.gz"
    for size in (5_000, 1_000_000):
        with tarfile.open(path, "w:gz") as archive:
            member = tarfile.TarInfo("zeros")
            member.size = size
            archive.addfile(member, io.BytesIO(bytes(size)))
        if size == 5_000:
            assert _tar_members(path, ["zeros"], ORIGIN) == {"zeros": bytes(size)}
    with pytest.raises(GradevoError, match="an archive that grows at most 100 times"):
        _tar_members(path, [], ORIGIN)


def test_a_member_holds_no_more_than_the_archive_says(tmp_path):
    """So what an archive states of its members can be relied on."""
    path = tmp_path / "toy.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", bytes(100_000))
    data = path.read_bytes().replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with (
        zipfile.ZipFile(io.BytesIO(data)) as archive,
        archive.open("x") as member,
        pytest.raises(zipfile.BadZipFile),
    ):
        member.read(1_000)
