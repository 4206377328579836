"""A figure as pixels: what stays is drawn once, then only what moves."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from gradevo.pictures.style.glyphs import make_readable


class Stage:
    """The pixels of a figure whose canvas is Agg.

    The figure's layout is computed now and kept, so that nothing jumps. With `moving`, every other artist
    is drawn now and never again, except for those that lie on top of moving ones in the same axes; so the
    pixels are those of a full draw, as long as axes with moving artists do not overlap other axes or texts.
    A moving artist is a child of the figure or of its axes (a line, a text, the axes themselves).

    Raises ValueError for a moving artist that is not.
    """

    def __init__(self, figure: Figure, moving: Sequence[Artist] | None = None) -> None:
        make_readable(figure.findobj(Text))
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        self._canvas = cast(Any, figure.canvas)  # matplotlib does not type its Agg canvas
        self._redrawn: list[Artist] | None = None
        if moving is not None:
            self._redrawn = _redrawn(figure, moving)
            seen = [artist.get_visible() for artist in self._redrawn]
            for artist in self._redrawn:
                artist.set_visible(False)
            self._canvas.draw()
            self._background = self._canvas.copy_from_bbox(figure.bbox)
            for artist, visible in zip(self._redrawn, seen, strict=True):
                artist.set_visible(visible)

    def picture(self) -> NDArray[np.uint8]:
        """The figure as it is now, (height, width, 3) uint8; both sides even, as H.264 wants them."""
        make_readable(self._canvas.figure.findobj(Text) if self._redrawn is None else self._redrawn)
        if self._redrawn is None:
            self._canvas.draw()
        else:
            self._canvas.restore_region(self._background)
            renderer = self._canvas.get_renderer()
            for artist in self._redrawn:
                artist.draw(renderer)
        pixels = np.asarray(self._canvas.buffer_rgba())
        height, width = (side - side % 2 for side in pixels.shape[:2])
        return pixels[:height, :width, :3].copy()


def _redrawn(figure: Figure, moving: Sequence[Artist]) -> list[Artist]:
    """The moving artists and what lies on them, from the lowest to the highest."""
    wanted = {id(artist) for artist in moving}
    found: list[Artist] = []
    for artist in _layers(figure):
        if id(artist) in wanted or not isinstance(artist, Axes):
            found += [artist] if id(artist) in wanted else []
            continue
        layers = _layers(artist)
        lowest = next((place for place, inside in enumerate(layers) if _moves(inside, wanted)), len(layers))
        found += layers[lowest:]
    held = {id(artist) for artist in found}
    held |= {id(inside) for artist in found for inside in artist.findobj()}
    strangers = [artist for artist in moving if id(artist) not in held]
    if strangers:
        raise ValueError(f"{strangers[0]} is drawn neither by the figure nor by one of its axes")
    return found


def _layers(parent: Figure | Axes) -> list[Artist]:
    """What a figure or axes draw after their patch, in order, as matplotlib does."""
    hidden: list[Artist] = [parent.patch]
    if isinstance(parent, Axes):
        if not (parent.axison and parent.get_frame_on()):
            hidden += parent.spines.values()
        if not parent.axison:
            hidden += [parent.xaxis, parent.yaxis]
    skipped = {id(artist) for artist in hidden}
    return sorted(
        (artist for artist in parent.get_children() if id(artist) not in skipped), key=Artist.get_zorder
    )


def _moves(artist: Artist, wanted: set[int]) -> bool:
    """Is it one of the moving artists, or axes inside axes that hold one?"""
    inside = artist.get_children() if isinstance(artist, Axes) else []
    return id(artist) in wanted or any(_moves(child, wanted) for child in inside)
