"""Figures to files, the same bytes every time."""

from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from gradevo.atomic import atomic_file
from gradevo.pictures.style.glyphs import make_readable
from gradevo.pictures.style.house import house_style

COLORS = 64
"""Of a figure on a page."""

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
    _settle(figure)
    paths = folder / f"{stem}.png", folder / f"{stem}.pdf"
    for path in paths:
        kind = path.suffix[1:]
        with atomic_file(path) as partial:
            figure.savefig(partial, format=kind, metadata=NO_CLOCK[kind])
    return paths


@house_style()
def png(figure: Figure, width: int = 800) -> bytes:
    """A figure as the bytes of a PNG for a page, that many dots wide and of few colours: a small one."""
    _settle(figure)
    drawn, small = BytesIO(), BytesIO()
    figure.savefig(drawn, format="png", dpi=width / figure.get_size_inches()[0], metadata=NO_CLOCK["png"])
    with Image.open(drawn) as image:
        image.convert("RGB").quantize(COLORS).save(small, format="png", optimize=True)
    return small.getvalue()


def _settle(figure: Figure) -> None:
    make_readable(figure.findobj(Text))
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # the layout found is kept: it is slow, and all files shall agree
