"""Named arrays from an .npz file that may be anything."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gradevo.datasets.dataset import Array
from gradevo.datasets.origin import Origin


def read_npz(path: Path, names: Sequence[str], origin: Origin) -> dict[str, Array]:
    """Read the named arrays, whatever their shapes and types; nothing in the file is executed.

    Raises GradevoError if the file is unreadable or lacks one of them.
    """
    arrays: dict[str, Array] = {}
    try:
        # Not numpy.load: it takes a damaged archive for a pickle, and then advises to trust it.
        with zipfile.ZipFile(path) as archive:
            present = [member.removesuffix(".npy") for member in archive.namelist()]
            for name in names:
                if name in present:
                    with archive.open(f"{name}.npy") as member:
                        arrays[name] = np.lib.format.read_array(member, allow_pickle=False)
    # zipfile, zlib and numpy fail in many ways on a damaged file; all mean the same to the user.
    except Exception as error:
        expected = "a readable .npz archive of plain arrays (no pickled objects)"
        raise origin.fault(expected, f"{type(error).__name__}: {error}") from error
    if len(arrays) < len(names):
        raise origin.fault(f"the arrays {', '.join(names)}", ", ".join(present) or "none")
    return arrays
