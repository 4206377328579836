"""The user's own files in data/raw: which there are, and what they hold."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from gradevo.datasets.dataset import ARRAYS, COPY
from gradevo.datasets.images import image_files, read_images
from gradevo.datasets.members import Content, Found, Parsed
from gradevo.datasets.origin import Origin, bytes_sha256, file_sha256
from gradevo.datasets.prepared import read_npz
from gradevo.datasets.sources import FetchedEntry, GeneratedEntry, OwnEntry, Part
from gradevo.datasets.tables import numbers, series, table

Kind = Literal["npz", "csv", "tsv", "images"]

# What the files of a dataset may be called; {} is its name.
LAYOUTS: Sequence[tuple[Kind, Mapping[Part, str]]] = (
    ("npz", {"all": "{}.npz"}),
    ("csv", {"all": "{}.csv"}),
    ("csv", {"train": "{}_TRAIN.csv", "test": "{}_TEST.csv"}),
    ("tsv", {"all": "{}.tsv"}),
    ("tsv", {"train": "{}_TRAIN.tsv", "test": "{}_TEST.tsv"}),
    ("images", {"all": "{}"}),
)


def user_files(name: str, entry: FetchedEntry | OwnEntry | GeneratedEntry, raw: Path) -> list[Path]:
    """Return the user's own files for this dataset, in order; downloads are not among them.

    Raises GradevoError for a name with braces, which Snakemake, who asks, would take for a wildcard.
    """
    if isinstance(entry, GeneratedEntry):
        return []
    if isinstance(entry, FetchedEntry):
        paths = [raw / f"{name}.npz"]
    else:
        paths = [raw / pattern.format(name) for _, parts in LAYOUTS for pattern in parts.values()]
    files = [
        file for path in paths for file in (image_files(path) if path.is_dir() else [path]) if file.exists()
    ]
    for file in files:
        if {"{", "}"} & set(str(file.relative_to(raw))):
            raise Origin(name, file, "rename this file or its folder").fault("a name without braces", "some")
    return files


def read_copy(name: str, raw: Path) -> Found:
    """Read raw/<name>.npz, a user's copy of a dataset that has a source. Raises GradevoError."""
    path = raw / f"{name}.npz"
    origin = Origin(name, path, "mend this file, or remove it to use the source that sources.yaml names")
    return Found(_npz(path, origin), _provenance(COPY, [path]), origin)


def read_own(name: str, entry: OwnEntry, raw: Path) -> Found:
    """Read the files of a dataset that only the user has.

    Raises GradevoError if there are none, or of several kinds, or they are not what they should be.
    """
    kind, parts = _layout(name, raw)
    first = next(iter(parts.values()))
    origin = Origin(name, first, "mend this file or the dataset's entry in sources.yaml (see data/README.md)")
    source = entry.source
    if source.target is not None and kind != "csv":
        raise origin.fault("a CSV file, since the entry names the column of the target", "none")
    if source.weights is not None and kind not in ("csv", "npz"):
        raise origin.fault("a CSV or .npz file, since the entry names weights", "none")
    if kind == "images":
        files = image_files(first)
        return Found(read_images(first, entry.features, origin), _folder_provenance(first, files), origin)
    provenance = _provenance("own data", list(parts.values()))
    if source.weights is not None:
        provenance["weights"] = str(source.weights)
    if kind == "npz":
        return Found(_npz(first, origin, source.weights), provenance, origin)
    parsed: dict[Part, Parsed] = {}
    for part, path in parts.items():
        file = Content(path.read_bytes(), Origin(name, path, origin.remedy))
        if kind == "tsv":
            parsed[part] = series(file)
        else:
            parsed[part] = table(file, ",", source.target, weights=source.weights)
    return Found(numbers(parsed, entry.task, origin), provenance, origin)


def _layout(name: str, raw: Path) -> tuple[Kind, dict[Part, Path]]:
    """Return the kind of the user's files, and each part's file or folder."""
    layouts = [
        (kind, {part: raw / pattern.format(name) for part, pattern in parts.items()})
        for kind, parts in LAYOUTS
    ]
    there = [(kind, parts) for kind, parts in layouts if any(path.exists() for path in parts.values())]
    if len(there) != 1:
        possible = ", ".join(" with ".join(path.name for path in parts.values()) for _, parts in layouts)
        found = ", ".join(path.name for _, parts in there for path in parts.values() if path.exists())
        origin = Origin(name, raw, "put your data there (see data/README.md)")
        raise origin.fault(f"one of {possible} (a folder of images)", found or "none of them")
    (kind, parts) = there[0]
    for path in parts.values():
        if not path.exists():
            origin = Origin(name, path, "put it there (see data/README.md)")
            raise origin.fault("a file for both parts", "no such file")
    return kind, parts


def _npz(path: Path, origin: Origin, weights: int | str | None = None) -> dict[Part, Parsed]:
    """The arrays of a file; weights are those of the training rows alone, since nothing reads others."""
    weighted = [] if weights is None else [f"{weights}_train"]
    arrays = read_npz(path, [*ARRAYS, *weighted], origin)
    of_train = [arrays[name] for name in weighted]
    return {
        "train": (arrays["x_train"], arrays["y_train"], *of_train),
        "test": (arrays["x_test"], arrays["y_test"]),
    }


def _provenance(kind: str, paths: Sequence[Path]) -> dict[str, str]:
    return {
        "kind": kind,
        "file": ", ".join(path.name for path in paths),
        "sha256": ", ".join(file_sha256(path) for path in paths),
    }


def _folder_provenance(folder: Path, files: Sequence[Path]) -> dict[str, str]:
    """Describe a folder by one sum: that of the lines that `sha256sum` prints of its images, by path."""
    lines = [f"{file_sha256(file)}  {file.relative_to(folder).as_posix()}\n" for file in files]
    return {"kind": "own data", "file": f"{folder.name}/", "sha256": bytes_sha256("".join(lines).encode())}
