"""Figures to files, the same bytes every time."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.text import Text

from gradevo.atomic import atomic_file
from gradevo.pictures.style.glyphs import make_readable
from gradevo.pictures.style.house import house_style

NO_CLOCK = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""The metadata that would tell the time or the version of matplotlib, by format."""


@house_style()
def save(figure: Figure, folder: Path, stem: str) -> tuple[Path, Path]:
    """Write ``<stem>.png`` (300 dots per inch) and ``<stem>.pdf`` (embedded TrueType fonts).

    The folder is made if needed. Either file appears under its name only when it is complete.
    """
    make_readable(figure.findobj(Text))
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # the layout found is kept: it is slow, and both files shall agree
    paths = folder / f"{stem}.png", folder / f"{stem}.pdf"
    for path in paths:
        kind = path.suffix[1:]
        with atomic_file(path) as partial:
            figure.savefig(partial, format=kind, metadata=NO_CLOCK[kind])
    return paths
