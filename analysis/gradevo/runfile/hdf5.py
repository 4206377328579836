"""HDF5 files without time stamps: the same content gives the same bytes.

In the format that SWMR needs, HDF5 dates every group unless told otherwise; h5py tells it
for datasets only. That format is HDF5 1.10's: what HDF5 2 writes as its latest, earlier versions cannot read.
"""

import os
from pathlib import Path

import h5py

LIBVER = ("v110", "v110")
"""For opening a file that grows, as it was created."""


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
