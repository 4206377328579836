"""From a dataset's name to its arrays: the user's own file first, then the source that sources.yaml names."""

import math
from pathlib import Path

import numpy as np

from gradevo.datasets.dataset import ARRAYS, Array, Dataset, assemble
from gradevo.datasets.formats import Parsed, parse
from gradevo.datasets.npz import read_npz
from gradevo.datasets.origin import Origin, file_sha256
from gradevo.datasets.package import read_package
from gradevo.datasets.sources import ArchivedEntry, OwnEntry, Package, Part, read_sources
from gradevo.datasets.splits import ORDERS
from gradevo.datasets.wheel import read_wheel
from gradevo.errors import GradevoError


def fetch(name: str, raw: Path, sources: Path) -> Dataset:
    """Find, download if needed, check and parse one dataset.

    raw: the folder of downloaded archives and of the user's own files. A file raw/<name>.npz is accepted and
    recorded as user-supplied; else an archive in `raw` serves, if its SHA-256 is right; else it is
    downloaded there.
    sources: the sources.yaml.

    Raises GradevoError, naming dataset, file, what was expected and found, and what to do.
    """
    entries = read_sources(sources)
    if name not in entries:
        raise GradevoError(
            f"{name}: {sources}: expected one of the datasets {', '.join(entries)}, found {name}; "
            f"correct the name, or describe the dataset in this file"
        )
    entry = entries[name]
    path = user_file(name, raw)
    if path is not None:
        arrays, provenance, origin = _user_supplied(name, path)
    elif isinstance(entry, OwnEntry):
        path = raw / f"{name}.npz"
        raise Origin(name, path, "put it there").fault(f"your own arrays {', '.join(ARRAYS)}", "no such file")
    else:
        arrays, provenance, origin = _from_source(name, entry, raw)
    return assemble(
        arrays,
        name=name,
        title=entry.title,
        task=entry.task,
        classes=entry.classes,
        shape=entry.features.shape,
        dtype=entry.features.dtype,
        provenance=provenance,
        origin=origin,
    )


def user_file(name: str, raw: Path) -> Path | None:
    """Return the user's own arrays, raw/<name>.npz, if there is such a file, otherwise None."""
    path = raw / f"{name}.npz"
    return path if path.exists() else None


Found = tuple[dict[str, Array], dict[str, str], Origin]


def _user_supplied(name: str, path: Path) -> Found:
    origin = Origin(name, path, "mend this file, or remove it to use the source that sources.yaml names")
    arrays = read_npz(path, ARRAYS, origin)
    return arrays, {"kind": "user-supplied", "file": path.name, "sha256": file_sha256(path)}, origin


def _from_source(name: str, entry: ArchivedEntry, raw: Path) -> Found:
    remedy = f"put your own {', '.join(ARRAYS)} at {raw / name}.npz"
    if isinstance(entry.source, Package):
        data, provenance, origin = read_package(entry.source, entry.members, name, remedy)
    else:
        data, provenance, origin = read_wheel(entry.source, entry.members, raw, name, remedy)
    parsed = {
        part: _shaped(parse(data[part], entry.format, member.path, origin), entry, part, origin)
        for part, member in entry.members.items()
    }
    return _train_and_test(parsed, entry, origin), provenance, origin


def _shaped(parsed: Parsed, entry: ArchivedEntry, part: Part, origin: Origin) -> Parsed:
    """Give flat rows (n, columns) the shape of the features, and labels their class indices."""
    x, y = parsed
    shape = entry.features.shape
    rows, columns = entry.rows.of(part), math.prod(shape)
    if x.shape != (rows, columns):
        expected = f"{rows} rows of {columns} values in the part {part}"
        raise origin.fault(expected, f"{x.shape[0]} rows of {x.shape[1]}")
    return x.reshape(rows, *shape), y if entry.labels is None else _classes(y, entry.labels, part, origin)


def _classes(y: Array, labels: tuple[int, ...], part: Part, origin: Origin) -> Array:
    unknown = y[~np.isin(y, labels)]
    if len(unknown):
        raise origin.fault(f"the labels {', '.join(map(str, labels))} in the part {part}", unknown[0])
    classes = np.empty(len(y), dtype=np.int64)
    for index, label in enumerate(labels):
        classes[y == label] = index
    return classes


def _train_and_test(parsed: dict[Part, Parsed], entry: ArchivedEntry, origin: Origin) -> dict[str, Array]:
    if entry.split is not None:
        x, y = parsed["all"]
        order = ORDERS[entry.split.generator](len(x), entry.split.seed)
        train, test = order[: entry.rows.train], order[entry.rows.train :]
        parsed = {"train": (x[train], y[train]), "test": (x[test], y[test])}
    (x_train, y_train), (x_test, y_test) = parsed["train"], parsed["test"]
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
