"""Sources that are fetched (packages, wheels, addresses): checked by their sums, never run."""

import gzip
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path

from pooch import HTTPDownloader

from gradevo.datasets.files import check_file, check_unpacked
from gradevo.datasets.members import Contents, contents_of, gunzip
from gradevo.datasets.origin import Origin, bytes_sha256, file_sha256
from gradevo.datasets.sources import Archive, Files, Member, Package, Part, Wheel


def in_raw(
    path: Path,
    sha256: str,
    digest: Callable[[Path], str],
    download: Callable[[Path], Path],
    origin: Origin,
) -> None:
    """See to it that `path` is there and right.

    digest: computes the sum of a file that is compared with `sha256`.
    download: fetches the file into a given folder, which is removed afterwards, checks it, and returns where
    it is. Only then is it given the name `path`.

    Raises GradevoError if the file that lies there has another sum, or it cannot be read or written.
    """
    try:
        if path.exists():
            check_file(path, origin)
            remedy = f"remove this file, which makes room for a fresh download, or {origin.remedy}"
            on_disk = replace(origin, remedy=remedy)
            on_disk.check_sha256(digest(path), sha256)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=path.parent) as folder:
            os.replace(download(Path(folder)), path)
    except OSError as error:
        raise origin.fault(
            "to read and write this file", f"{type(error).__name__}: {error.strerror}"
        ) from error


def read_package(
    package: Package, members: Mapping[Part, tuple[Member, ...]], dataset: str, remedy: str
) -> Contents:
    """Read the members from the installed package, without importing it.

    Raises GradevoError if the package or a member is missing, or a member has another SHA-256.
    """
    origin = Origin(dataset, package.name, f"install the versions of requirements.lock, or {remedy}")
    try:
        distribution = metadata.distribution(package.name)
    except metadata.PackageNotFoundError as error:
        raise origin.fault(f"the installed package {package.name}", "none") from error

    def read(path: str) -> bytes:
        try:
            return Path(str(distribution.locate_file(path))).read_bytes()
        except OSError as error:
            raise origin.member(path).fault("a readable file of the package", type(error).__name__) from error

    parts = contents_of(members, read, origin)
    files = [member for part in members.values() for member in part]
    provenance = {
        "kind": "installed package",
        "package": f"{package.name}=={distribution.version}",
        "file": ", ".join(Path(member.path).name for member in files),
        "sha256": ", ".join(str(member.sha256) for member in files),
    }
    return Contents(parts, provenance, origin)


def read_wheel(
    wheel: Wheel, members: Mapping[Part, tuple[Member, ...]], raw: Path, dataset: str, remedy: str
) -> Contents:
    """Read the members from the wheel in the folder `raw`, where it is downloaded if it is missing.

    Raises GradevoError if the wheel cannot be had, has another SHA-256, is damaged, or lacks a member.
    """
    path = raw / wheel.file
    command = f"python -m pip download --no-deps --only-binary :all: {wheel.requirement}"
    missing = Origin(
        dataset,
        path,
        f"get the file by `{command}` where there is a network and put it at {path}, or {remedy}",
    )

    def download(folder: Path) -> Path:
        done = pip_download(wheel.requirement, folder)
        if done.returncode:
            raise missing.fault(f"a download of {wheel.requirement}", _last_error(done.stderr))
        downloaded = folder / wheel.file
        if not downloaded.exists():
            others = ", ".join(sorted(os.listdir(folder))) or "no file"
            raise missing.fault(f"the package index to serve {wheel.file}", others)
        missing.check_sha256(file_sha256(downloaded), wheel.sha256)
        return downloaded

    in_raw(path, wheel.sha256, file_sha256, download, missing)
    origin = Origin(dataset, path, f"correct its entry in sources.yaml, or {remedy}")
    provenance = {
        "kind": "wheel",
        "package": wheel.requirement,
        "file": wheel.file,
        "sha256": wheel.sha256,
    }
    try:
        with zipfile.ZipFile(path) as archive:
            present = set(archive.namelist())

            def read(member: str) -> bytes:
                if member not in present:
                    raise origin.fault(f"the member {member}", f"{len(present)} other members")
                check_unpacked(path.stat().st_size, archive.getinfo(member).file_size, origin)
                return archive.read(member)

            return Contents(contents_of(members, read, origin), provenance, origin)
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise origin.fault("a readable zip archive", error) from error


def pip_download(requirement: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Let the package client of this Python download a wheel into `folder`; nothing is installed."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    quiet = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    return subprocess.run(
        [*command, *quiet, "--dest", str(folder), requirement],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def _last_error(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip()] or ["no message of the package client"]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines)[-1]


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
            unpacked = 0
            for member in archive:
                unpacked += member.size
                check_unpacked(path.stat().st_size, unpacked, origin)
                if member.isfile() and member.name in wanted and (file := archive.extractfile(member)):
                    data[member.name] = file.read()
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise origin.fault("a readable tar archive", f"{type(error).__name__}: {error}") from error
    return data
