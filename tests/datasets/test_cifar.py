"""CIFAR's batches, written as Python 2's cPickle wrote them: read as they are, and nothing in them runs."""

import hashlib
import io
import pickle
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gradevo.datasets.cifar import batches
from gradevo.datasets.fetch import fetch
from gradevo.datasets.members import Content
from gradevo.datasets.origin import Origin
from gradevo.errors import GradevoError


def text(value: bytes) -> bytes:
    """A Python 2 string, SHORT_BINSTRING or BINSTRING; unlike the memo's numbers, each is put to the memo."""
    if len(value) < 256:
        return b"U" + bytes([len(value)]) + value
    return b"T" + struct.pack("<i", len(value)) + value


def whole(value: int) -> bytes:
    if 0 <= value < 1 << 16:
        return b"K" + bytes([value]) if value < 256 else b"M" + struct.pack("<H", value)
    return b"J" + struct.pack("<i", value)


def listed(items: list[bytes]) -> bytes:
    """A list, filled a thousand at a time."""
    parts = [items[begin : begin + 1000] for begin in range(0, len(items), 1000)]
    return b"]q\x05" + b"".join(b"(" + b"".join(part) + b"e" for part in parts)


def array(values: np.ndarray, dtype: bytes = b"u1", order: bytes = b"|", fortran: bytes = b"\x89") -> bytes:
    """What ndarray.__reduce__ gave in Python 2: _reconstruct(ndarray, (0,), 'b'), and its state."""
    shape = b"".join(map(whole, values.shape)) + {1: b"\x85", 2: b"\x86", 3: b"\x87"}[values.ndim]
    return (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85U\x01b\x87Rq\x09(K\x01"
        + shape
        + b"cnumpy\ndtype\nq\x0a" + text(dtype) + b"K\x00K\x01\x87Rq\x0b"
        + b"(K\x03" + text(order) + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        + fortran + text(values.tobytes()) + b"tb"
    )  # fmt: skip


def pickled(items: dict[str, bytes], key=lambda name: text(name.encode())) -> bytes:
    """A dict of values that are pickled already."""
    return b"\x80\x02}q\x01(" + b"".join(key(name) + value for name, value in items.items()) + b"u."


def batch(data: np.ndarray, labels, name: str = "labels") -> dict[str, bytes]:
    return {
        "batch_label": text(b"training batch 1 of 5") + b"q\x03",
        name: listed([whole(label) for label in labels]),
        "data": array(data),
        "filenames": listed([text(b"image_s_%06d.png" % row) for row in range(len(data))]),
    }


def pixels(rows: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (rows, 3072), dtype=np.uint8)


def content(data: bytes) -> Content:
    return Content(data, Origin("cifar10", "data_batch_1", "get another file"))


def failure(data: bytes) -> str:
    with pytest.raises(GradevoError) as caught:
        batches([content(data)], "labels")
    message = str(caught.value)
    assert message.startswith("cifar10: data_batch_1: expected ")
    assert message.endswith("; get another file")
    assert "\n" not in message
    return message


def test_pixels_and_labels_of_two_batches():
    one, other = pixels(3), pixels(2, seed=1)
    x, y = batches(
        [content(pickled(batch(one, [9, 0, 3]))), content(pickled(batch(other, [1, 2])))], "labels"
    )
    assert (x.shape, x.dtype, y.dtype) == ((5, 32, 32, 3), np.uint8, np.int64)
    assert y.tolist() == [9, 0, 3, 1, 2]
    # Line 5, column 7, of the second and of the last image: red, green, blue.
    assert x[1, 5, 7].tolist() == one[1, [5 * 32 + 7, 1024 + 5 * 32 + 7, 2048 + 5 * 32 + 7]].tolist()
    assert x[4, 5, 7].tolist() == other[1, [5 * 32 + 7, 1024 + 5 * 32 + 7, 2048 + 5 * 32 + 7]].tolist()
    np.testing.assert_array_equal(x[:3].transpose(0, 3, 1, 2).reshape(3, 3072), one)


def test_the_writer_above_writes_what_pickle_reads():
    data = pixels(1200)
    read = pickle.loads(pickled(batch(data, range(1200))), encoding="bytes")
    np.testing.assert_array_equal(read[b"data"], data)
    assert read[b"labels"] == list(range(1200))
    x, y = batches([content(pickled(batch(data, range(1200))))], "labels")
    assert (len(x), y.tolist()) == (1200, read[b"labels"])


def test_keys_of_python_3_and_the_fine_labels():
    items = {**batch(pixels(2), [99, 7], "fine_labels"), "coarse_labels": listed([whole(1), whole(2)])}
    unicode = pickled(items, key=lambda name: b"X" + struct.pack("<i", len(name)) + name.encode())
    for data in (pickled(items), unicode):
        _, y = batches([content(data)], "fine_labels")
        assert y.tolist() == [99, 7]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            {"data": array(pixels(3)[:, :-1])},
            "expected `data` of shape (rows, 3072), uint8, found (3, 3071);",
        ),
        ({"data": array(pixels(1)[0])}, "expected `data` of shape (rows, 3072), uint8, found (3072,);"),
        ({"data": text(b"pixels")}, "expected `data` of shape (rows, 3072), uint8, found bytes;"),
        (
            {"data": b"cnumpy\nndarray\n)\x81"},  # NEWOBJ, as below
            "expected `data` of shape (rows, 3072), uint8, found _Bytes;",
        ),
        ({"data": array(pixels(2))}, "expected as many rows in `data` as in `labels`, found 2 and 3;"),
        ({"labels": array(pixels(3)[:, 0])}, "expected a list of whole numbers as `labels`, found _Bytes;"),
        ({"labels": listed([text(b"cat")] * 3)}, "expected a list of whole numbers as `labels`, found list;"),
        (
            {"labels": listed([whole(0), whole(1), b"\x8a\x0a" + b"\xff" * 9 + b"\x00"])},
            "expected whole numbers of 64 bits as `labels`, found larger ones;",
        ),
        (
            {"labels": listed([whole(0), whole(1), b"\x8a\x09" + b"\x00" * 7 + b"\x80\xff"])},
            "expected whole numbers of 64 bits as `labels`, found larger ones;",
        ),
        ({"labels": b"N"}, "expected a list of whole numbers as `labels`, found NoneType;"),
        ({"data": array(pixels(3), dtype=b"i1")}, "UnpicklingError: an array of type b'i1';"),
        ({"data": array(pixels(3), dtype=b"O8")}, "UnpicklingError: an array of type b'O8';"),
        ({"data": array(pixels(3), fortran=b"\x88")}, "UnpicklingError: an array that is not of bytes in C"),
    ],
)
def test_a_batch_that_is_none(change, complaint):
    assert complaint in failure(pickled({**batch(pixels(3), [0, 1, 2]), **change}))


def test_no_dict():
    assert "expected a batch of CIFAR, which is a dict, found a list;" in failure(b"\x80\x02].")


# Each would make the file if the pickle were trusted. GLOBAL, INST, and with protocol 4 STACK_GLOBAL.
CALLS = {
    "posix.system": b"cposix\nsystem\n(S'touch PATH'\ntR.",
    "os.system": b"\x80\x02cos\nsystem\nU\x0atouch PATH\x85R.",
    "subprocess.Popen": b"(S'touch PATH'\nNI01\nisubprocess\nPopen\n.",
    "__builtin__.eval": b"""c__builtin__\neval\n(S'open("PATH", "w").close()'\ntR.""",
    "builtins.eval": b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x19open('PATH', 'w').close()\x85R.",
    "builtins.getattr": b"cbuiltins\ngetattr\n(cos\nsystem\nS'__call__'\ntR(S'touch PATH'\ntR.",
    "numpy.ndarray.tofile": b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93.",
    "numpy.load": b"cnumpy\nload\n(S'PATH'\ntR.",
    "numpy.core.multiarray._reconstruct.__class__": (
        b"\x80\x04\x8c\x15numpy.core.multiarray\x8c\x16_reconstruct.__class__\x93."
    ),
    "numpy._core.multiarray._reconstruct": b"cnumpy._core.multiarray\n_reconstruct\n.",
    "_codecs.encode": b"c_codecs\nencode\n(S'PATH'\ntR.",
    "gradevo.datasets.cifar._Unpickler": b"cgradevo.datasets.cifar\n_Unpickler\n.",
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("where", ["alone", "in a batch"])
def test_what_no_batch_needs_is_refused_by_name_and_has_not_run(name, where, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call = CALLS[name]
    if where == "in a batch":
        call = pickled({**batch(pixels(1), [0]), "extra": call.removeprefix(b"\x80\x02").removesuffix(b".")})
    assert f"plain values only, found a call for {name}, which was refused" in failure(call)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["posix.system", "os.system", "__builtin__.eval", "builtins.eval"])
def test_those_calls_would_have_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pickle.loads(CALLS[name])
    assert Path("PATH").exists()


STANDINS = {
    # The state of a class, of the function that rebuilds arrays, and of a type: none may be changed.
    "a class's state": b"cnumpy\nndarray\n}(U\x0c__setstate__NubC.",
    "attributes of a class": b"cnumpy\nndarray\nN}(U\x05arrayK\x01u\x86b.",
    "a persistent object": b"\x80\x02K\x01Q.",
    "an extension": b"\x80\x02\x82\x01.",
    # NEWOBJ makes an object and leaves its __init__ out.
    "a type made by halves": pickled(
        {
            "data": array(pixels(1)).replace(b"U\x02u1K\x00K\x01\x87R", b"U\x02O8K\x00K\x01\x87\x81"),
            "labels": listed([whole(0)]),
        }
    ),
    "an array without bytes": b"cnumpy\nndarray\n)R(K\x01K\x01\x85NK\x00Ntb.",
}


@pytest.mark.parametrize("data", STANDINS.values(), ids=STANDINS)
def test_tricks_with_what_is_admitted(data):
    assert "expected a batch of CIFAR" in failure(data)
    x, _ = batches([content(pickled(batch(pixels(1), [0])))], "labels")
    np.testing.assert_array_equal(x.transpose(0, 3, 1, 2).reshape(1, 3072), pixels(1))


WHOLE = pickled(batch(pixels(2), [0, 1]))


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255) | st.none())
def test_damage_is_an_error_or_changes_values_only(place, byte):
    damaged = WHOLE[:place] if byte is None else WHOLE[:place] + bytes([byte]) + WHOLE[place + 1 :]
    try:
        x, y = batches([content(damaged)], "labels")
    except GradevoError:
        return
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((2, 32, 32, 3), np.uint8, (2,), np.int64)


# The archives.


def tar_gz(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        folder = tarfile.TarInfo("cifar-10-batches-py")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


@pytest.fixture
def cifar(tmp_path):
    """A function that lays the archive into data/raw, with an entry like that of cifar10, and fetches."""

    def fetched(archive: bytes, **changes):
        raw, sources = tmp_path / "raw", tmp_path / "sources.yaml"
        raw.mkdir(exist_ok=True)
        (raw / "cifar-10-python.tar.gz").write_bytes(archive)
        entry = yaml.safe_load((Path(__file__).parents[2] / "data/sources.yaml").read_text())["cifar10"]
        entry["source"]["sha256"] = hashlib.sha256(archive).hexdigest()
        entry["rows"] = {"train": 10, "test": 3}
        sources.write_text(yaml.safe_dump({"cifar10": {**entry, **changes}}))
        return fetch("cifar10", raw, sources)

    return fetched


def canonical(**changes: bytes) -> dict[str, bytes]:
    """The archive's files, two images a batch and three to test, in the order in which they lie there."""
    files = {"batches.meta": b"", "data_batch_4": b"", "readme.html": b"<html>", "test_batch": b""}
    for number in range(1, 6):
        files[f"data_batch_{number}"] = pickled(batch(pixels(2, seed=number), [number, number + 4]))
    files["test_batch"] = pickled(batch(pixels(3), [0, 9, 5]))
    files["batches.meta"] = CALLS["posix.system"]  # is not even opened
    return {f"cifar-10-batches-py/{name}": data for name, data in {**files, **changes}.items()}


def test_the_canonical_archive(cifar):
    dataset = cifar(tar_gz(canonical()))
    assert (dataset.x_train.shape, dataset.x_test.shape) == ((10, 32, 32, 3), (3, 32, 32, 3))
    assert dataset.x_train.dtype == np.uint8
    assert dataset.y_train.tolist() == [1, 5, 2, 6, 3, 7, 4, 8, 5, 9]
    assert dataset.y_test.tolist() == [0, 9, 5]
    np.testing.assert_array_equal(dataset.x_train[9, 0, :, 1], pixels(2, seed=5)[1, 1024:1056])
    assert (dataset.classes, dataset.data_label) == (10, "")
    assert dataset.provenance["kind"] == "download"
    assert dataset.provenance["file"] == "cifar-10-python.tar.gz"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        (
            {"test_batch": CALLS["os.system"]},
            "member cifar-10-batches-py/test_batch: expected a batch of CIFAR",
        ),
        ({"data_batch_2": pickled(batch(pixels(1), [0]))}, "expected 10 rows in the part train, found 9"),
        (
            {"test_batch": pickled(batch(pixels(3), [0, 10, 5]))},
            "labels from 0 to 9 or 10 different others in y_train, found 10 among 9",
        ),
        (
            {"test_batch": pickled(batch(pixels(3), [0, -1, 5]))},
            "labels from 0 to 9 or 10 different others in y_train, found -1 among 9",
        ),
    ],
)
def test_archives_that_are_not_what_they_should_be(cifar, changes, complaint):
    with pytest.raises(GradevoError, match=r"cifar10: .*cifar-10-python\.tar\.gz") as caught:
        cifar(tar_gz(canonical(**changes)))
    assert complaint in str(caught.value)


def test_a_batch_is_missing(cifar):
    files = canonical()
    del files["cifar-10-batches-py/data_batch_3"]
    with pytest.raises(
        GradevoError, match="expected the file cifar-10-batches-py/data_batch_3 in this archive"
    ):
        cifar(tar_gz(files))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_archive(cifar, share):
    whole = tar_gz(canonical())
    with pytest.raises(GradevoError, match="expected a readable tar archive, found "):
        cifar(whole[: int(share * len(whole))])
