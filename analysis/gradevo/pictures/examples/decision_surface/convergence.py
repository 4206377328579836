"""Which of many seeds converged, which got stuck, and what each has learned: a table and a figure."""

from collections.abc import Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from gradevo.atomic import atomic_file
from gradevo.errors import GradevoError
from gradevo.metrics import metric_of
from gradevo.pictures.examples.decision_surface.record import Outcome, plane, summary, tabulated
from gradevo.pictures.examples.decision_surface.surface import Surface
from gradevo.pictures.examples.drawing import fine_ticks
from gradevo.pictures.examples.network import Network
from gradevo.pictures.picture import Material, Picture, figure_files
from gradevo.pictures.style.axes import epoch_axis, logarithmic
from gradevo.pictures.style.frame import headline, new_figure
from gradevo.pictures.style.house import BLACK, BLUE, GREEN, GREY, PAGE, VERMILION, house_style
from gradevo.pictures.style.save import save
from gradevo.runfile.reader import Run

THRESHOLD = 1e-3
"""Of the loss, for runs that name none."""

LUCKY: dict[str, Any] = {
    "marker": "o",
    "markersize": 4.2,
    "markerfacecolor": "white",
    "linestyle": "none",
    "zorder": 5,
}
"""The mark of `Outcome.lucky_at`."""

JOIN = {"arrowstyle": "-", "linewidth": 0.4, "shrinkA": 0, "shrinkB": 0, "relpos": (0, 0.5)}
"""The line from a curve's end to its label."""

COLUMNS = 7
"""Small surfaces side by side."""

ROW = 0.125
"""Height of a curve's label, in inches."""


def draw_convergence(
    run_paths: Sequence[str | Path],
    data_path: str | Path,
    table: str | Path,
    folder: str | Path,
    threshold: float | None = None,
) -> list[Outcome]:
    """Compare the runs of one experiment, one per seed, in a table and a figure.

    `table` (CSV) has a row per seed, ascending: seed, epochs, loss and the first metric after the last epoch,
    dead_hidden_units, converged (the loss over all training data got below the threshold),
    converged_at_epoch, and first_epoch_with_last_batch_below (of one batch: luck, where batches are small).
    ``convergence.png`` and ``.pdf`` in `folder` show every seed's loss over the epochs, and the decision
    surface at its end, by ascending loss.
    threshold: by default the one at which the runs were told to end, else `THRESHOLD`.

    Returns the outcomes by seed. Raises GradevoError for networks and data that `draw_flow` refuses, for runs
    of several experiments, and for two runs with the same seed.
    """
    figure, outcomes = compare_seeds(run_paths, data_path, threshold)
    save(figure, Path(folder), "convergence")
    with atomic_file(Path(table)) as partial:
        tabulated(outcomes).to_csv(partial, index=False, lineterminator="\n")
    return outcomes


def compare_seeds(
    run_paths: Sequence[str | Path], data_path: str | Path, threshold: float | None = None
) -> tuple[Figure, list[Outcome]]:
    """The figure and the outcomes by seed; see `draw_convergence`."""
    with ExitStack() as files:
        runs = sorted((files.enter_context(Run(path)) for path in run_paths), key=lambda run: run.seed)
        _check(runs)
        networks = [Network.of(run) for run in runs]
        planes = [plane(network, Path(data_path)) for network in networks]
        if threshold is None:
            threshold = THRESHOLD if runs[0].stop_below is None else runs[0].stop_below
        x, y, labels = planes[0]
        outcomes = [Outcome.of(network, x, threshold) for network in networks]
        return _draw(networks, outcomes, x, y, labels), outcomes


def _check(runs: Sequence[Run]) -> None:
    """One experiment, each seed once."""
    for one, other in pairwise(runs):
        if one.experiment != other.experiment or one.seed == other.seed:
            same = one.experiment == other.experiment
            different = f"seed {one.seed} again" if same else "another experiment"
            raise GradevoError(
                f"{other.path}: expected runs of one experiment with different seeds, found {different}; "
                f"compare with {one.path}"
            )


@house_style()
def _draw(
    networks: Sequence[Network],
    outcomes: Sequence[Outcome],
    x: NDArray[np.float64],
    y: NDArray[np.int64],
    labels: Sequence[str],
) -> Figure:
    ends = sorted(zip(networks, outcomes, strict=True), key=lambda end: (end[1].loss, end[1].seed))
    rows = -(-len(ends) // COLUMNS)
    top, cell = max(2.2, ROW * len(ends) + 0.3), 1.16
    figure = new_figure(PAGE, 0.95 + top + cell * rows)
    runs: Any = [network.run for network in networks]  # with seed and experiment, as Statistics have them
    headline(figure, runs, "which seeds converge", *summary(outcomes).split(" · "))
    parts: Any = figure.subfigures(2, 1, height_ratios=[top, cell * rows + 0.3])
    above, below = parts
    _draw_losses(above.add_subplot(), ends)
    below.suptitle(
        f"What each seed has learned, by ascending loss. Blue: {labels[0]}, orange: {labels[1]}, "
        "line: p = 0.5,\ndashes: a hidden unit switches on, rings: misclassified data",
        fontsize=7.5,
        x=0.01,
        ha="left",
    )
    for place, (network, end) in enumerate(ends, start=1):
        axes = below.add_subplot(rows, COLUMNS, place)
        Surface(axes, x, y, network.first_hidden, plain=True).update(network, end.epochs)
        axes.set(xticks=[], yticks=[])
        axes.set_title(f"seed {end.seed}: {end.loss:.3f}", color=_colour(end), fontsize=6.5, loc="center")
        for spine in axes.spines.values():
            spine.set(visible=True, color=_colour(end), linewidth=1.1)
    return figure


def _draw_losses(axes: Axes, ends: Sequence[tuple[Network, Outcome]]) -> None:
    curves = [(network.run.metrics("train")["loss"], end) for network, end in ends]
    for loss, end in curves:
        axes.plot(np.arange(1, 1 + len(loss)), loss, color=_colour(end), linewidth=0.8)
    logarithmic(axes, *(loss for loss, _ in curves))
    epoch_axis(axes, max(end.epochs for _, end in curves))
    axes.set_ylabel(metric_of("loss", ends[0][0].run.experiment.loss).label)
    fine_ticks(axes.yaxis, *axes.get_ylim())
    threshold = ends[0][1].threshold
    low, _ = axes.get_ylim()
    if threshold > low:
        axes.axhline(threshold, color=BLACK, linewidth=0.8, linestyle=":")
    note = (
        f"dotted: threshold {threshold:g}" if threshold > low else f"↓ the threshold, {threshold:g}, is below"
    )
    axes.text(0.01, 0.02, note, transform=axes.transAxes, color=GREY)
    _label_ends(axes, curves)
    for loss, end in sorted(curves, key=lambda curve: curve[1].seed):
        if end.lucky_at is not None:
            axes.plot([end.lucky_at], [loss[end.lucky_at - 1]], color=_colour(end), **LUCKY)
    kinds = dict(sorted({end.words: _colour(end) for _, end in curves}.items()))
    handles = [Line2D([], [], color=colour) for colour in kinds.values()]
    names = list(kinds)
    if any(end.lucky_at is not None for _, end in curves):
        handles.append(Line2D([], [], color=GREY, **LUCKY))
        names.append("first epoch whose last batch alone is below the threshold")
    axes.legend(handles, names, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2, ncols=len(names))


def _label_ends(axes: Axes, curves: Sequence[tuple[NDArray[np.float64], Outcome]]) -> None:
    """Each curve's seed at the right, evenly spread, joined with the curve's end by a thin line."""
    to_share = axes.transData + axes.transAxes.inverted()
    wanted = [to_share.transform((1.0, loss[-1]))[1] for loss, _ in curves]
    for at, (loss, end) in zip(spread(wanted, 0.96 / max(len(curves), 14)), curves, strict=True):
        colour = _colour(end)
        axes.annotate(
            f"seed {end.seed}: {end.loss:.3f}"
            + (f", {end.metric[0]} {end.metric[1]:.3f}" if end.metric else ""),
            xy=(end.epochs, loss[-1]),
            xytext=(1.06, at),
            textcoords="axes fraction",
            color=colour,
            fontsize=6.5,
            va="center",
            arrowprops={"color": colour, **JOIN},
        )


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Ascending places from 0 to 1 near those wanted (ascending), no two nearer than `gap`.

    gap: at most 1 / (len(wanted) - 1).
    """
    places: list[float] = []
    for want in wanted:
        places.append(max(want, 0.0, places[-1] + gap if places else 0.0))
    limit = 1.0
    for at in reversed(range(len(places))):
        places[at] = limit = min(places[at], limit)
        limit -= gap
    return places


def _colour(end: Outcome) -> str:
    return GREEN if end.converged_at is not None else (BLUE, VERMILION)[end.dead > 0]


def _drawn(material: Material) -> list[str]:
    table, folder = material.folder / "convergence.csv", material.folder / "figures"
    outcomes = draw_convergence(material.files, material.dataset, table, folder, material.threshold)
    lines = [
        f"seed {one.seed}: {one.words}, loss {one.loss:.4f} after {one.epochs} epochs" for one in outcomes
    ]
    return [*lines, summary(outcomes)]


PICTURE = Picture(
    "convergence",
    needs="all runs",
    asked="convergence",
    files=("convergence.csv", *figure_files("convergence")),
    draw=_drawn,
    figure=lambda material: compare_seeds(material.files, material.dataset, material.threshold)[0],
    heading="Which seeds converge",
    link="Convergence",
    alt="Line chart for {title}: loss of every seed over the epochs, with the threshold; below, what each "
    "seed has learned of the plane.",
    seen="The loss of every seed over the epochs, with the threshold it was to get below; below it what "
    "each seed has learned, by ascending loss.",
    computed="The loss is that of all training data after the epoch; a unit is dead if it gives 0 for every "
    "example with the last weights.",
)
