"""What there is to show: artifacts, recognized by their last path components."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from gradevo.errors import GradevoError
from gradevo.pictures.catalogue import pictures

COMPARISON = "comparison"

HEALTH = "health.json"

SHOWN = (
    "<experiment>/seed-<n>/statistics.h5 and provenance.json, <experiment>/health.json, what `gradevo draw` "
    "writes, and comparison/*"
)


@dataclass
class Material:
    """The artifacts of one experiment, or of the comparison: stem -> file, by kind."""

    name: str
    statistics: list[Path] = field(default_factory=list)
    """one per seed"""
    provenance: list[Path] = field(default_factory=list)
    """one per seed"""
    health: Path | None = None
    pictures: dict[str, Path] = field(default_factory=dict)
    """PNG"""
    videos: dict[str, Path] = field(default_factory=dict)
    """MP4"""
    gifs: dict[str, Path] = field(default_factory=dict)
    tables: dict[str, Path] = field(default_factory=dict)
    """CSV"""
    sources: dict[str, Path] = field(default_factory=dict)
    """LaTeX and JSON, to be taken along or not, but not to be shown"""

    def add(self, path: Path, prefix: str = "") -> bool:
        """Take a file of a known kind; whether it was one. Raises GradevoError if there is another one."""
        kinds = {
            ".png": self.pictures,
            ".mp4": self.videos,
            ".gif": self.gifs,
            ".csv": self.tables,
            ".tex": self.sources,
            ".json": self.sources,
        }
        if path.suffix == ".pdf":  # for print; pages show the PNG
            return True
        if path.suffix not in kinds:
            return False
        kind, stem = kinds[path.suffix], prefix + path.stem
        if kind.setdefault(stem, path) != path:
            raise GradevoError(
                f"{path}: expected one {path.name} of {self.name}, found another in {kind[stem].parent}; "
                "leave one out"
            )
        return True


@dataclass
class Inventory:
    """All artifacts of a report."""

    title: str
    """of the folder that holds the experiments: the configuration's name; empty if there are several"""
    experiments: dict[str, Material]
    """name -> artifacts, in the order of first appearance"""
    comparison: Material

    @classmethod
    def of(cls, artifacts: Sequence[Path]) -> Self:
        """Sort files into experiments.

        A file named twice counts once. Raises GradevoError if there is none, if one does not exist, is none
        that a report shows, or if two files are the same part of the same experiment.
        """
        if not artifacts:
            raise GradevoError(f"expected artifacts for the report, found none; name some of {SHOWN}")
        found = cls("", {}, Material(COMPARISON))
        roots: dict[str, None] = {}
        for path in dict.fromkeys(Path(artifact) for artifact in artifacts):
            if path.is_dir():
                raise GradevoError(f"{path}: expected a file, found a folder; name the files in it")
            if not path.is_file():
                raise GradevoError(f"{path}: no such file; make it first, or leave it out of the report")
            root = found._take(path)
            if root is None:
                raise GradevoError(
                    f"{path}: expected an artifact that the report shows ({SHOWN}), found another; "
                    "leave it out"
                )
            roots[root] = None
        found.title = next(iter(roots)) if len(roots) == 1 else ""
        return found

    def _take(self, path: Path) -> str | None:
        """Put a file where it belongs; the name of the folder of all results, None if it belongs nowhere."""
        parts = path.absolute().parts
        if len(parts) < 5:
            return None
        top, grandparent, parent, name = parts[-4:]
        if parent.startswith("seed-") and name in ("statistics.h5", "provenance.json"):
            seeds = self._experiment(grandparent)
            (seeds.statistics if name == "statistics.h5" else seeds.provenance).append(path)
            return top
        if parent == "figures":
            return top if self._experiment(grandparent).add(path) else None
        if parent == COMPARISON:
            return grandparent if self.comparison.add(path) else None
        if grandparent == COMPARISON:
            return top if self.comparison.add(path, f"{parent}/") else None
        if name == HEALTH:
            self._experiment(parent).health = path
            return grandparent
        drawn = {file for picture in pictures().values() if not picture.compares for file in picture.files}
        if name in drawn:
            return grandparent if self._experiment(parent).add(path) else None
        return None

    def _experiment(self, name: str) -> Material:
        return self.experiments.setdefault(name, Material(name))
