"""Named arrays from an .npz file that may be anything."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gradevo.datasets.dataset import Array
from gradevo.datasets.origin import Origin


def read_npz(path: Path, names: Sequence[str], origin: Origin) -> dict[str, Array]:
    """Read the named arrays, whatever their shapes and types; nothing in the file is executed.

    Raises GradevoError if the file is unreadable or lacks one of them.
    """
    try:
        # numpy leaves a file that it opened itself open when the file is damaged.
        with path.open("rb") as stream:
            file = np.load(stream, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise ValueError("a single array")
            with file:
                present = sorted(file.files)
                arrays = {name: np.asarray(file[name]) for name in names if name in present}
    # zipfile, zlib and numpy fail in many ways on a damaged file; all mean the same to the user.
    except Exception as error:
        expected = "a readable .npz archive of plain arrays (no pickled objects)"
        raise origin.fault(expected, f"{type(error).__name__}: {error}") from error
    if len(arrays) < len(names):
        raise origin.fault(f"the arrays {', '.join(names)}", ", ".join(present) or "none")
    return arrays
