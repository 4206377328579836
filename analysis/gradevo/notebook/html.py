"""Runs and statistics as Jupyter shows them: a table, the main curves, the graph."""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from matplotlib.figure import Figure

from gradevo.notebook.curves import Curves, draw_curves
from gradevo.numbers import count, grouped, three_digits
from gradevo.pictures.catalogue import pictures
from gradevo.pictures.shown import figure
from gradevo.pictures.style.save import png
from gradevo.runfile.facts import COLUMNS, facts, gradient_bytes, tensor_rows
from gradevo.runfile.reader import Run
from gradevo.statistics.catalogue import of_level
from gradevo.statistics.opened import open_statistics
from gradevo.statistics.store import Statistics

SHOWN = ("loss", "gradient_norms", "graph")
"""Of all pictures the first that one looks at."""

MOST_ROWS = 30
"""Of a table."""

MOST_LAYERS = 60
"""Of a graph that is shown unasked."""

QUICK_BYTES = 64_000_000
"""Of recorded gradients that are analysed because a run is shown."""

WIDTH = 680
"""Of an image on the page, in pixels; it has more dots, for fine screens."""

DOTS = 850


def html_of(shown: Run | Statistics) -> str:
    """A page of a run or of its statistics, without script, style sheet or clock.

    Of a run with few gradients the curves and the graph are those of its statistics, which are computed for
    it; of a larger one they are what the file tells without that, the losses.
    """
    parts = _run(shown) if isinstance(shown, Run) else _statistics(shown)
    return "<div>\n" + "\n".join(parts) + "\n</div>"


def _run(run: Run) -> Iterator[str]:
    yield _table((), facts(run).items())
    yield _table(COLUMNS, tensor_rows(run))
    if not run.steps:
        return
    if gradient_bytes(run) <= QUICK_BYTES:
        with open_statistics(run.path) as statistics:
            yield from _pictures(statistics)
        return
    metrics = {split: run.metrics(split) for split in ("train", "validation")}
    curves = Curves(run.step("loss"), None, run.timeline.stops.tolist(), metrics)
    yield _image(draw_curves(curves, run.experiment.heading), "loss of every step and epoch")
    yield _note("A large record: gradevo.analyse computes its statistics, which show norms and graph.")


def _statistics(run: Statistics) -> Iterator[str]:
    bad = run.first_nonfinite_step
    told = {
        "run": f"{run.experiment.heading}, seed {run.seed}",
        "epochs": grouped(run.epochs),
        "steps": grouped(run.steps),
        "parameters": f"{grouped(run.size())} in {count(len(run.tensors), 'tensor')}",
        "non-finite": "no step" if bad is None else f"from step {bad} (from 0)",
        "remarks": run.data_label or "none",
    }
    if run.epochs:
        for split in ("train", "validation"):
            metrics = run.metrics(split)
            if metrics:
                words = (f"{name} {three_digits(float(values[-1]))}" for name, values in metrics.items())
                told[f"{split}, last epoch"] = ", ".join(words)
    yield _table((), told.items())
    if run.epochs and run.layers:
        wanted = of_level("layer")
        rows = [
            (layer, *(three_digits(float(run.layer(name, layer)[-1])) for name in wanted))
            for layer in run.layers[: MOST_ROWS + 1]
        ]
        yield _table(("layer, last epoch", *(one.label for one in wanted.values())), rows, len(run.layers))
    yield from _pictures(run)


def _pictures(run: Statistics) -> Iterator[str]:
    for name in SHOWN:
        layers = len(run.graph.layers)
        if name == "graph" and layers > MOST_LAYERS:
            yield _note(f"{count(layers, 'layer')}: gradevo.figure('graph', …) draws their graph.")
        if name == "graph" and not 0 < layers <= MOST_LAYERS:
            continue
        yield _image(figure(name, run), pictures()[name].alt.format(title=run.experiment.heading))


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], length: int = 0) -> str:
    """Rows with their first cell as heading; of more than `MOST_ROWS` the first ones, and how many more."""
    every = list(rows)
    lines = []
    if header:
        lines.append("<thead>" + _row(header, "th") + "</thead>")
    lines += [_row(row, "td") for row in every[:MOST_ROWS]]
    left = max(length, len(every)) - MOST_ROWS
    if left > 0:
        lines.append(_row((f"… and {left} more",), "td"))
    return "<table>\n" + "\n".join(lines) + "\n</table>"


def _row(cells: Sequence[str], kind: str) -> str:
    first, *others = (escape(cell) for cell in cells)
    rest = "".join(f"<{kind}>{cell}</{kind}>" for cell in others)
    return f'<tr><th style="text-align: left">{first}</th>{rest}</tr>'


def _image(drawn: Figure, words: str) -> str:
    data = b64encode(png(drawn, DOTS)).decode()
    return f'<img width="{WIDTH}" alt="{escape(words)}" src="data:image/png;base64,{data}">'


def _note(words: str) -> str:
    return f"<p>{escape(words)}</p>"
