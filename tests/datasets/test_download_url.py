"""Downloads from a server on this machine: mirrors, checksums, whole or not at all."""

import gzip
import hashlib
import io
import os
import tarfile
import threading
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler

import pytest
import yaml

from gradevo.datasets import download
from gradevo.datasets.fetch import fetch
from gradevo.errors import GradevoError

TRAIN, TEST = b"1\t0.5\t2\n2\t3\t4\n", b"2\t5\t6\n"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def tar_gz(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder; a file whose name holds `short` breaks off before its end."""

    def log_message(self, *_):
        self.server.asked.append(self.path)

    def copyfile(self, source, outputfile):
        data = source.read()
        outputfile.write(data[: len(data) // 2] if "short" in self.path else data)


@pytest.fixture
def served(tmp_path, monkeypatch):
    """The folder of a server on this machine, which has `asked` and `url`."""
    monkeypatch.setenv("NO_PROXY", "*")
    folder = tmp_path / "served"
    folder.mkdir()
    with HTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        server.asked = []
        server.folder = folder
        server.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Remote:
    """The dataset `toy`, whose two files or whose archive are to be had from addresses."""

    def __init__(self, folder, server):
        self.raw, self.sources, self.server = folder / "raw", folder / "sources.yaml", server
        self.entry = {"title": "Toy", "format": "ucr-tsv", "licence": "none", "citation": "none"}

    def files(self, *mirrors: str):
        self.entry |= {
            "source": {"kind": "files", "folder": "toys", "urls": [self.server.url + m for m in mirrors]},
            "members": {
                "train": {"path": "train.tsv.gz", "sha256": sha256(TRAIN)},
                "test": {"path": "test.tsv.gz", "sha256": sha256(TEST)},
            },
        }
        return self

    def archive(self, data: bytes, *mirrors: str):
        urls = [self.server.url + mirror for mirror in mirrors]
        self.entry |= {
            "source": {"kind": "archive", "file": "toy.tar.gz", "sha256": sha256(data), "urls": urls},
            "members": {"train": {"path": "toy/train.tsv"}, "test": {"path": "toy/test.tsv"}},
        }
        return self

    def serve(self, path: str, data: bytes):
        target = self.server.folder / path
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(data)

    def put(self, path: str, data: bytes):
        target = self.raw / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def fetch(self):
        self.sources.write_text(yaml.safe_dump({"toy": self.entry}, sort_keys=False))
        return fetch("toy", self.raw, self.sources)

    def failure(self) -> str:
        with pytest.raises(GradevoError) as caught:
            self.fetch()
        message = str(caught.value)
        assert "\n" not in message
        assert f"or put your own x_train, y_train, x_test, y_test at {self.raw / 'toy.npz'}" in message
        return message

    def there(self) -> list[str]:
        return sorted(str(path.relative_to(self.raw)) for path in self.raw.rglob("*") if path.is_file())


@pytest.fixture
def remote(tmp_path, served):
    return Remote(tmp_path, served)


FILES = ["toys/test.tsv.gz", "toys/train.tsv.gz"]


def check(dataset):
    assert dataset.x_train[:, :, 0].tolist() == [[0.5, 2], [3, 4]]
    assert dataset.x_test[:, :, 0].tolist() == [[5, 6]]
    assert (dataset.y_train.tolist(), dataset.y_test.tolist(), dataset.labels) == ([0, 1], [1], ("1", "2"))
    assert (dataset.provenance["kind"], dataset.data_label) == ("download", "")


def test_single_files_are_downloaded_once(remote):
    remote.files("m/")
    remote.serve("m/train.tsv.gz", gzip.compress(TRAIN))
    remote.serve("m/test.tsv.gz", gzip.compress(TEST))
    check(remote.fetch())
    assert remote.there() == FILES
    dataset = remote.fetch()
    assert len(remote.server.asked) == 2
    assert dataset.provenance == {
        "kind": "download",
        "file": "train.tsv.gz, test.tsv.gz",
        "sha256": f"{sha256(TRAIN)}, {sha256(TEST)}",
    }


def test_the_next_mirror_is_asked_where_one_fails(remote):
    remote.files("gone/", "wrong/", "damaged/", "good/", "never/")
    for name, data in (("train.tsv.gz", TRAIN), ("test.tsv.gz", TEST)):
        remote.serve(f"wrong/{name}", gzip.compress(data[::-1]))
        remote.serve(f"damaged/{name}", gzip.compress(data)[:-5])
        remote.serve(f"good/{name}", gzip.compress(data))
    check(remote.fetch())
    assert remote.there() == FILES
    assert [path.split("/")[1] for path in remote.server.asked if "train" in path] == [
        "gone", "gone", "wrong", "damaged", "good",  # what is not found is logged twice
    ]  # fmt: skip


@pytest.mark.parametrize(
    "pack", [partial(gzip.compress, compresslevel=1), partial(gzip.compress, mtime=1), bytes]
)
def test_files_copied_by_hand_may_be_packed_in_any_way(remote, pack):
    remote.files("m/").put("toys/train.tsv.gz", pack(TRAIN))
    remote.put("toys/test.tsv.gz", pack(TEST))
    check(remote.fetch())
    assert remote.server.asked == []


def test_no_mirror_has_it(remote):
    remote.files("gone/", "wrong/", "short/")
    remote.serve("wrong/train.tsv.gz", b"other")
    remote.serve("short/train.tsv.gz", gzip.compress(TRAIN))
    message = remote.failure()
    assert message.startswith(
        f"toy: {remote.raw / FILES[1]}: expected a download from one of its addresses, found "
        f"{remote.server.url}gone/train.tsv.gz: HTTPError: 404 Client Error"
    )
    assert f"wrong/train.tsv.gz: SHA-256 {sha256(b'other')} instead of {sha256(TRAIN)}, " in message
    assert "short/train.tsv.gz: IncompleteRead: " in message
    assert f"put it at {remote.raw / FILES[1]}, and start again" in message
    assert remote.there() == []


def test_no_server(remote):
    remote.files("m/").entry["source"]["urls"] = ["http://127.0.0.1:9/"]
    assert "http://127.0.0.1:9/train.tsv.gz: ConnectionRefusedError: " in remote.failure()


@pytest.mark.parametrize(
    ("data", "found"),
    [(b"other", sha256(b"other")), (gzip.compress(TRAIN)[:-5], "a damaged one"), (b"", sha256(b""))],
    ids=["other", "damaged", "empty"],
)
def test_the_file_that_is_there_is_wrong(remote, data, found):
    remote.files("m/").put("toys/train.tsv.gz", data)
    message = remote.failure()
    assert f"{FILES[1]}: expected SHA-256 {sha256(TRAIN)}, found {found}" in message
    assert "; remove this file, which makes room for a fresh download, or get it where" in message
    assert remote.there() == [FILES[1]]
    assert remote.server.asked == []


def test_an_interrupted_download_leaves_nothing(remote, monkeypatch):
    def interrupted(address, path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(download, "http_download", interrupted)
    with pytest.raises(KeyboardInterrupt):
        remote.files("m/").fetch()
    assert os.listdir(remote.raw / "toys") == []


ARCHIVE = tar_gz({"toy/train.tsv": TRAIN, "toy/more": b"", "toy/test.tsv": TEST})


def test_an_archive_is_downloaded_once(remote):
    remote.archive(ARCHIVE, "m/").serve("m/toy.tar.gz", ARCHIVE)
    check(remote.fetch())
    dataset = remote.fetch()
    assert remote.there() == ["toy.tar.gz"]
    assert len(remote.server.asked) == 1
    assert dataset.provenance == {"kind": "download", "file": "toy.tar.gz", "sha256": sha256(ARCHIVE)}


def test_an_archive_with_other_bytes(remote):
    remote.archive(ARCHIVE, "m/").serve("m/toy.tar.gz", ARCHIVE + b"\0")
    assert f"SHA-256 {sha256(ARCHIVE + bytes(1))} instead of {sha256(ARCHIVE)}" in remote.failure()
    assert remote.there() == []


def test_an_archive_copied_by_hand_with_other_bytes(remote):
    remote.archive(ARCHIVE, "m/").put("toy.tar.gz", b"other")
    assert f"toy.tar.gz: expected SHA-256 {sha256(ARCHIVE)}, found {sha256(b'other')}" in remote.failure()


def test_a_member_is_missing(remote):
    data = tar_gz({"toy/train.tsv": TRAIN, "../toy/test.tsv": TEST})
    remote.archive(data, "m/").put("toy.tar.gz", data)
    assert (
        "toy.tar.gz: expected the file toy/test.tsv in this archive, found none of that name"
        in remote.failure()
    )


def test_a_member_that_is_a_link(remote):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        link = tarfile.TarInfo("toy/train.tsv")
        link.type, link.linkname = tarfile.SYMTYPE, str(remote.sources)
        archive.addfile(link)
    remote.archive(packed.getvalue(), "m/").put("toy.tar.gz", packed.getvalue())
    assert "expected the file toy/train.tsv in this archive" in remote.failure()


def test_no_archive_at_all(remote):
    remote.archive(b"text", "m/").put("toy.tar.gz", b"text")
    assert "toy.tar.gz: expected a readable tar archive, found ReadError" in remote.failure()


def test_a_member_may_have_a_sum_of_its_own(remote):
    remote.archive(ARCHIVE, "m/").put("toy.tar.gz", ARCHIVE)
    remote.entry["members"]["test"]["sha256"] = "0" * 64
    assert f"toy.tar.gz, member toy/test.tsv: expected SHA-256 {'0' * 64}, found " in remote.failure()
