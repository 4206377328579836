"""The files of a source: their bytes, unpacked and checked, and what they hold of a dataset."""

import gzip
import io
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gradevo.datasets.dataset import Array, Task
from gradevo.datasets.files import most
from gradevo.datasets.origin import Origin, bytes_sha256
from gradevo.datasets.sources import Filling, Member, Part

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Content:
    """The content of one file, and where it comes from."""

    data: bytes
    origin: Origin


@dataclass(frozen=True)
class Contents:
    """What a source holds of a dataset: the files of each part, in the order of sources.yaml."""

    parts: Mapping[Part, list[Content]]
    provenance: dict[str, str]
    origin: Origin


def contents_of(
    members: Mapping[Part, tuple[Member, ...]], read: Callable[[str], bytes], origin: Origin
) -> dict[Part, list[Content]]:
    """Read all members, each by its path, and check them. Raises GradevoError, and what `read` raises."""
    return {
        part: [content(read(member.path), member, origin.member(member.path)) for member in files]
        for part, files in members.items()
    }


def content(data: bytes, member: Member, origin: Origin) -> Content:
    """Unpack a member's bytes, if they are gzipped, and check them.

    Raises GradevoError, naming `origin`, if they cannot be unpacked or have another SHA-256.
    """
    try:
        unpacked = gunzip(data)
    except gzip.BadGzipFile as error:
        raise origin.fault("a whole gzip file", error) from error
    if member.sha256 is not None:
        origin.check_sha256(bytes_sha256(unpacked), member.sha256)
    return Content(unpacked, origin)


def gunzip(data: bytes) -> bytes:
    """Return what is packed in `data`, or `data` itself if it does not begin as gzip does.

    The name does not tell: a server may unpack a file on its way. Raises gzip.BadGzipFile.
    """
    try:
        if not data.startswith(_GZIP):
            return data
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            unpacked = file.read(most(len(data)) + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise gzip.BadGzipFile(f"a damaged one ({error})") from error
    if len(unpacked) > most(len(data)):
        raise gzip.BadGzipFile(f"{len(data):,} bytes that grow to more than {most(len(data)):,}")
    return unpacked


# Features (n, …), targets (n,), which may be texts, and the rows' weights (n,), if there are any.
Parsed = tuple[Array, ...]


@dataclass(frozen=True)
class Encoding:
    """How features that are texts become numbers.

    columns: of the features, in words.
    missing: what stands in for a missing number; for a text it is the most frequent. None: there is no gap.
    inputs: of a model of several: name -> how many of the columns, in their order, are its own.
    """

    columns: tuple[str, ...]
    missing: Filling | None
    inputs: Mapping[str, int]


@dataclass(frozen=True)
class Found:
    """A dataset's parts, `all` or `train` and `test`, and where they come from; the rest as in `Dataset`.

    target: in words, the column that was taken for the target since the entry names none.
    task: what the files themselves say that the targets are, if they do.
    encoding: what becomes of features that are texts yet; None where they are numbers.
    """

    parts: Mapping[Part, Parsed]
    provenance: dict[str, str]
    origin: Origin
    inputs: Mapping[str, tuple[int, ...]] | None = None
    notes: tuple[str, ...] = ()
    target: str | None = None
    encoding: Encoding | None = None
    task: Task | None = None
