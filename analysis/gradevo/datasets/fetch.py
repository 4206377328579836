"""From a dataset's name to its arrays: the user's own files first, then the source in sources.yaml."""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gradevo.datasets.dataset import ARRAYS, WEIGHTS, Array, Dataset, assemble
from gradevo.datasets.download import read_archive, read_files, read_package, read_wheel
from gradevo.datasets.encode import encode
from gradevo.datasets.formats import FORMATS
from gradevo.datasets.generated import generate
from gradevo.datasets.members import Contents, Found, Parsed
from gradevo.datasets.origin import Origin
from gradevo.datasets.own import read_copy, read_own, user_files
from gradevo.datasets.sources import (
    Entry,
    FetchedEntry,
    Files,
    GeneratedEntry,
    OwnEntry,
    Package,
    Part,
    Split,
    Wheel,
    read_sources,
)
from gradevo.datasets.splits import ORDERS
from gradevo.datasets.tables import numbers
from gradevo.datasets.targets import Targets, from_one_hot, listed, understand, with_task
from gradevo.errors import GradevoError, one_line

LONG = 40  # characters of a label in a note


def fetch(name: str, raw: Path, sources: Path) -> Dataset:
    """Find, download if needed, check and parse one dataset.

    raw: the folder of downloads and of the user's own files. A file raw/<name>.npz is accepted and recorded
    as a user's copy; else a download in `raw` serves, if its SHA-256 is right; else it is downloaded there.
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
    if isinstance(entry, GeneratedEntry):
        return generate(name, entry)
    if isinstance(entry, OwnEntry):
        return _dataset(name, entry, read_own(name, entry, raw))
    if user_files(name, entry, raw):
        return _dataset(name, _for_a_copy(entry), read_copy(name, raw))
    return _dataset(name, entry, _from_source(name, entry, raw))


def _for_a_copy(entry: FetchedEntry) -> FetchedEntry:
    """What the entry promises of a copy: any rows will do, and their classes are 0, 1, … already."""
    classes = len(entry.labels) if entry.labels else entry.classes
    return entry.model_copy(update={"rows": None, "labels": None, "classes": classes})


def _from_source(name: str, entry: FetchedEntry, raw: Path) -> Found:
    source, members = entry.source, entry.members
    remedy = f"put your own {', '.join(ARRAYS)} at {raw / name}.npz"
    contents: Contents
    if isinstance(source, Package):
        contents = read_package(source, members, name, remedy)
    elif isinstance(source, Wheel):
        contents = read_wheel(source, members, raw, name, remedy)
    elif isinstance(source, Files):
        contents = read_files(source, members, raw, name, remedy)
    else:
        contents = read_archive(source, members, raw, name, remedy)
    parts: Mapping[Part, Parsed] = {
        part: FORMATS[entry.format](files) for part, files in contents.parts.items()
    }
    parts = numbers(parts, entry.task, contents.origin)
    return Found(parts, contents.provenance, contents.origin)


def _dataset(name: str, entry: Entry, found: Found) -> Dataset:
    """Check what was found against the entry, take what it leaves open from the data, and split."""
    origin = found.origin
    entry = with_task(entry, (y for _, y, *_ in found.parts.values()))
    rows = {part: _rows(parsed, entry, part, origin) for part, parsed in found.parts.items()}
    (x_train, y_train, *w_train), (x_test, y_test, *_) = _train_and_test(rows, entry)
    inputs, notes = found.inputs, list(found.notes)
    provenance = dict(found.provenance)
    if found.encoding:
        encoded = encode(x_train, x_test, found.encoding, origin)
        x_train, x_test, inputs = encoded.train, encoded.test, encoded.inputs or None
        provenance |= encoded.provenance
        notes += encoded.notes
    shape, dtype = _shape_and_type(x_train, entry)
    if found.task:
        entry = entry.model_copy(update={"task": found.task})
    targets = understand(y_train, y_test, entry, origin)
    return assemble(
        dict(zip((*ARRAYS, WEIGHTS), (x_train, targets.train, x_test, targets.test, *w_train), strict=False)),
        name=name,
        title=entry.title,
        task=targets.task,
        labels=targets.labels,
        shape=shape,
        dtype=dtype,
        provenance=provenance,
        origin=origin,
        inputs=inputs,
        notes=tuple(map(one_line, (*notes, *_on_several(found, targets), *_on_target(found, targets)))),
    )


def _on_several(found: Found, targets: Targets) -> list[str]:
    widths = {y.shape[1] for _, y, *_ in found.parts.values() if y.ndim == 2 and y.shape[1] > 1}
    kind = "one-hot rows of {} classes" if targets.labels else "{} numbers to predict"
    return [f"the targets are read as {kind.format(width)}" for width in widths]


def _on_target(found: Found, targets: Targets) -> list[str]:
    """Say which column was taken for the target, and as what, if nobody has said it."""
    if found.target is None:
        return []
    meaning = "numbers to predict"
    if targets.labels is not None:
        labels = [label if len(label) <= LONG else f"{label[:LONG]}…" for label in targets.labels]
        meaning = f"labels of {len(labels)} classes ({listed(labels)})"
    return [
        f"{found.target}, the last one, is the target, read as {meaning}; if it is another, say so in the "
        f"entry's source by its name or number, as in `target: 1`"
    ]


def _rows(parsed: Parsed, entry: Entry, part: Part, origin: Origin) -> Parsed:
    """Bring a part's rows into shape: flat ones into that of the features, one-hot targets to (n,)."""
    x, y, *weights = parsed
    if x.ndim < 2 or x.dtype.kind not in "iufO":  # texts that are encoded later are objects
        raise origin.fault(f"x_{part} to be an array of rows of numbers", f"type {x.dtype}, shape {x.shape}")
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 2 and y.shape[1] > 1:
        y = from_one_hot(y, entry, origin)
    if y.ndim not in (1, 2) or 0 in y.shape[1:] or y.dtype.kind not in "biufU":
        raise origin.fault(f"y_{part} of shape (rows,), numbers or texts", f"type {y.dtype}, shape {y.shape}")
    if y.dtype.kind == "U" and y.size:
        _check_texts(y, part, origin)
    if len(x) != len(y):
        raise origin.fault(f"as many rows in x_{part} as in y_{part}", f"{len(x)} and {len(y)}")
    if not x.size:
        raise origin.fault(f"x_{part} of at least one row and one value", f"shape {x.shape}")
    if entry.rows is not None and len(x) != entry.rows.of(part):
        raise origin.fault(f"{entry.rows.of(part)} rows in the part {part}", len(x))
    if entry.features is not None and x.shape[1:] == (math.prod(entry.features.shape),):
        x = x.reshape(len(x), *entry.features.shape)
    return x, y.astype(np.int64) if y.dtype.kind == "b" else y, *weights


def _check_texts(y: Array, part: Part, origin: Origin) -> None:
    """An .npz file may hold texts that no other file, and no figure, can."""
    characters = np.ascontiguousarray(y, y.dtype.newbyteorder("=")).view(np.uint32)
    wrong = characters[(characters > 0x10FFFF) | (characters >> 11 == 0xD800 >> 11)]
    if wrong.size:
        raise origin.fault(f"y_{part} of texts that UTF-8 can write", f"the character U+{wrong[0]:04X}")


def _train_and_test(parts: Mapping[Part, Parsed], entry: Entry) -> tuple[Parsed, Parsed]:
    """Shuffle and cut the part `all`, after nine tenths if the entry does not say where."""
    if "all" not in parts:
        return parts["train"], parts["test"]
    rows = len(parts["all"][0])
    split = entry.split or Split()
    order = ORDERS[split.generator](rows, split.seed)
    cut = entry.rows.train if entry.rows else round(0.9 * rows)
    train, test = (tuple(array[chosen] for array in parts["all"]) for chosen in (order[:cut], order[cut:]))
    return train, test


def _shape_and_type(x: Array, entry: Entry) -> tuple[tuple[int, ...], str]:
    """Return the shape and type of one row: the entry's, else the data's own, where images get channels."""
    images = x.dtype == np.uint8 and x.ndim > 2
    shape = (*x.shape[1:], 1) if images and x.ndim == 3 else x.shape[1:]
    features = entry.features
    dtype = (features and features.dtype) or ("uint8" if images else "float32")
    return features.shape if features else shape, dtype
