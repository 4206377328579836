"""Checksums of a run file that has no seal yet: of every epoch's rows, of a checkpoint and of the texts.

HDF5 checks its own structures, but neither numbers nor texts. A file that a killed process left is read only
as far as its epochs are what was written.

The checksum of an epoch, a row of ``epoch_digest``, is the exclusive or, over all other datasets with rows,
of the XXH3 (64 bits) of the dataset's path and then the bytes of the rows that the epoch added, as stored, in
C order, little-endian. Epoch 1 adds the weights before training, too. What was known of the first step that
is not finite counts as a dataset of that name.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import h5py
import numpy as np
import xxhash
from numpy.typing import NDArray

from gradevo.runfile.hdf5 import first_rows
from gradevo.runfile.schema import DIGEST, Rows, rows_of

NONFINITE = "first_nonfinite"
TEXTS = "digest"
"""The root attribute that holds the checksum of all others and of the tensors' names."""


class EpochDigest:
    """The checksum of an epoch, of which rows come one after the other."""

    def __init__(self) -> None:
        self._states: dict[str, Any] = {}

    def add(self, path: str, rows: NDArray[Any]) -> None:
        """Take rows that a dataset grows by, contiguous and as stored."""
        state = self._states.get(path)
        if state is None:
            state = self._states[path] = xxhash.xxh3_64(path.encode())
        state.update(rows.data)

    def end(self) -> int:
        """The checksum; what comes now is the next epoch's."""
        digest = 0
        for state in self._states.values():
            digest ^= state.intdigest()
        self._states.clear()
        return digest


class Intact(NamedTuple):
    """How far a file is what was written: ``epochs``, and how many are ``complete`` as it says.

    There may be one more than it says: it was whole, but not counted yet, when its process was killed.
    """

    epochs: int
    complete: int


def intact(file: h5py.File) -> Intact:
    """Compare the epochs of a file that nobody writes with their checksums; reads all of it once.

    Raises:
        OSError: For damage that no epoch is free of, in words.
        LookupError, RuntimeError, TypeError, ValueError: For what HDF5 cannot read.
    """
    check_texts(file)
    complete, written = int(file["epochs_complete"][()]), len(file[DIGEST])
    if not complete <= written <= complete + 1:
        raise OSError("its number of epochs has changed")
    stops = file["epoch_stop"][:written]
    backwards = np.flatnonzero(np.diff(stops, prepend=0) < 0)
    stops = stops[: backwards[0]] if len(backwards) else stops
    told = file[DIGEST][: len(stops)]
    epochs = np.arange(1, len(stops) + 1)
    first = [int(file[f"{NONFINITE}_{unit}"][()]) for unit in ("step", "epoch")]
    known = (first[1] > 0) & (epochs >= first[1])
    found = digests_of(NONFINITE, [np.where(known[:, np.newaxis], first, -1)], epochs)
    for path, dataset in _growing(file):
        ends = stops_of(rows_of(path), stops)
        found ^= digests_of(path, _blocks(dataset, int(ends[-1]) if len(ends) else 0), ends)
    wrong = np.flatnonzero(found != told)
    good = int(wrong[0]) if len(wrong) else len(told)
    return Intact(good, complete)


def digests_of(path: str, blocks: Iterable[NDArray[Any]], stops: NDArray[np.int64]) -> NDArray[np.uint64]:
    """What a dataset adds to the checksum of each epoch, ``(epochs,)``.

    blocks: its rows from the first on, any number at once. stops: where each epoch's rows end.
    """
    digests = np.zeros(len(stops), np.uint64)
    digest, at = EpochDigest(), 0
    for block in blocks:
        within = stops[np.searchsorted(stops, at, "right") : np.searchsorted(stops, at + len(block))] - at
        for rows in np.split(block, np.unique(within)):
            digest.add(path, np.ascontiguousarray(rows))
            at += len(rows)
            epoch = np.searchsorted(stops, at)
            if epoch < len(stops) and stops[epoch] == at:
                digests[epoch] = digest.end()
    return digests


def stops_of(per: Rows, steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the rows of each epoch end in a dataset, ``(epochs,)``, given where its steps end."""
    epochs = np.arange(1, len(steps) + 1)
    return {"step": steps, "epoch": epochs, "weights": epochs + 1}[per]


def check_texts(file: h5py.File) -> None:
    """Raise OSError if a root attribute or the name of a tensor is not what was written."""
    if file.attrs[TEXTS] != digest_of_texts(file):
        raise OSError("a text or number in its attributes has changed")


def digest_of_texts(file: h5py.File) -> np.uint64:
    """The checksum of all root attributes but itself, and of the tensors' names."""
    digest = xxhash.xxh3_64()
    for name in sorted(name for name in file.attrs if name != TEXTS):
        value = file.attrs[name]
        text = value if isinstance(value, str) else np.asarray(value).tolist()
        digest.update(f"{name}\0{text}\0".encode())
    digest.update("\0".join(file["tensors"].asstr()[:]).encode())
    return np.uint64(digest.intdigest())


def digest_of_state(epoch: int, state: Iterable[NDArray[Any]]) -> int:
    """The checksum of a checkpoint's variables, in order, after an epoch."""
    digest = xxhash.xxh3_64(b"%d" % epoch)
    for value in state:
        digest.update(np.ascontiguousarray(value).data)
    found: int = digest.intdigest()
    return found


def _growing(file: h5py.File) -> list[tuple[str, h5py.Dataset]]:
    """All datasets with rows of steps, epochs or weights but the checksums."""
    found: list[tuple[str, h5py.Dataset]] = []

    def look(path: str, item: h5py.Dataset | h5py.Group) -> None:
        if isinstance(item, h5py.Dataset) and item.maxshape[:1] == (None,) and path != DIGEST:
            found.append((path, item))

    file.visititems(look)
    return found


def _blocks(dataset: h5py.Dataset, rows: int) -> Iterator[NDArray[Any]]:
    """The first rows of a dataset, as far as they can be read."""
    try:
        yield from first_rows(dataset, rows)
    except (OSError, RuntimeError):
        return
