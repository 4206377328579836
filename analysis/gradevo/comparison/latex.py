r"""The summary as two LaTeX tables with the rules of booktabs, for a page of two columns.

``\usepackage{booktabs}`` and ``\input{summary.tex}`` are all they need.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from gradevo.comparison.ensembles import Ensemble
from gradevo.comparison.measures import TARGET
from gradevo.comparison.summary import metric_names
from gradevo.figures.loss import ACCURACIES
from gradevo.whole import whole

MISSING = "--"

RANGE = r"The small line below is the range over seeds, the line above it their median. "

TRAININGS = (
    r"The trainings that are compared. Loss and metric are those of the whole training set, after the first and "
    r"after the last epoch; t.u.\ is the unit of the target. "
)

GRADIENTS = (
    r"What the gradients do. Gradient norm: L1 norm per element of an epoch's gradient, last epoch over first "
    r"epoch. Dissolved: share of the accumulated norm that the epochs' gradients took back from each other. Path "
    r"efficiency: L2 norm of the sum of all batches' gradients over the sum of their norms. Cosine and sign flips: "
    r"of successive batches' gradients, mean over the last quarter of the epochs. Update-to-weight: norm of the "
    r"last epoch's change of the weights over their norm. "
)


class Number(NamedTuple):
    """Median and range over the seeds that have a value."""

    median: float
    low: float
    high: float
    seeds: int


Form = Callable[[float], str]


class _Column(NamedTuple):
    """A column of numbers: the two lines of its head, its quantity in the summary, how it is written."""

    head: str
    below: str
    quantity: str
    form: Form


def count(value: float) -> str:
    """A count: ``25,474``; one decimal where a median falls between two."""
    if not np.isfinite(value):
        return MISSING
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def decimal(value: float) -> str:
    r"""Three significant digits: ``0.0304``, ``$-$0.12``, ``$3.2\times10^{-8}$``."""
    if not np.isfinite(value):
        return MISSING
    if value == 0:
        return "0"
    mantissa, exponent = f"{abs(value):.2e}".split("e")
    power = int(exponent)
    if -4 <= power < 5:
        digits = f"{abs(value):.{max(2 - power, 0)}f}"
        return digits if value > 0 else f"$-${digits}"
    return rf"${'-' if value < 0 else ''}{mantissa}\times10^{{{power}}}$"


def percent(value: float) -> str:
    """A share in per cent, without the sign."""
    return decimal(100 * value)


def span(number: Number, form: Form) -> str:
    r"""The range, small: ``{\scriptsize 0.02--0.17}``; empty where one seed or one value is all there is."""
    if number.seeds < 2 or number.low == number.high:
        return ""
    between = " to " if number.low < 0 else "--"
    return rf"{{\scriptsize {form(number.low)}{between}{form(number.high)}}}"


def write_latex(table: pd.DataFrame, ensembles: Sequence[Ensemble], path: Path) -> Path:
    """Write the two tables of a summary (`summarize`) as ``summary.tex``; the file appears when it is complete."""
    text = "\n".join([trainings(table, ensembles), gradients(table, ensembles)])
    with whole(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")
    return path


def trainings(table: pd.DataFrame, ensembles: Sequence[Ensemble]) -> str:
    """The table of sizes, losses and metrics."""
    rows = []
    for ensemble in ensembles:
        found = _numbers(table, ensemble.name)
        metric = next(iter(metric_names(ensemble.runs[0])), None)
        form = percent if metric in ACCURACIES else decimal
        top, bottom = [], []
        for quantity, written in (
            ("parameters", count),
            ("epochs", count),
            ("steps", count),
            ("loss_first", decimal),
            ("loss_last", decimal),
            (f"{metric}_first", form),
            (f"{metric}_last", form),
        ):
            number = found.get(quantity)
            top.append(written(number.median) if number else "")
            bottom.append(span(number, written) if number else "")
        loss_unit = _short(_unit(table, ensemble.name, "loss_last"))
        words = _metric(table, ensemble.name, metric)
        rows.append(
            (
                [str(len(ensemble.runs)), *top[:5], loss_unit, *top[5:], words],
                ["", *bottom[:5], "", *bottom[5:], ""],
            )
        )
    heads = [
        ("", "seeds"),
        ("", "parameters"),
        ("", "epochs"),
        ("", "steps"),
        *(("training loss", below) for below in ("first", "last", "unit")),
        *(("training metric", below) for below in ("first", "last", "name (unit)")),
    ]
    return _latex(ensembles, rows, heads, "lrrrrrrlrrl", TRAININGS, "tab:trainings")


def gradients(table: pd.DataFrame, ensembles: Sequence[Ensemble]) -> str:
    """The table of what the gradients do."""
    columns = (
        _Column("gradient norm", "last / first", "gradient_norm_last", decimal),
        _Column("dissolved", r"(\%)", "dissolving_ratio_last", percent),
        _Column("path efficiency", r"(\%)", "path_efficiency_last", percent),
        _Column("cosine", "last quarter", "cosine_last_quarter", decimal),
        _Column("sign flips", r"last quarter (\%)", "sign_flip_rate_last_quarter", percent),
        _Column("update-to-weight", r"last epoch (\%)", "update_to_weight_last", percent),
    )
    rows = []
    for ensemble in ensembles:
        found = _numbers(table, ensemble.name)
        top = [column.form(found[column.quantity].median) for column in columns]
        bottom = [span(found[column.quantity], column.form) for column in columns]
        rows.append(([str(len(ensemble.runs)), *top], ["", *bottom]))
    heads = [("", "seeds"), *((column.head, column.below) for column in columns)]
    return _latex(ensembles, rows, heads, "lrrrrrrr", GRADIENTS, "tab:gradients")


def escaped(text: str) -> str:
    """Text for LaTeX; pandas escapes the same characters."""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    special |= {char: f"\\{char}" for char in "&%$#_{}"}
    return "".join(special.get(char, char) for char in text)


def _latex(
    ensembles: Sequence[Ensemble],
    rows: Sequence[tuple[list[str], list[str]]],
    heads: Sequence[tuple[str, str]],
    alignment: str,
    caption: str,
    label: str,
) -> str:
    """A table of cells in LaTeX, two lines an experiment where there are ranges."""
    titles, cells = [], []
    for ensemble, (top, bottom) in zip(ensembles, rows, strict=True):
        titles.append(escaped(ensemble.title))
        cells.append(top)
        if any(bottom):
            titles.append("")
            cells.append(bottom)
    index = pd.Index(titles, name=None)
    frame = pd.DataFrame(cells, index=index, columns=pd.MultiIndex.from_tuples(heads))
    ranges = RANGE if any(any(bottom) for _, bottom in rows) else ""
    styles = [  # commands before the table, in the notation of pandas
        {"selector": "footnotesize", "props": ":;"},
        {"selector": "setlength", "props": r":{\tabcolsep}{3.5pt};"},
    ]
    # Rows that share a title, or have none, are no trouble for to_latex as long as no style is by row.
    latex: str = frame.style.set_table_styles(styles).to_latex(
        hrules=True,
        column_format=alignment,
        environment="table*",
        position="tbp",
        position_float="centering",
        multicol_align="c",
        caption=(caption + ranges + _remarks(ensembles)).strip(),
        label=label,
    )
    return latex


def _remarks(ensembles: Sequence[Ensemble]) -> str:
    """What must be said of the data, by experiment."""
    said = [
        f"{escaped(ensemble.title)}: {escaped(label)}."
        for ensemble in ensembles
        for label in sorted({run.data_label for run in ensemble.runs if run.data_label})
    ]
    return " ".join(said)


def _numbers(table: pd.DataFrame, experiment: str) -> dict[str, Number]:
    rows = table[table.experiment == experiment]
    return {
        str(quantity): Number(float(median), float(low), float(high), int(seeds))
        for quantity, median, low, high, seeds in zip(
            rows.quantity, rows["median"], rows.low, rows.high, rows.seeds, strict=True
        )
    }


def _unit(table: pd.DataFrame, experiment: str, quantity: str) -> str:
    rows = table[(table.experiment == experiment) & (table.quantity == quantity)]
    return str(rows.unit.iloc[0])


def _short(unit: str) -> str:
    return escaped(unit.replace(TARGET, "t.u.").replace("²", "\N{SUPERSCRIPT TWO}")).replace("²", "$^2$")


def _metric(table: pd.DataFrame, experiment: str, metric: str | None) -> str:
    """A metric's name and unit in few characters."""
    if metric is None:
        return ""
    if metric in ACCURACIES:
        return r"accuracy (\%)"
    unit = _short(_unit(table, experiment, f"{metric}_last"))
    words = {"mean_absolute_error": "MAE", "root_mean_squared_error": "RMSE"}.get(metric, metric)
    return escaped(words.replace("_", " ")) + ("" if unit == "?" else f" ({unit})")
