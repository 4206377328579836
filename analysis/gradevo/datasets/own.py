"""The user's own files in data/raw: which there are, and what they hold."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Literal

import numpy as np

from gradevo.datasets.dataset import COPY, PARTS, Array
from gradevo.datasets.files import check_file
from gradevo.datasets.images import image_files, read_images
from gradevo.datasets.members import Content, Found, Parsed
from gradevo.datasets.origin import Origin, bytes_sha256, file_sha256, is_utf8
from gradevo.datasets.prepared import read_npz
from gradevo.datasets.sources import FetchedEntry, GeneratedEntry, Own, OwnEntry, Part
from gradevo.datasets.tables import numbers, series
from gradevo.datasets.tabular import read_tables
from gradevo.datasets.ts import are_numbers_to_predict, series_of_ts

Kind = Literal["npz", "csv", "tsv", "ts", "arff", "parquet", "xlsx", "images"]

TABLES: Sequence[Kind] = ("csv", "arff", "parquet", "xlsx")
SERIES: Mapping[Kind, Callable[[Content], Parsed]] = {"tsv": series, "ts": series_of_ts}

_WHOLE: dict[Part, str] = {"all": "{}"}
_PARTS: dict[Part, str] = {"train": "{}_TRAIN", "test": "{}_TEST"}


def _named(kind: Kind, parts: Mapping[Part, str]) -> tuple[Kind, Mapping[Part, str]]:
    return kind, {part: f"{name}.{kind}" for part, name in parts.items()}


# What the files of a dataset may be called; {} is its name.
LAYOUTS: Sequence[tuple[Kind, Mapping[Part, str]]] = (
    _named("npz", _WHOLE),
    *(_named(kind, parts) for parts in (_WHOLE, _PARTS) for kind in (*TABLES, *SERIES)),
    ("images", _WHOLE),
)


# Endings of formats that are not read, and how the data in them can be.
NOT_READ = {
    ".feather": "as .csv, by `pandas.read_feather` and `to_csv(index=False)`",
    ".gz": "unpacked",
    ".json": "as .csv, by `pandas.read_json` and `to_csv(index=False)`",
    ".zip": "unpacked",
    ".xls": "as .xlsx, in the spreadsheet",
}

TEXTS = (".dat", ".data", ".tab", ".txt")


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
    files = [file for path in paths for file in files_of(name, path) if file.exists()]
    for file in files:
        if {"{", "}"} & set(str(file.relative_to(raw))):
            raise Origin(name, file, "rename this file or its folder").fault("a name without braces", "some")
    return files


def files_of(name: str, path: Path) -> list[Path]:
    """Return the images of a folder, or the file itself. Raises GradevoError for pipes and the like."""
    files = image_files(path) if path.is_dir() and not path.suffix else [path]
    for file in files:
        if not is_utf8(str(file)[len(str(path.parent)) :]):
            remedy = "rename this file or its folder"
            raise Origin(name, file, remedy).fault("a name that is UTF-8", ascii(file.name))
        check_file(file, Origin(name, file, "put a regular file in its place"))
    return files


def read_copy(name: str, raw: Path) -> Found:
    """Read raw/<name>.npz, a user's copy of a dataset that has a source. Raises GradevoError."""
    path = raw / f"{name}.npz"
    origin = Origin(name, path, "mend this file, or remove it to use the source that sources.yaml names")
    return _npz(path, _provenance(COPY, [path]), origin, Own(kind="own"))


def read_own(name: str, entry: OwnEntry, raw: Path) -> Found:
    """Read the files of a dataset that only the user has.

    Raises GradevoError if there are none, or of several kinds, or they are not what they should be.
    """
    kind, parts = _layout(name, raw)
    first = next(iter(parts.values()))
    origin = Origin(name, first, "mend this file or the dataset's entry in sources.yaml (see data/README.md)")
    source = entry.source
    for asked, kinds, says in (
        (source.target, TABLES, "names the column of the target"),
        (source.leave_out or None, TABLES, "leaves columns out"),
        (source.texts or source.missing, TABLES, "says what becomes of texts or missing values"),
        (source.header, ("csv", "xlsx"), "says whether the first line names columns"),
        (source.delimiter or source.decimal, ("csv",), "says how one is written"),
        (source.weights, (*TABLES, "npz"), "names weights"),
    ):
        if asked is not None and kind not in kinds:
            raise origin.fault(f"a file of {' or '.join(kinds)}, since the entry {says}", first.name)
    if source.inputs and kind not in (needed := TABLES if all(source.inputs.values()) else ("npz",)):
        given = "names alone" if needed == ("npz",) else "columns"
        raise origin.fault(
            f"a file of {' or '.join(needed)}, since the entry gives {given} for inputs", first.name
        )
    files = [file for path in parts.values() for file in files_of(name, path)]
    if kind == "images":
        if not first.is_dir():
            raise origin.fault("a folder of images", "a file; give it the ending of what it holds")
        images, notes = read_images(first, entry.features, origin)
        return Found(images, _folder_provenance(first, files), origin, notes=notes)
    provenance = _provenance("own data", list(parts.values()))
    if source.weights is not None:
        provenance["weights"] = str(source.weights)
    if source.inputs:
        provenance["inputs"] = ", ".join(source.inputs)
    if kind == "npz":
        return _npz(first, provenance, origin, source)
    if kind in SERIES:
        contents = {
            part: Content(path.read_bytes(), replace(origin, file=path)) for part, path in parts.items()
        }
        series_of = {part: SERIES[kind](file) for part, file in contents.items()}
        told = kind == "ts" and are_numbers_to_predict(next(iter(contents.values())))
        task = entry.task or ("regression" if told else None)
        return Found(numbers(series_of, task, origin), provenance, origin, task=task)
    return read_tables(kind, parts, entry, provenance, origin)


def _layout(name: str, raw: Path) -> tuple[Kind, dict[Part, Path]]:
    """Return the kind of the user's files, and each part's file or folder."""
    layouts = [
        (kind, {part: raw / pattern.format(name) for part, pattern in parts.items()})
        for kind, parts in LAYOUTS
    ]
    there = [(kind, parts) for kind, parts in layouts if any(path.exists() for path in parts.values())]
    if len(there) != 1:
        possible = ", ".join(parts["all"].name for _, parts in layouts if "all" in parts)
        found = ", ".join(path.name for _, parts in there for path in parts.values() if path.exists())
        others = [] if there else _others(name, raw)
        names = [path.name for _, parts in layouts for path in parts.values()]
        origin = Origin(
            name,
            raw,
            f"{_way_out(others[0], names) if others else 'put your data there'} (see data/README.md)",
        )
        found = found or ", ".join(f"{path.name}, which is not read" for path in others)
        raise origin.fault(
            f"one of {possible} (a folder of images), or {name}_TRAIN.… with {name}_TEST.…",
            found or "none of them",
        )
    (kind, parts) = there[0]
    for path in parts.values():
        if not path.exists():
            origin = Origin(name, path, "put it there (see data/README.md)")
            raise origin.fault("a file for both parts", "no such file")
    return kind, parts


def _others(name: str, raw: Path) -> list[Path]:
    """Return the files that seem to be meant for this dataset, but are called as none that is read."""
    stems = {f"{name}{part}".casefold() for part in ("", "_train", "_test")}
    there = raw.iterdir() if raw.is_dir() else ()
    return sorted(path for path in there if path.name.partition(".")[0].casefold() in stems)


def _way_out(file: Path, possible: Collection[str]) -> str:
    """Say what to do with a file of another name."""
    for right in possible:
        if file.name.casefold() == right.casefold():
            return f"rename it to {right}"
    suffix = file.suffix.lower()
    if suffix in TEXTS:
        return f"name it {file.name.partition('.')[0]}.csv if it is a table"
    return f"save it {NOT_READ.get(suffix, 'as one of these')}"


def _npz(path: Path, provenance: dict[str, str], origin: Origin, source: Own) -> Found:
    """The arrays of a file; weights are those of the training rows alone, since nothing reads others."""
    names = [*(source.inputs or ("x",)), "y"]
    if "y" in source.inputs or source.weights in names:
        raise origin.fault("weights, targets (y) and inputs in arrays of their own", "one for two of them")
    weighted = [] if source.weights is None else [f"{source.weights}_train"]
    arrays = read_npz(path, [*(f"{name}_{part}" for part in PARTS for name in names), *weighted], origin)
    of_train = [arrays[name] for name in weighted]
    inputs = {name: _shape_of_input(name, arrays, origin) for name in source.inputs}
    for part in PARTS if inputs else ():
        rows = [arrays[f"{name}_{part}"] for name in inputs]
        if len({len(array) for array in rows}) > 1:
            found = " and ".join(str(len(array)) for array in rows)
            raise origin.fault(f"as many rows in each of {', '.join(inputs)} of the part {part}", found)
        flat = [
            array.reshape(len(array), prod(shape)) for array, shape in zip(rows, inputs.values(), strict=True)
        ]
        arrays[f"x_{part}"] = np.concatenate(flat, axis=1)
    parts: dict[Part, Parsed] = {
        "train": (arrays["x_train"], arrays["y_train"], *of_train),
        "test": (arrays["x_test"], arrays["y_test"]),
    }
    return Found(parts, provenance, origin, inputs or None)


def _shape_of_input(name: str, arrays: Mapping[str, Array], origin: Origin) -> tuple[int, ...]:
    """The shape of one example of an input, the same in both parts."""
    train, test = (arrays[f"{name}_{part}"] for part in PARTS)
    for array, part in ((train, "train"), (test, "test")):
        if array.dtype.kind not in "biuf" or not array.ndim or array.shape[1:] != train.shape[1:]:
            expected = f"{name}_{part} to be an array of numbers, rows of one shape in both parts"
            raise origin.fault(expected, f"type {array.dtype}, shape {array.shape}")
    return train.shape[1:] or (1,)


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
