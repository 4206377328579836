"""How a network of one hidden layer learns a curve: number by number."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from gradevo.numbers import number, power
from gradevo.pictures.examples.curve_fit.moments import Moment, Record
from gradevo.pictures.examples.curve_fit.values import Bars, Cells, exponent_of, in_units, largest
from gradevo.pictures.examples.curve_fit.wiring import Wiring, draw_key
from gradevo.pictures.examples.drawing import film_figure
from gradevo.pictures.film.film import film
from gradevo.pictures.picture import Picture, film_files, film_of_a_run
from gradevo.pictures.style.axes import logarithmic
from gradevo.pictures.style.frame import SEPARATOR
from gradevo.pictures.style.house import BLACK, BLUE, GREY, SKY, VERMILION, house_style
from gradevo.runfile.reader import Run

WIDTH, HEIGHT, DOTS = 16.0, 11.0, 100
"""Of the picture, in inches and dots per inch: 1600 × 1100 pixels."""

CENTISECONDS = 70
"""How long a frame stays."""

PAIR = (
    "Every picture is one moment: the weights before the step's update, with the loss and the gradients\n"
    "at these very weights. What the update makes of them is seen in the next step."
)

LETTERS = 11
"""Size of labels, in points."""

LEFT, MIDDLE, RIGHT = (0.042, 0.225), (0.283, 0.35), (0.668, 0.324)
"""Where the columns of panels begin and how wide they are, in shares of the picture."""


@house_style()
def draw_fit(
    run_path: str | Path, data_path: str | Path, gif: str | Path, mp4: str | Path, every: int = 5
) -> None:
    """Draw the training of a network 1-hidden-1 on all its data, a picture of every n-th step, n = `every`.

    Panels: data and fit; loss; the network with its weights and the gradients that flow back; both weight
    matrices; biases; the gradients of all parameters; a legend. A picture pairs the weights *before* a step's
    update with the loss and the gradients *at* them, never updated weights with the gradient before.
    All axes and colours are fixed over the run; those of weights and gradients are symmetric about zero.

    run_path: a run of a Sequential network of Dense layers with one input, up to 12 hidden neurons and one
    output, an epoch a step. data_path: its prepared dataset. The files appear whole or not at all.
    Raises GradevoError for another run and for other data.
    """
    with Run(run_path) as run:
        picture = CurveFit(Record(run, Path(data_path)), range(0, run.steps, every))
        film(
            picture.figure,
            picture.update,
            len(picture.steps),
            gif,
            mp4,
            centiseconds=CENTISECONDS,
            moving=picture.moving,
        )


@house_style()
def last_frame(run_path: str | Path, data_path: str | Path) -> Figure:
    """The figure of the last step; see `draw_fit`."""
    with Run(run_path) as run:
        return CurveFit(Record(run, Path(data_path)), [run.steps - 1]).figure


class CurveFit:
    """The figure; every artist is created here, and `update` changes those of `moving`."""

    def __init__(self, record: Record, steps: Sequence[int]) -> None:
        """steps: those that will be shown; they decide the axes and colours."""
        self.steps, self._record = steps, record
        self.figure = film_figure(WIDTH, HEIGHT, DOTS)
        moments = self._moments = [record.at(step) for step in steps]
        names = [f"h{place + 1}" for place in range(record.hidden)]
        weight = largest(moment.weights[part] for moment in moments for part in (0, 2))
        gradient = largest(values for moment in moments for values in moment.gradients)

        self._state = self._header()
        self._curve, self._kinks = _data(self._panel("data and fit", LEFT, 0.61, 0.29), record, moments)
        self._past, self._now = _loss(self._panel(f"loss ({record.loss_name})", LEFT, 0.35, 0.19), record)
        draw_key(self._panel("signs and colours", (0.02, 0.225), 0.03, 0.24), weight)
        network = self._panel("network: weights and gradients of all edges", MIDDLE, 0.05, 0.85)
        self._wiring = Wiring(network, names, weight, gradient)
        self._rows = self._tables(names, moments, weight, gradient)
        self.figure.text(MIDDLE[0], 0.01, PAIR, fontsize=10.5, color=GREY, linespacing=1.3)
        self.moving: list[Artist] = [self._state, self._curve, self._kinks, self._past, self._now]
        for part in (self._wiring, *self._rows):
            self.moving += part.moving
        self.update(0)

    def update(self, frame: int) -> None:
        """Show a frame, whatever was shown before."""
        moment = self._moments[frame]
        w1, b1, w2, b2 = moment.weights
        d1, db1, d2, db2 = moment.gradients
        norm = np.sqrt(sum(np.nansum(values**2) for values in moment.gradients))
        last = len(self._record.losses) - 1
        self._state.set_text(
            f"step {moment.step} of {last}{SEPARATOR}"
            f"loss {_steady(moment.loss)}{SEPARATOR}gradient norm {_steady(float(norm))}"
        )
        self._curve.set_ydata(moment.curve)
        self._kinks.set_data(*moment.kinks)
        self._past.set_data(np.arange(moment.step + 1), self._record.losses[: moment.step + 1])
        self._now.set_data([moment.step], [moment.loss])
        self._wiring.show(np.concatenate([w1, w2]), np.concatenate([d1, d2]), b1, float(b2[0]), moment.active)
        shown = (w1, w2, np.concatenate([b1, b2]), d1, d2, np.concatenate([db1, db2]))
        for row, values in zip(self._rows, shown, strict=True):
            row.show(values)

    def _panel(
        self, title: str, column: tuple[float, float], bottom: float, height: float, pad: int = 7
    ) -> Axes:
        """Axes at that place, in shares of the picture, under a title."""
        axes = self.figure.add_axes((column[0], bottom, column[1], height))
        axes.set_title(title, fontsize=12.5, weight="bold", pad=pad, y=1)
        axes.tick_params(labelsize=10)
        return axes

    def _header(self) -> Text:
        """Title and, in grey, the protocol; gives the text that tells the state."""
        record = self._record
        self.figure.text(0.02, 0.972, record.run.experiment.heading, fontsize=17, weight="bold", va="center")
        details = record.description + SEPARATOR + record.protocol
        self.figure.text(0.02, 0.943, details, fontsize=LETTERS, color=GREY, va="center")
        return self.figure.text(0.99, 0.972, "", fontsize=17, weight="bold", ha="right", va="center")

    def _tables(
        self, names: Sequence[str], moments: Sequence[Moment], weight: float, gradient: float
    ) -> list[Cells | Bars]:
        """Weights, biases and gradients, a column a neuron: w₁, w₂, b, ∂w₁, ∂w₂, ∂b."""
        every, columns = [*names, "out"], len(names) + 1
        bias = largest(moment.weights[part] for moment in moments for part in (1, 3))
        exponent = exponent_of(gradient)
        unit = f", in {power(exponent)}"

        def numbers(value: float) -> str:
            return in_units(value, exponent)

        def bars(title: str, bottom: float, whose: Sequence[str]) -> Bars:
            axes = self._panel(title, RIGHT, bottom, 0.095, pad=23)
            return Bars(axes, whose, columns, gradient, numbers, logarithmic=True)

        biases = self._panel("biases: b₁ of the hidden neurons, b₂ of the output", RIGHT, 0.58, 0.095, pad=23)
        return [
            Cells(self._panel("weights w₁, input → hidden", RIGHT, 0.857, 0.043), names, columns, weight),
            Cells(self._panel("weights w₂, hidden → output", RIGHT, 0.757, 0.043), names, columns, weight),
            Bars(biases, every, columns, bias),
            bars(f"gradients ∂loss/∂w₁{unit} (log. axis)", 0.41, names),
            bars(f"gradients ∂loss/∂w₂{unit}", 0.235, names),
            bars(f"gradients ∂loss/∂b₁ and ∂loss/∂b₂{unit}", 0.06, every),
        ]


def _data(axes: Axes, record: Record, moments: Sequence[Moment]) -> tuple[Line2D, Line2D]:
    """The points; the lines of the fit and of its kinks, still empty."""
    x, y = record.x[:, 0], record.y
    axes.plot(x, y, "o", color=SKY, markersize=5, markeredgewidth=0, alpha=0.8, label="data")
    (curve,) = axes.plot(record.grid, np.zeros_like(record.grid), color=VERMILION, linewidth=2.5, label="fit")
    kinks = axes.plot(
        [], [], "|", color=BLACK, markersize=14, markeredgewidth=1.5, label="a hidden neuron switches"
    )
    every = np.concatenate([y, *(moment.curve[np.isfinite(moment.curve)] for moment in moments)])
    margin = 0.05 * (np.ptp(every) or 1)
    axes.set_ylim(every.min() - margin, every.max() + margin)
    axes.set_xlabel("x", fontsize=LETTERS)
    axes.set_ylabel("y", fontsize=LETTERS, labelpad=2)
    axes.legend(loc="upper center", fontsize=10)
    return curve, kinks[0]


def _loss(axes: Axes, record: Record) -> tuple[Line2D, Line2D]:
    """The lines of the past and of the present, still empty."""
    (past,) = axes.plot([], [], color=BLUE, linewidth=2)
    (now,) = axes.plot([], [], "o", color=VERMILION, markersize=8)
    logarithmic(axes, record.losses)
    last = len(record.losses) - 1
    axes.set_xlim(-0.03 * max(last, 1), 1.03 * max(last, 1))
    axes.set_xlabel("step", fontsize=LETTERS)
    return past, now


def _steady(value: float) -> str:
    """A number that keeps its width while it changes, unless it is large."""
    return f"{value:.4f}" if abs(value) < 10 else number(value)


PICTURE = Picture(
    "fit",
    needs="run",
    asked="fit",
    files=film_files("fit"),
    draw=film_of_a_run("fit", draw_fit),
    figure=lambda material: last_frame(material.files[0], material.dataset),
    heading="Every number of the network",
    link="Network",
    alt="Animation for {title}: data and fitted curve, loss, the network with weights and gradients on its"
    " edges, and every weight, bias and gradient as a number.",
    seen="Left the data, the fit and the loss; in the middle the network, its weights (wide) and their "
    "gradients (thin, flowing back); right every weight, bias and gradient as a number.",
    computed="Every picture is one moment: the weights before the step's update, and loss and gradients of "
    "exactly these weights. Every fifth step is shown.",
)
