"""data/sources.yaml, read and validated."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from gradevo.config.yaml_text import read_yaml
from gradevo.datasets.entries import AnyEntry, FetchedEntry, GeneratedEntry, OwnEntry
from gradevo.datasets.kinds import Name
from gradevo.errors import GradevoError

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
    for mistake in error.errors(include_url=False):
        # The location names the kind of entry, which is no key of the file.
        keys = [str(part) for part in mistake["loc"] if part not in ("fetched", "own", "generated")]
        key = ".".join(keys) or "the whole file"
        # What a missing key or a contradiction "found" is the whole entry: too long, and no help.
        found = "" if isinstance(mistake["input"], dict) else f", found {mistake['input']!r}"
        lines.append(f"{path}: {key}: {mistake['msg']}{found}")
    return lines
