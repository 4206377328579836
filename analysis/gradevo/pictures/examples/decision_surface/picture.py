"""Gradients in a small network with two inputs, epoch by epoch, beside its decision surface."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from gradevo.pictures.examples.decision_surface.diagram import Diagram, gradient_colours
from gradevo.pictures.examples.decision_surface.record import (
    MOST_UNITS,
    EpochGradients,
    Outcome,
    dead_units,
    plane,
)
from gradevo.pictures.examples.decision_surface.surface import CLASSES, Surface, surface_colours, unit_colours
from gradevo.pictures.examples.drawing import film_figure, fine_ticks
from gradevo.pictures.examples.network import Network
from gradevo.pictures.film.encode import pace
from gradevo.pictures.film.film import film
from gradevo.pictures.picture import Picture, film_files, film_of_a_run
from gradevo.pictures.style.axes import epoch_axis, logarithmic
from gradevo.pictures.style.frame import SEPARATOR
from gradevo.pictures.style.house import BLACK, GREEN, GREY, LIGHT, VERMILION, house_style
from gradevo.runfile.reader import Run

WIDTH, HEIGHT, DPI = 9.6, 4.72, 150
"""Of the picture, in inches, and dots per inch: 1440 by 708 pixels."""

LINES = ("-", (0, (4, 1.4)), (0, (1.2, 1.2)), "-.")
"""Line styles of the layers."""


def draw_flow(run_path: str | Path, data_path: str | Path, gif: str | Path, mp4: str | Path) -> None:
    """Film a run of a small classifier, one frame an epoch.

    Left: the network; the colour of an edge, and the number at it, is the mean of |gradient| of that weight
    over the epoch's recorded batches, on a logarithmic scale that is the same in all frames. Units that give
    0 for all data with the weights after the epoch are marked as dead. Middle: per layer the mean over the
    epoch's batches of ‖gradient‖₂. Right: p(class 1) with the weights after the epoch, the training data, and
    the lines on which the first layer's units switch on.

    run_path: a run of a Sequential network of Dense layers of at most `MOST_UNITS` units with two inputs and
        one sigmoid output. data_path: its prepared dataset, of two classes.

    Raises GradevoError for any other network or data, and for a run without a complete epoch.
    """
    with Run(run_path) as run:
        picture = _picture(run, data_path)
        film(
            picture.figure,
            picture.update,
            run.epochs,
            gif,
            mp4,
            centiseconds=pace(run.epochs),
            hold=300,
            moving=picture.moving,
        )


def last_frame(run_path: str | Path, data_path: str | Path) -> Figure:
    """The figure of the last epoch; see `draw_flow`."""
    with Run(run_path) as run:
        picture = _picture(run, data_path)
        picture.update(run.epochs - 1)
        return picture.figure


def _picture(run: Run, data_path: str | Path) -> "FlowPicture":
    network = Network.of(run)
    return FlowPicture(network, *plane(network, Path(data_path)))


class FlowPicture:
    """The figure, `update` for a frame (0 shows epoch 1), and the artists that it moves."""

    @house_style()
    def __init__(
        self, network: Network, x: NDArray[np.float64], y: NDArray[np.int64], labels: tuple[str, ...]
    ) -> None:
        run = network.run
        self._network, self._x = network, x
        threshold = run.stop_below
        self._outcome = Outcome.of(network, x, -np.inf if threshold is None else threshold)
        self._gradients = EpochGradients.of(network)
        self._losses = run.metrics("train")["loss"]
        self.figure = film_figure(WIDTH, HEIGHT, DPI)
        self._diagram = self._draw_network()
        height = 2.44 - 0.16 * -(-len(network.layers) // 2)  # the legend has two layers a row
        self._lines = self._draw_norms(_axes(self.figure, 4.85, 1.22, 1.65, height))
        self._surface = self._draw_surface(_axes(self.figure, 6.95, 1.22, 2.5, 2.5), y, labels)
        self._title, self._status = self._draw_header()
        self.moving: list[Artist] = [
            *self._diagram.moving,
            *self._lines,
            *self._surface.moving,
            self._title,
            self._status,
        ]

    def update(self, frame: int) -> None:
        """Show epoch ``frame + 1``."""
        run, epoch = self._network.run, frame + 1
        magnitudes = {tensor: values[frame] for tensor, values in self._gradients.magnitudes.items()}
        self._diagram.update(magnitudes, dead_units(self._network, self._x, epoch))
        epochs = np.arange(1, epoch + 1)
        for line, values in zip(self._lines, self._gradients.norms.values(), strict=True):
            shown = values[:epoch]
            line.set_data(epochs, np.where(shown > 0, shown, np.nan))  # 0 leaves a gap
            line.set_markevery([frame])
        self._surface.update(self._network, epoch)
        loss = f"{self._losses[frame]:.4f}"
        self._title.set_text(
            f"{run.experiment.heading}{SEPARATOR}epoch {epoch} of {run.epochs}{SEPARATOR}loss {loss}"
        )
        last = epoch == run.epochs
        self._status.set_text(self._verdict() if last else "")
        good, asked = self._outcome.converged_at is not None, run.stop_below is not None
        self._status.set_color(GREEN if good else VERMILION if asked else GREY)

    def _verdict(self) -> str:
        """How the run ended, in words."""
        run, end = self._network.run, self._outcome
        dead = f", {end.dead} hidden {'unit' if end.dead == 1 else 'units'} dead" if end.dead else ""
        if end.converged_at is not None:
            return f"converged: loss below {end.threshold:g} after epoch {end.converged_at}"
        if run.first_nonfinite_step is not None:
            return f"not finite from step {run.first_nonfinite_step} on"
        if not run.stopped and run.epochs < (run.epochs_planned or 0):
            return f"unfinished: {run.epochs} of {run.epochs_planned} epochs{dead}"
        if run.stop_below is None:
            return f"ended after {end.epochs} epochs{dead}"
        return f"stuck above the threshold {end.threshold:g} after {end.epochs} epochs{dead}"

    def _draw_header(self) -> tuple[Any, Any]:
        run = self._network.run
        look: dict[str, Any] = {"va": "top", "parse_math": False}
        title = self.figure.text(*_share(0.16, 4.6), "", fontsize=11, weight="bold", **look)
        details = SEPARATOR.join(filter(None, [f"seed {run.seed}", run.remarks]))
        self.figure.text(*_share(0.16, 4.36), details, color=GREY, **look)
        status = self.figure.text(
            *_share(WIDTH - 0.16, 4.37), "", fontsize=9, weight="bold", ha="right", **look
        )
        return title, status

    def _draw_network(self) -> Diagram:
        layers = self._network.layers
        hidden = len(layers) - 1
        letters = ["x", *("hgfedcba"[depth % 8] for depth in range(hidden)), "p"]
        tints = [LIGHT] * MOST_UNITS
        first = [_tint(colour) for colour in unit_colours(layers[0].units)] if hidden else tints
        fills = [tints, *([first] if hidden else []), *([tints] * max(hidden - 1, 0)), tints]
        size, limits = (4.0, 2.75), self._gradients.limits()
        self._heading(0.16, "Gradient of every weight: mean |g| over the epoch's batches")
        axes = _axes(self.figure, 0.1, 1.05, *size)
        diagram = Diagram(axes, self._network, limits, size, letters, fills)
        bar = self.figure.colorbar(
            ScalarMappable(LogNorm(*limits), gradient_colours()),
            cax=_axes(self.figure, 0.46, 0.72, 3.28, 0.1),
            orientation="horizontal",
        )
        fine_ticks(bar.ax.xaxis, *limits)
        bar.set_label("mean |g|: edges weights, rings biases (loss per unit of the parameter)")
        note = "dead: 0 for every example after the epoch"
        self.figure.text(*_share(0.16, 0.1), note, color=GREY, va="bottom")
        return diagram

    def _draw_norms(self, axes: Axes) -> list[Line2D]:
        layers, norms = self._network.layers, list(self._gradients.norms.values())
        self._heading(4.4, "Gradient norm of each layer")
        logarithmic(axes, *norms)
        axes.set_ylabel("mean ‖g‖₂ of the epoch's batches")
        fine_ticks(axes.yaxis, *axes.get_ylim())
        epoch_axis(axes, self._network.run.epochs, most=8)
        axes.grid(visible=False, axis="x")
        lines = []
        for depth in range(len(layers)):
            colour = BLACK if depth < len(layers) - 1 else GREY
            look: dict[str, Any] = {
                "color": colour,
                "linestyle": LINES[depth % len(LINES)],
                "marker": "o",
                "markersize": 3.5,  # at the epoch shown
                "clip_on": False,
            }
            lines += axes.plot([], [], **look)
        left = axes.get_position().x0
        self.figure.legend(
            lines,
            [layer.name for layer in layers],
            loc="upper left",
            bbox_to_anchor=(left, _share(0, 3.72)[1]),
            ncols=2,
            borderaxespad=0,
            borderpad=0,
        )
        return lines

    def _draw_surface(self, axes: Axes, y: NDArray[np.int64], labels: tuple[str, ...]) -> Surface:
        self._heading(6.95, "Decision surface after the epoch")
        axes.set(xlabel="x₁", ylabel="x₂")
        axes.yaxis.labelpad = 0
        units = self._network.first_hidden
        surface = Surface(axes, self._x, y, units)
        bar = self.figure.colorbar(
            ScalarMappable(Normalize(0, 1), surface_colours()),
            cax=_axes(self.figure, 6.95, 0.72, 2.5, 0.1),
            orientation="horizontal",
        )
        bar.set_label(f"p({labels[1]})")
        dot: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 4}
        handles = {
            labels[0]: Line2D([], [], color=CLASSES[0], **dot),
            labels[1]: Line2D([], [], color=CLASSES[1], **dot),
            "misclassified": Line2D([], [], color=BLACK, markerfacecolor="none", **dot),
            "p = 0.5": Line2D([], [], color=BLACK, linewidth=1.8),
            "a unit h switches on; arrow: its active side": Line2D(
                [], [], color=GREY, linestyle=(0, (4, 1.5))
            ),
        }
        self.figure.legend(
            list(handles.values())[: 5 if units else 4],
            list(handles)[: 5 if units else 4],
            loc="lower right",
            bbox_to_anchor=_share(WIDTH - 0.1, 0.1),
            ncols=5,
            columnspacing=1.2,
            handletextpad=0.5,
            borderaxespad=0,
            borderpad=0,
        )
        return surface

    def _heading(self, left: float, words: str) -> None:
        self.figure.text(*_share(left, 4.05), words, fontsize=8, va="top", color=BLACK, parse_math=False)


def _share(x: float, y: float) -> tuple[float, float]:
    """A place in inches as shares of the figure."""
    return x / WIDTH, y / HEIGHT


def _axes(figure: Figure, x: float, y: float, width: float, height: float) -> Axes:
    """Axes at a place in inches."""
    return figure.add_axes((*_share(x, y), *_share(width, height)))


def _tint(colour: str) -> Any:
    return tuple(0.35 * np.array(mpl.colors.to_rgb(colour)) + 0.65)


PICTURE = Picture(
    "flow",
    needs="run",
    asked="flow",
    files=film_files("flow"),
    draw=film_of_a_run("flow", draw_flow),
    figure=lambda material: last_frame(material.files[0], material.dataset),
    heading="The network while it learns",
    link="Network",
    alt="Animation for {title}: the network with the gradient of every weight on its edge, the gradient "
    "norms of its layers over the epochs, and its decision surface over the plane with the data.",
    seen="Left the network, every edge coloured and labelled by the magnitude of its gradient, rings for "
    "the biases; in the middle the norms of the layers' gradients; right what the network says of the "
    "plane, with misclassified points ringed and the lines at which hidden units switch on.",
    computed="Mean |g| of each weight over all batches of the epoch; layer norms are the mean ‖g‖₂ of its "
    "batches; the surface is the network's output with the weights after the epoch. First seed.",
)
