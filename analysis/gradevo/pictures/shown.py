"""Pictures as objects: the figure of any of them, without a file."""

from contextlib import ExitStack
from pathlib import Path

from matplotlib.figure import Figure

from gradevo.errors import GradevoError
from gradevo.pictures.catalogue import pictures
from gradevo.pictures.picture import Material, Picture
from gradevo.pictures.style.house import house_style
from gradevo.runfile.reader import Run
from gradevo.statistics.opened import open_statistics
from gradevo.statistics.store import Statistics, is_statistics


@house_style()
def figure(
    name: str,
    *runs: str | Path | Run | Statistics,
    data: str | Path | None = None,
    health: str | Path | None = None,
    threshold: float | None = None,
    relative: bool = False,
) -> Figure:
    """Draw a picture, as `gradevo draw` does, and give it back; of a film, its last frame.

    Jupyter shows it; ``figure.savefig("loss.pdf")`` writes it.

    Args:
        name: Of the picture, such as "loss", "gradient_norms" or "graph".
        runs: What it is drawn from, files or what was opened from them, one per seed. Where statistics are
            needed and a run file is given, it is analysed first, in a temporary folder.
        data: The prepared dataset, for pictures of networks with their data.
        health: health.json, for the graph; without, the default thresholds judge.
        threshold, relative: Of the graph and of convergence, see ``gradevo draw --help``.

    Returns:
        The figure, whose canvas is Agg.

    Raises:
        GradevoError: For an unknown picture, for no run, and for runs from which it cannot be drawn.

    >>> import tempfile, numpy as np, gradevo.testing
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "run.h5"
    ...     _ = gradevo.testing.write_run(path, {"dense/kernel": np.ones((6, 4, 2))}, steps_per_epoch=3)
    ...     gradevo.figure("loss", path).axes[0].get_ylabel()
    'loss'
    """
    known = pictures()
    if name not in known:
        raise GradevoError(f"picture: expected one of {', '.join(known)}, found {name}")
    if not runs:
        raise GradevoError(f"picture {name}: expected {known[name].source.file} of a run, found none")
    with ExitStack() as opened:
        files = [_file(known[name], run, opened) for run in runs]
        dataset, findings = (None if path is None else Path(path) for path in (data, health))
        return known[name].figure(Material(files, Path(), dataset, findings, threshold, relative))


def _file(picture: Picture, run: str | Path | Run | Statistics, opened: ExitStack) -> Path:
    """The file that the picture needs of a run."""
    path = run.path if isinstance(run, Run | Statistics) else Path(run)
    if picture.source.file == "statistics.h5":
        return opened.enter_context(open_statistics(path)).path
    if is_statistics(path):
        raise GradevoError(
            f"{path}: expected a run file, of which {picture.stem} is drawn, found statistics; give the run"
        )
    return path
