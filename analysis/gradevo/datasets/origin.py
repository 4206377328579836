"""Where data come from, as far as an error message needs it."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from gradevo.errors import GradevoError, one_line


def is_utf8(text: str) -> bool:
    """Tell whether UTF-8 can write `text`, which it cannot if half of a surrogate pair stands there alone."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True)
class Origin:
    """A dataset, the file it is read from (as the user gave it), and what to do if that file is no good."""

    dataset: str
    file: Path | str
    remedy: str

    def fault(self, expected: str, found: object) -> GradevoError:
        """Return (not raise) the one-line error that says all of it."""
        message = f"{self.dataset}: {self.file}: expected {expected}, found {found}; {self.remedy}"
        return GradevoError(one_line(message))

    def member(self, path: str) -> "Origin":
        """Return the origin of a file inside this one."""
        return replace(self, file=f"{self.file}, member {path}")

    def check_sha256(self, found: str, expected: str) -> None:
        """Raise GradevoError unless the two hexadecimal sums are equal."""
        if found != expected:
            raise self.fault(f"SHA-256 {expected}", found)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal digits. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def bytes_sha256(data: bytes) -> str:
    """Return the SHA-256 of `data` in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
