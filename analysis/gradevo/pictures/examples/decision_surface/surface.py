"""What a network with two inputs says about every point of the plane."""

from typing import Any

import numpy as np
from contourpy import contour_generator
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgb
from numpy.typing import NDArray

from gradevo.pictures.examples.decision_surface.diagram import unit_name
from gradevo.pictures.examples.drawing import arrow, white_box
from gradevo.pictures.examples.network import Network
from gradevo.pictures.style.house import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY

CLASSES = (BLUE, ORANGE)
"""Colours of the two classes' points and of the surface's ends."""

UNITS = (GREEN, PURPLE, SKY, BLACK)
"""Colours of the first layer's units, if they are no more than these; else all are grey."""

GRID = 161
"""Points of the surface along a side."""

LEVELS = 10
"""Shades of the surface: flat areas keep a GIF small."""


def surface_colours() -> Colormap:
    """From class 0 over white (p = 0.5) to class 1, pale enough for points on top."""
    zero, one = (0.55 * np.array(to_rgb(colour)) + 0.45 for colour in CLASSES)
    return LinearSegmentedColormap.from_list("classes", np.array([zero, np.ones(3), one]), N=LEVELS)


def unit_colours(units: int) -> list[str]:
    """A colour for each unit of the first layer."""
    return list(UNITS[:units]) if units <= len(UNITS) else [GREY] * units


class Surface:
    """p(class 1) over the plane, the boundary p = 0.5, the data, and where the first layer's units switch on.

    x: ``(n, 2)``, y: ``(n,)`` of 0 and 1. `plain` leaves out the arrows, the names and the data that are
    classified correctly, for small pictures. moving: all that `update` changes.
    """

    def __init__(
        self, axes: Axes, x: NDArray[np.float64], y: NDArray[np.int64], units: int, plain: bool = False
    ) -> None:
        self._x, self._y = x, y
        low, high = x.min(axis=0), x.max(axis=0)
        margin = 0.03 * (high - low)
        self._low, self._high = low - margin, high + margin
        extent = (self._low[0], self._high[0], self._low[1], self._high[1])
        axes.set(xlim=extent[:2], ylim=extent[2:], box_aspect=1)
        axes.grid(visible=False)
        self._sides = [np.linspace(a, b, GRID) for a, b in zip(self._low, self._high, strict=True)]
        self._grid = np.stack(np.meshgrid(*self._sides), axis=-1).reshape(-1, 2)
        self._image = axes.imshow(
            np.full((GRID, GRID), 0.5),
            cmap=surface_colours(),
            vmin=0,
            vmax=1,
            origin="lower",
            extent=extent,
            aspect="auto",
            interpolation="nearest",
            zorder=1,  # above ticks, which then need not be drawn again
        )
        self._plain = plain
        width = 0.9 if plain else 1.8
        if not plain:
            for label, colour in enumerate(CLASSES):
                axes.plot(
                    *x[y == label].T,
                    "o",
                    color=colour,
                    markersize=2.3,
                    markeredgecolor="white",
                    markeredgewidth=0.25,
                    zorder=1.5,
                )
        (self._wrong,) = axes.plot(
            [],
            [],
            "o",
            color=BLACK,
            markerfacecolor="none",
            markersize=1.4 if plain else 3.2,
            markeredgewidth=0.35 if plain else 0.6,
            zorder=2,
        )
        (self._boundary,) = axes.plot([], [], color=BLACK, linewidth=width, zorder=3)
        self.moving: list[Artist] = [self._image, self._wrong, self._boundary]
        self._hinges = []
        for unit, colour in enumerate(unit_colours(units)):
            (line,) = axes.plot([], [], color=colour, linewidth=width, linestyle=(0, (4, 1.5)), zorder=4)
            look: dict[str, Any] = {"color": colour, "visible": not plain}
            side = arrow(axes, (0, 0), (0, 0), mutation_scale=7, linewidth=1.2, zorder=5, **look)
            name = axes.text(
                0,
                0,
                unit_name("h", unit, units),
                weight="bold",
                ha="center",
                va="center",
                fontsize=8,
                zorder=6,
                bbox=white_box(0.8, 0.85),
                **look,
            )
            self._hinges.append((line, side, name))
            self.moving += [line, side, name]

    def update(self, network: Network, row: int) -> None:
        """Show the network with the weights of that row."""
        p = network.outputs(self._grid, row)[-1].reshape(GRID, GRID)
        self._image.set_data(np.ma.masked_invalid(p))
        self._boundary.set_data(*_boundary(self._sides[0], self._sides[1], p))
        wrong = (network.outputs(self._x, row)[-1][:, 0] > 0.5) != self._y
        self._wrong.set_data(*self._x[wrong].T)
        kernel, bias = network.weights(row)[0]
        margin = 0.05 * (self._high - self._low)  # names stand inside it
        for unit, (line, side, name) in enumerate(self._hinges):
            ends = hinge(kernel[:, unit], float(bias[unit]), self._low, self._high)
            line.set_data(*(([], []) if ends is None else ends.T))
            for part in (side, name):
                part.set_visible(ends is not None and not self._plain)
            if ends is None:
                continue
            share = (unit + 1) / (len(self._hinges) + 1)
            foot = (1 - share) * ends[0] + share * ends[1]
            towards = kernel[:, unit] / np.linalg.norm(kernel[:, unit]) * (self._high - self._low)
            side.set_positions(tuple(foot), tuple(foot + 0.07 * towards))
            name.set_position(tuple(np.clip(foot + 0.115 * towards, self._low + margin, self._high - margin)))


def hinge(
    weights: NDArray[np.float64], bias: float, low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Ends ``(2, 2)`` of the line weights · x + bias = 0 in a box; None where it does not cross the box."""
    length = float(weights @ weights)
    if not np.isfinite(length) or not np.isfinite(bias) or length == 0:
        return None
    foot = -bias * weights / length
    towards = np.array([-weights[1], weights[0]]) / np.sqrt(length)
    first, last = -np.inf, np.inf
    for at, step, a, b in zip(foot, towards, low, high, strict=True):  # Liang and Barsky's clipping
        if step == 0:
            if not a <= at <= b:
                return None
            continue
        enter, leave = sorted(((a - at) / step, (b - at) / step))
        first, last = max(first, enter), min(last, leave)
    return None if first >= last else np.array([foot + first * towards, foot + last * towards])


def _boundary(
    x: NDArray[np.float64], y: NDArray[np.float64], p: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where p = 0.5: coordinates of all lines one after the other, with gaps."""
    lines: Any = contour_generator(x, y, np.ma.masked_invalid(p)).lines(0.5)
    gap = np.full((1, 2), np.nan)
    points = np.concatenate([gap, *(part for line in lines for part in (line, gap))])
    return points[:, 0], points[:, 1]
