"""Features and targets as a source gives them, before they are split, understood and checked."""

from collections.abc import Mapping
from dataclasses import dataclass

from gradevo.datasets.dataset import Array
from gradevo.datasets.kinds import Part
from gradevo.datasets.origin import Origin

# Features (n, …) and targets (n,), which may be texts.
Parsed = tuple[Array, Array]


@dataclass(frozen=True)
class Found:
    """A dataset's parts, `all` or `train` and `test`, and where they come from."""

    parts: Mapping[Part, Parsed]
    provenance: dict[str, str]
    origin: Origin
