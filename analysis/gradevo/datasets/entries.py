"""What an entry of data/sources.yaml may say."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, PositiveInt, Tag, model_validator

from gradevo.datasets.dataset import Task
from gradevo.datasets.kinds import (
    Archive,
    Files,
    Generated,
    Label,
    Member,
    Model,
    Own,
    Package,
    Part,
    Text,
    Wheel,
)

Format = Literal["csv", "scikit-learn-csv", "ucr-tsv", "idx", "cifar-10", "cifar-100"]
FILES_A_PART: dict[Format, int] = {"csv": 1, "scikit-learn-csv": 1, "ucr-tsv": 1, "idx": 2}


class Features(Model):
    """One row of x: its shape, and the type that it is kept in (None: as the data say)."""

    shape: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
    dtype: Literal["uint8", "float32", "float64"] | None = None


class Rows(Model):
    """Number of rows in each part."""

    train: PositiveInt
    test: PositiveInt

    def of(self, part: Part) -> int:
        """Return the number of rows in `part`, where `all` holds both."""
        return {"train": self.train, "test": self.test, "all": self.train + self.test}[part]


class Split(Model):
    """How the rows of a part `all` are shuffled before they are cut; see `gradevo.datasets.splits`."""

    generator: Literal["python", "numpy"] = "python"
    seed: Annotated[int, Field(ge=0)] = 13


class Entry(Model):
    """What sources.yaml says about any dataset. What it leaves out is taken from the data."""

    title: Text
    task: Task | None = None
    classes: Annotated[int, Field(ge=2)] | None = None
    labels: tuple[Label, ...] | None = None
    features: Features | None = None
    rows: Rows | None = None
    split: Split | None = None

    @model_validator(mode="after")
    def _classes_fit_the_task(self) -> Self:
        if self.task == "regression" and (self.classes is not None or self.labels is not None):
            raise ValueError("a regression has no classes or labels")
        if self.labels is not None:
            different = len(set(map(str, self.labels)))
            if different < 2 or different != (self.classes or len(self.labels)):
                raise ValueError("labels must name each of at least two classes once")
        return self


class OwnEntry(Entry):
    """A dataset that the user brings."""

    source: Own
    licence: Text | None = None
    citation: Text | None = None


class GeneratedEntry(Entry):
    """A dataset that is made by a recipe, which decides all but the labels and the type of the features."""

    source: Generated
    licence: Text | None = None
    citation: Text | None = None

    @model_validator(mode="after")
    def _leaves_the_rest_to_the_recipe(self) -> Self:
        for key in ("task", "classes", "rows", "split"):
            if getattr(self, key) is not None:
                raise ValueError(f"{key} is decided by the recipe; leave it out")
        return self


def _listed(members: Any) -> Any:
    """One member may be written without a list around it."""
    return [members] if isinstance(members, dict) else members


Members = Annotated[tuple[Member, ...], BeforeValidator(_listed), Field(min_length=1)]


class FetchedEntry(Entry):
    """A dataset that is fetched: where it lies, and how it is read."""

    source: Annotated[Package | Wheel | Archive | Files, Field(discriminator="kind")]
    format: Format
    members: dict[Part, Members]
    licence: Text
    citation: Text

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        whole, parts = set(self.members) == {"all"}, set(self.members) == {"train", "test"}
        if not (whole if self.split else parts):
            raise ValueError("members must be train and test, or all together with a split")
        count = FILES_A_PART.get(self.format)
        if count is not None and any(len(files) != count for files in self.members.values()):
            raise ValueError(f"the format {self.format} takes {count} member{'s' * (count > 1)} a part")
        files = [member for part in self.members.values() for member in part]
        if isinstance(self.source, Package | Files) and not all(member.sha256 for member in files):
            raise ValueError("every member needs a sha256, since the source as a whole has none")
        if isinstance(self.source, Files) and any("/" in member.path for member in files):
            raise ValueError("members must be files in the source's folder, named without a slash")
        return self


def _kind(entry: Any) -> str:
    source = entry.get("source") if isinstance(entry, dict) else None
    kind = source.get("kind") if isinstance(source, dict) else None
    return kind if kind in ("own", "generated") else "fetched"


AnyEntry = Annotated[
    Annotated[FetchedEntry, Tag("fetched")]
    | Annotated[OwnEntry, Tag("own")]
    | Annotated[GeneratedEntry, Tag("generated")],
    Discriminator(_kind),
]
