"""Data from addresses: downloaded to data/raw from the first mirror that has them right, checked, read."""

import gzip
import tarfile
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from pooch import HTTPDownloader

from gradevo.datasets.kinds import Archive, Files, Member, Part
from gradevo.datasets.members import Contents, contents_of, gunzip
from gradevo.datasets.origin import Origin, bytes_sha256, file_sha256
from gradevo.datasets.raw import in_raw


def read_archive(
    archive: Archive, members: Mapping[Part, tuple[Member, ...]], raw: Path, dataset: str, remedy: str
) -> Contents:
    """Read the members of a tar archive into memory; nothing is unpacked to the disk.

    Raises GradevoError if the archive cannot be had, has another SHA-256, is damaged, or lacks a member.
    """
    path = raw / archive.file
    _fetch(path, archive.sha256, file_sha256, archive.urls, dataset, remedy)
    origin = Origin(dataset, path, f"correct its entry in sources.yaml, or {remedy}")
    wanted = {member.path for files in members.values() for member in files}
    data = _tar_members(path, wanted, origin)

    def read(member: str) -> bytes:
        if member not in data:
            raise origin.fault(f"the file {member} in this archive", "none of that name")
        return data[member]

    provenance = {"kind": "download", "file": archive.file, "sha256": archive.sha256}
    return Contents(contents_of(members, read, origin), provenance, origin)


def read_files(
    files: Files, members: Mapping[Part, tuple[Member, ...]], raw: Path, dataset: str, remedy: str
) -> Contents:
    """Read single files, each of which may be gzipped in any way: the sum is that of its content.

    Raises GradevoError if a file cannot be had, has another SHA-256, or is damaged.
    """
    folder = raw / files.folder
    wanted = [member for part in members.values() for member in part]
    for member in wanted:
        _fetch(folder / member.path, str(member.sha256), _content_sha256, files.urls, dataset, remedy)
    origin = Origin(dataset, folder, f"correct its entry in sources.yaml, or {remedy}")
    parts = contents_of(members, lambda path: (folder / path).read_bytes(), origin)
    provenance = {
        "kind": "download",
        "file": ", ".join(member.path for member in wanted),
        "sha256": ", ".join(str(member.sha256) for member in wanted),
    }
    return Contents(parts, provenance, origin)


def http_download(url: str, path: Path) -> None:
    """Write what the address serves to `path`. Raises OSError, as all errors of the client are."""
    HTTPDownloader(chunk_size=1 << 20)(url, str(path), None)


def _content_sha256(path: Path) -> str:
    try:
        return bytes_sha256(gunzip(path.read_bytes()))
    except gzip.BadGzipFile as error:
        return str(error)


def _fetch(
    path: Path, sha256: str, digest: Callable[[Path], str], urls: Sequence[str], dataset: str, remedy: str
) -> None:
    """See to it that the file lies in data/raw."""
    offline = f"get it where there is a network, put it at {path}, and start again, or {remedy}"
    origin = Origin(dataset, path, offline)

    def download(folder: Path) -> Path:
        failures = []
        for address in (f"{url}{path.name}" for url in urls):
            downloaded = folder / path.name
            try:
                http_download(address, downloaded)
                found = digest(downloaded)
                if found == sha256:
                    return downloaded
                failures.append(f"{address}: SHA-256 {found} instead of {sha256}")
            except OSError as error:
                failures.append(f"{address}: {_reason(error)}")
        raise origin.fault("a download from one of its addresses", ", ".join(failures))

    in_raw(path, sha256, digest, download, origin)


def _reason(error: BaseException) -> str:
    """Return the innermost cause: the client wraps it in layers that repeat the address."""
    while error.__context__ is not None:
        error = error.__context__
    return f"{type(error).__name__}: {error}"


def _tar_members(path: Path, wanted: Collection[str], origin: Origin) -> dict[str, bytes]:
    """Read the wanted files in the order in which they are packed: the archive is unpacked once."""
    data: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                if member.isfile() and member.name in wanted and (file := archive.extractfile(member)):
                    data[member.name] = file.read()
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise origin.fault("a readable tar archive", f"{type(error).__name__}: {error}") from error
    return data
