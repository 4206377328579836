"""Gradient descent on the summed squared error of a line through the origin, y = w·x: what theory says of it.

The loss L(w) = Σ(w·x − t)² is a parabola. Its curvature L″ = 2·Σx² is the same everywhere, so a step of
gradient descent with learning rate η multiplies the distance to the lowest point w* by 1 − η·L″, exactly.
η = 1/L″ arrives in one step, η > 2/L″ diverges (LeCun, Bottou, Orr and Müller, *Efficient BackProp*, 1998).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradevo.datasets.prepared import load
from gradevo.errors import GradevoError
from gradevo.pictures.examples.network import Network
from gradevo.pictures.style.frame import SEPARATOR
from gradevo.runfile.reader import Run

SLOW = 0.8
"""A monotone descent is slow if a step leaves more than this share of the distance (0.8¹⁰ is about 0.1)."""

EXACT = 1e-6
"""This near to a border, learning rate × curvature counts as the border itself: data may be float32."""

AGREEMENT = 1e-4
"""Relative tolerance of what the record must agree with."""


def classify(rate_times_curvature: float) -> str:
    """Name a descent by η·L″: slow, steady, fast, bumping, bouncing or diverging.

    Below 1 it is monotone, at 1 it needs exactly one step, from 1 to 2 it overshoots but comes closer, at 2
    it jumps to and fro for ever, and above 2 it moves away.
    """
    if abs(rate_times_curvature - 1) <= EXACT:
        return "fast"
    if abs(rate_times_curvature - 2) <= EXACT:
        return "bouncing"
    if rate_times_curvature < 1:
        return "slow" if 1 - rate_times_curvature > SLOW else "steady"
    return "bumping" if rate_times_curvature < 2 else "diverging"


@dataclass(frozen=True)
class Squares:
    """The summed squared error over w. x, t ``(n,)``: the data."""

    x: NDArray[np.float64]
    t: NDArray[np.float64]

    @property
    def curvature(self) -> float:
        """L″ = 2·Σx², loss per unit of w squared."""
        return float(2 * np.sum(self.x**2))

    @property
    def best(self) -> float:
        """The w of the lowest loss, Σx·t / Σx²."""
        return float(np.sum(self.x * self.t) / np.sum(self.x**2))

    def loss(self, w: NDArray[Any] | float) -> NDArray[np.float64]:
        """L at every w: the shape of w."""
        errors = np.multiply.outer(np.asarray(w, dtype=np.float64), self.x) - self.t
        total: NDArray[np.float64] = np.sum(errors**2, axis=-1)
        return total


@dataclass(frozen=True)
class Descent:
    """A recorded descent of n steps.

    title: of the dataset. w ``(n + 1,)``: before every step and after the last. slope, loss ``(n,)``: those
    at the w before the step.
    """

    title: str
    remarks: str
    rate: float
    squares: Squares
    w: NDArray[np.float64]
    slope: NDArray[np.float64]
    loss: NDArray[np.float64]

    @property
    def product(self) -> float:
        """Learning rate × curvature, which decides everything."""
        return self.rate * self.squares.curvature

    @property
    def factor(self) -> float:
        """What a step multiplies the distance to the lowest point by; negative if it overshoots."""
        factor = 1 - self.product
        return 0.0 if abs(factor) <= EXACT else factor

    @property
    def name(self) -> str:
        """See `classify`."""
        return classify(self.product)

    @property
    def span(self) -> float:
        """The largest distance of w from the lowest point; 1 if it is there all the time."""
        return float(np.abs(self.w - self.squares.best).max()) or 1.0

    @property
    def lowest(self) -> float:
        """The lowest possible loss."""
        return float(self.squares.loss(self.squares.best))

    @property
    def losses(self) -> NDArray[np.float64]:
        """The loss at every w, ``(n + 1,)``: the recorded ones, and the computed one after the last step."""
        return np.append(self.loss, self.squares.loss(self.w[-1]))


def read_descent(run_path: str | Path, data_path: str | Path) -> Descent:
    """Read a run of a Dense layer with one weight, one input and no bias, a step an epoch, and its data.

    Raises GradevoError if it is another run, not plain gradient descent, or not on these data.
    """
    with Run(run_path) as run:
        network = Network.of(run)
        first = network.layers[0]
        if network.units != [1, 1] or first.activation != "linear" or first.bias is not None:
            raise _fault(run, "one linear Dense layer with one weight and no bias", "another network")
        if (run.timeline.lengths != 1).any() or not run.steps:
            found = f"{run.steps} steps, {run.timeline.per_epoch} in the first epoch"
            raise _fault(run, "one step an epoch and at least one of them", found)
        rate = run.experiment.optimizer.learning_rate
        if rate is None or not np.isfinite(rate) or rate <= 0:
            raise _fault(run, "a learning rate in the experiment's optimizer", str(rate))
        data = load(Path(data_path))
        x = data.x_train.reshape(len(data.x_train), -1).astype(np.float64)
        if x.shape[1] != 1 or not np.any(x):
            raise _fault(run, "data with one feature that is not always 0", f"features of shape {x.shape}")
        rows = range(run.steps + 1)
        descent = Descent(
            title=data.title,  # experiments on it may well have their learning rate in theirs
            remarks=run.remarks,
            rate=float(rate),
            squares=Squares(x[:, 0], data.y_train.astype(np.float64)),
            w=np.array([float(run.weights(first.kernel, row)[0, 0]) for row in rows]),
            slope=run.read_gradients(first.kernel, 0, run.steps)[:, 0, 0].astype(np.float64),
            loss=run.step("loss").astype(np.float64),
        )
        _check(run, descent)
        return descent


def _check(run: Run, descent: Descent) -> None:
    """The formulas that the pictures show must be those of the record."""
    steps = descent.rate * descent.slope
    size = np.abs(descent.w[:-1]) + np.abs(steps) + 1e-12
    if not np.all(np.abs(np.diff(descent.w) + steps) <= AGREEMENT * size):
        raise _fault(run, "plain gradient descent, w − learning rate × gradient", "other steps")
    computed = descent.squares.loss(descent.w[:-1])
    scale = AGREEMENT * (computed + np.sum(descent.squares.t**2))
    if not np.all(np.abs(computed - descent.loss) <= scale):
        found = f"{descent.loss[0]:g} instead of {computed[0]:g} in the first step"
        raise _fault(run, "the summed squared error of these data as loss", found)


def protocol(descent: Descent) -> str:
    """What learning rate and curvature mean for every step, in a line."""
    curvature, remarks = descent.squares.curvature, f"{SEPARATOR}{descent.remarks}" if descent.remarks else ""
    return (
        f"learning rate × curvature = {descent.rate:g} × {curvature:g} = {descent.product:.4g}: a step "
        f"multiplies the distance to the lowest point by {factor_text(descent)}{remarks}"
    )


def factor_text(descent: Descent) -> str:
    """The factor of a step in a few characters, with a true minus."""
    return f"{descent.factor:.4g}".replace("-", "−")


def _fault(run: Run, expected: str, found: str) -> GradevoError:
    return GradevoError(
        f"{run.path}: expected {expected}, found {found}; the descent's pictures show no other"
    )
