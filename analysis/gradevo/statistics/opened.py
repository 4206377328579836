"""The statistics of a run, whichever of its two files is at hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from gradevo.statistics.analyse import analyse
from gradevo.statistics.store import Statistics, is_statistics


@contextmanager
def open_statistics(path: Path) -> Iterator[Statistics]:
    """Open a statistics file, or the statistics of a run file, for the ``with`` block.

    A run file, also a growing one or one that a killed process left, is analysed in a temporary folder.
    Raises `GradevoError` if the file is neither.
    """
    if is_statistics(path):
        with Statistics(path) as statistics:
            yield statistics
        return
    with TemporaryDirectory(prefix="gradevo-") as folder:
        analyse(path, Path(folder) / "statistics.h5")
        with Statistics(Path(folder) / "statistics.h5") as statistics:
            yield statistics
