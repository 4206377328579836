"""HDF5 files without time stamps: the same content gives the same bytes.

In the format that SWMR needs, HDF5 dates every group unless told otherwise; h5py tells it
for datasets only. That format is HDF5 1.10's: what HDF5 2 writes as its latest, earlier versions cannot read.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

LIBVER = ("v110", "v110")
"""For opening a file that grows, as it was created."""

READ_BYTES = 1 << 20


def create_file(path: Path) -> h5py.File:
    """A new, empty file in the format of HDF5 1.10; replaces an existing one."""
    creation = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    creation.set_obj_track_times(False)
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_libver_bounds(h5py.h5f.LIBVER_V110, h5py.h5f.LIBVER_V110)
    return h5py.File(h5py.h5f.create(os.fsencode(path), h5py.h5f.ACC_TRUNC, creation, access))


def require_group(parent: h5py.Group, path: str) -> h5py.Group:
    """The group at ``path``, created with all that lead to it where they are missing."""
    creation = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
    creation.set_obj_track_times(False)
    for name in filter(None, path.split("/")):
        if name not in parent:
            h5py.h5g.create(parent.id, name.encode(), gcpl=creation)
        parent = parent[name]
    return parent


class Growing:
    """A dataset that grows by rows; ``length`` is how many it has.

    By h5py's low-level calls: the indexing of the high-level ones takes longer than writing the rows of a
    small network, and so do asking HDF5 for a shape, and describing a shape or a type to it anew.
    """

    def __init__(self, dataset: h5py.Dataset) -> None:
        self.length, *row = dataset.shape
        self._row, self._origin = tuple(row), (0,) * len(row)
        self._dataset = dataset.id
        self._type = dataset.dtype
        self._memory_type = h5py.h5t.py_create(dataset.dtype)
        self._file_space = dataset.id.get_space()
        self._count, self._memory_space = -1, None

    def append(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Append rows of any shape of their size; returns them as they are stored."""
        rows = np.ascontiguousarray(rows, self._type)
        count, shape = len(rows), (len(rows), *self._row)
        if count != self._count:
            self._count, self._memory_space = count, h5py.h5s.create_simple(shape)
        extent = (self.length + count, *self._row)
        self._dataset.set_extent(extent)
        self._file_space.set_extent_simple(extent)
        self._file_space.select_hyperslab((self.length, *self._origin), shape)
        self._dataset.write(self._memory_space, self._file_space, rows, self._memory_type)
        self.length += count
        return rows


def first_rows(dataset: h5py.Dataset, rows: int) -> Iterator[NDArray[Any]]:
    """The first rows of a dataset that grows, by whole chunks, about 1 MiB or one chunk at once."""
    chunk_bytes = dataset.dtype.itemsize * int(np.prod(dataset.chunks))
    count = dataset.chunks[0] * max(1, READ_BYTES // max(1, chunk_bytes))
    for start in range(0, min(rows, len(dataset)), count):
        yield dataset[start : min(start + count, rows)]
