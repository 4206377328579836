"""What may become of a claim: the words, and the signs that stand for them in tables and on pages."""

from dataclasses import dataclass
from typing import Final

SUPPORTED: Final = "supported"
CONTRADICTED: Final = "contradicted"
AGREES: Final = "agrees"
DISAGREES: Final = "disagrees"
UNDECIDED: Final = "undecided"


@dataclass(frozen=True)
class Signs:
    """How a verdict is written where there is no room for its word."""

    latex: str
    page: str
    """On the report's pages."""
    meaning: str


VERDICTS: Final[dict[str, Signs]] = {
    SUPPORTED: Signs("$+$", "✓", "the claim holds, tested over three seeds or more"),
    CONTRADICTED: Signs("$-$", "✗", "its opposite does, tested over three seeds or more"),
    AGREES: Signs("$(+)$", "(✓)", "one or two seeds do as the claim says: a description, not a test"),
    DISAGREES: Signs("$(-)$", "(✗)", "one or two seeds do the opposite: a description, not a test"),
    UNDECIDED: Signs(r"$\cdot$", "?", "neither"),
}
"""Verdict -> its signs, in the order in which they are listed."""

SURVIVES: Final = "survives"
DOES_NOT_SURVIVE: Final = "does not survive"
"""What the correction for many tests says of a verdict that was tested."""

MARK: Final = "*"
"""Behind the sign of a verdict that does not survive."""
