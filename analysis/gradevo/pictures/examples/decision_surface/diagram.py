"""A network drawn neuron by neuron: every weight an edge, in the colour of its gradient's magnitude."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, ListedColormap, to_hex
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from matplotlib.text import Text
from numpy.typing import NDArray

from gradevo.numbers import SUBSCRIPT, magnitude
from gradevo.pictures.examples.drawing import Place, white_box
from gradevo.pictures.examples.network import Network
from gradevo.pictures.style.house import GREY, VERMILION

LABEL = (0.48, 0.15)
"""Width and height that a number at an edge needs, in inches."""

ENOUGH = 0.75
"""Share of `LABEL`, which is generous, that numbers keep between each other."""

CLEAR = 0.46
"""From a unit's centre to that of a number beside it, in inches."""


def unit_positions(counts: Sequence[int], size: tuple[float, float]) -> list[list[Place]]:
    """Centres of the units: layers from left to right, each around the middle."""
    width, height = size[0], size[1] - 0.35
    margin = 0.36
    step = (width - 2 * margin) / (len(counts) - 1)
    apart = min(height / max(counts), 1.7)
    return [
        [(margin + step * depth, height / 2 + apart * ((count - 1) / 2 - unit)) for unit in range(count)]
        for depth, count in enumerate(counts)
    ]


def label_positions(sources: Sequence[Place], targets: Sequence[Place]) -> NDArray[np.float64] | None:
    """How far along its edge each number stands, as a share of it: ``(sources, targets)``.

    As near to the middle as it goes without lying on units, other edges, or numbers placed before; an edge
    and its mirror image (all layers are symmetric about a line) are placed together. None where there is no
    space for all.
    """
    start, end = np.array(sources)[:, np.newaxis], np.array(targets)[np.newaxis]
    slopes = np.abs((end - start)[..., 1] / (end - start)[..., 0])
    nearest = min(0.45, CLEAR / float((end - start)[0, 0, 0]))
    shares = sorted(np.linspace(nearest, 1 - nearest, 25), key=lambda share: abs(share - 0.5))
    chosen = np.full((len(sources), len(targets)), 0.5)
    taken: list[NDArray[np.float64]] = []
    for edge in product(range(len(sources)), range(len(targets))):
        twin = len(sources) - 1 - edge[0], len(targets) - 1 - edge[1]
        if edge > twin:
            continue

        def clearance(share: float, edge: tuple[int, int] = edge, twin: tuple[int, int] = twin) -> float:
            """Free space around the number, up to 1, in sizes of a number."""
            points = (1 - share) * start + share * end
            here = points[edge]
            numbers = [*taken, *([points[twin]] if twin != edge else [])]
            gaps = [float(np.max(np.abs(here - other) / LABEL)) for other in numbers]
            crossing = np.abs(points[..., 1] - here[1]) / (0.5 * LABEL[1] + 0.5 * LABEL[0] * slopes)
            crossing[edge] = np.inf
            return round(min([1.0, *gaps, float(crossing.min())]), 6)

        share = max(shares, key=clearance)
        if clearance(share) < ENOUGH:
            return None
        for place in {edge, twin}:
            chosen[place] = share
            taken.append((1 - share) * start[place[0], 0] + share * end[0, place[1]])
    return chosen


MOST_WORDS = 4
"""Of units in a layer; more have no words at them, and the largest layer decides the size of all."""

PALE = "#c9c9c9"


def gradient_colours() -> Colormap:
    """Pale for small gradients, dark for large ones; the palest still shows on white."""
    return ListedColormap(mpl.colormaps["magma_r"](np.linspace(0.16, 0.92, 256)), name="gradient")


def unit_name(letter: str, unit: int, units: int) -> str:
    """``("h", 0, 2)`` -> "h₁"; a layer's only unit has no number."""
    return letter if units == 1 else letter + str(unit + 1).translate(SUBSCRIPT)


@dataclass(frozen=True)
class _Node:
    """What changes at a unit: the ring is its bias, cross and word say that it is dead."""

    ring: Circle
    cross: Line2D
    word: Text
    bias: Text


class Diagram:
    """The network in axes that measure inches, (0, 0) at the lower left.

    limits: ends of the logarithmic scale of magnitudes. size: of the axes, in inches.
    letters, fills: of each layer of units, inputs included: the letter of its names, the units' colours.
    moving: all that `update` changes.
    """

    def __init__(
        self,
        axes: Axes,
        network: Network,
        limits: tuple[float, float],
        size: tuple[float, float],
        letters: Sequence[str],
        fills: Sequence[Sequence[str]],
    ) -> None:
        axes.set(xlim=(0, size[0]), ylim=(0, size[1]))
        axes.set_axis_off()
        self._limits = limits
        self._colours = [to_hex(colour) for colour in gradient_colours()(np.arange(256))]
        counts = network.units
        self._centres = unit_positions(counts, size)
        self._radius = min(0.21, 0.36 * size[1] / max(counts))
        self._layers = network.layers
        self.moving: list[Artist] = []
        self._edges: dict[tuple[int, int, int], tuple[Line2D, Text | None]] = {}
        for depth in range(len(network.layers)):
            self._draw_edges(axes, depth)
        self._nodes: dict[tuple[int, int], _Node] = {}
        for depth, letter in enumerate(letters):
            for unit, place in enumerate(self._centres[depth]):
                self._draw_node(
                    axes, depth, unit, place, unit_name(letter, unit, counts[depth]), fills[depth][unit]
                )
        names = ["input", *(f"{layer.name}\n{layer.activation}" for layer in network.layers)]
        for places, name in zip(self._centres, names, strict=True):
            axes.text(places[0][0], size[1], name, ha="center", va="top", color=GREY, zorder=0)

    def update(
        self, magnitudes: Mapping[str, NDArray[np.float64]], dead: Sequence[NDArray[np.bool_]]
    ) -> None:
        """Show magnitudes of gradients, tensor -> ``(*shape)``, and which units of each layer are dead."""
        for depth, layer in enumerate(self._layers):
            kernel = magnitudes[layer.kernel]
            for source, target in np.ndindex(kernel.shape):
                value = float(kernel[source, target])
                line, label = self._edges[depth, source, target]
                self._paint(line, value, wide=label is not None)
                if label is not None:
                    label.set_text(magnitude(value))
            for unit in range(layer.units):
                node = self._nodes[depth + 1, unit]
                gone = bool(dead[depth][unit])
                node.cross.set_visible(gone)
                node.word.set_visible(gone and layer.units <= MOST_WORDS)
                value = float("nan") if layer.bias is None else float(magnitudes[layer.bias][unit])
                node.ring.set_edgecolor(VERMILION if gone else self._colour(value))
                if layer.bias is not None and layer.units <= MOST_WORDS:
                    node.bias.set_text(f"bias {magnitude(value)}")

    def _paint(self, line: Line2D, value: float, wide: bool) -> None:
        """Colour and width from the magnitude; dashed and grey where there is no gradient."""
        at = self._at(value)
        line.set_color(self._colour(value))
        line.set_linestyle((0, (2, 2)) if at is None else "-")
        line.set_linewidth((1.2 + 3.3 * (at or 0)) * (1 if wide else 0.5))

    def _colour(self, value: float) -> Any:
        at = self._at(value)
        return PALE if at is None else self._colours[round(at * (len(self._colours) - 1))]

    def _at(self, value: float) -> float | None:
        """Where on the scale a magnitude is, from 0 to 1; None if it is 0 or not finite."""
        if not np.isfinite(value) or value <= 0:
            return None
        low, high = self._limits
        return min(max(float(np.log(value / low) / np.log(high / low)), 0.0), 1.0)

    def _draw_edges(self, axes: Axes, depth: int) -> None:
        sources, targets = self._centres[depth], self._centres[depth + 1]
        shares = label_positions(sources, targets)
        for i, j in product(range(len(sources)), range(len(targets))):
            (x0, y0), (x1, y1) = sources[i], targets[j]
            (line,) = axes.plot([x0, x1], [y0, y1], color=PALE, solid_capstyle="butt", zorder=1)
            label = None
            if shares is not None:
                share = shares[i, j]
                label = axes.text(
                    x0 + share * (x1 - x0),
                    y0 + share * (y1 - y0),
                    "",
                    ha="center",
                    va="center_baseline",
                    bbox=white_box(1.2, 0.92),
                    zorder=2,
                )
                self.moving.append(label)
            self.moving.append(line)
            self._edges[depth, i, j] = line, label

    def _draw_node(self, axes: Axes, depth: int, unit: int, place: Place, name: str, fill: str) -> None:
        x, y = place
        radius = self._radius
        ring = Circle(place, radius, facecolor=fill, edgecolor=GREY, linewidth=2.4 if depth else 1, zorder=3)
        axes.add_patch(ring)
        axes.text(
            x,
            y,
            name,
            ha="center",
            va="center_baseline",
            fontsize=9 if radius > 0.15 else 7,
            bbox={"facecolor": fill, "edgecolor": "none", "pad": 0.5},
            zorder=4,
        )
        if not depth:
            return
        reach = 0.9 * radius
        (cross,) = axes.plot(
            [x - reach, x + reach, np.nan, x - reach, x + reach],
            [y - reach, y + reach, np.nan, y + reach, y - reach],
            color=VERMILION,
            linewidth=2.6,
            solid_capstyle="round",
            zorder=3.5,
        )
        word = axes.text(
            x, y + radius + 0.06, "dead", color=VERMILION, weight="bold", ha="center", va="bottom", zorder=4
        )
        bias = axes.text(
            x,
            y - radius - 0.05,
            "",
            fontsize=6.5,
            ha="center",
            va="top",
            zorder=4,
            bbox=white_box(0.6, 0.92),
        )
        self._nodes[depth, unit] = _Node(ring, cross, word, bias)
        self.moving += [ring, cross, word, bias]
