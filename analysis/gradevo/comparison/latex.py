r"""The summary as two LaTeX tables with the rules of booktabs, for a page of two columns.

``\usepackage{booktabs}`` and ``\input{summary.tex}`` are all they need.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from pandas.io.formats.style_render import CSSDict

from gradevo.atomic import atomic_file
from gradevo.metrics import TARGET, metric_of
from gradevo.numbers import LatexForm, latex_count, latex_number, latex_percent, latex_text
from gradevo.statistics.ensembles import Ensemble

RANGE = r"The small line below is the range over seeds, the line above it their median."

LOSS, METRIC = "training loss", "training metric"

TRAININGS = (
    r"The trainings that are compared. Loss and metric are those of the whole training set, after the "
    r"first and after the last epoch; t.u.\ is the unit of the target, MAE the mean absolute error."
)

GRADIENTS = (
    r"What the gradients do. Gradient norm: L1 norm per element of an epoch's gradient, last epoch over "
    r"first epoch. Dissolved: share of the accumulated norm that the epochs' gradients took back from "
    r"each other. Path efficiency: L2 norm of the sum of all batches' gradients over the sum of their "
    r"norms. Cosine and sign flips: of successive batches' gradients, mean over the last quarter of the "
    r"epochs. Update-to-weight: norm of the last epoch's change of the weights over their norm."
)


class _Column(NamedTuple):
    """A column: the two lines of its head, its alignment, and an experiment's two cells: median and range."""

    head: str
    below: str
    align: str
    cells: Callable[[Ensemble, pd.DataFrame], tuple[str, str]]


def write_latex(table: pd.DataFrame, ensembles: Sequence[Ensemble], path: Path) -> Path:
    """Write a summary (`summarize`) as two tables, ``summary.tex``; the file appears when it is complete."""
    text = "\n".join([trainings(table, ensembles), gradients(table, ensembles)])
    with atomic_file(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")
    return path


def trainings(table: pd.DataFrame, ensembles: Sequence[Ensemble]) -> str:
    """The table of sizes, losses and metrics."""
    columns = (
        _Column("", "seeds", "r", _seeds),
        *(_Column("", name, "r", _quantity(name, latex_count)) for name in ("parameters", "epochs", "steps")),
        *(_Column(LOSS, when, "r", _quantity(f"loss_{when}", latex_number)) for when in ("first", "last")),
        _Column(LOSS, "unit", "l", _loss_unit),
        *(_Column(METRIC, when, "r", _metric(when)) for when in ("first", "last")),
        _Column(METRIC, "name (unit)", "l", _metric_name),
    )
    return _latex(table, ensembles, columns, TRAININGS, "tab:trainings")


def gradients(table: pd.DataFrame, ensembles: Sequence[Ensemble]) -> str:
    """The table of what the gradients do."""
    columns = (
        _Column("", "seeds", "r", _seeds),
        *(
            _Column(head, below, "r", _quantity(quantity, form))
            for head, below, quantity, form in (
                ("gradient norm", "last / first", "gradient_norm_last", latex_number),
                ("dissolved", r"(\%)", "dissolving_ratio_last", latex_percent),
                ("path efficiency", r"(\%)", "path_efficiency_last", latex_percent),
                ("cosine", "last quarter", "cosine_last_quarter", latex_number),
                ("sign flips", r"last quarter (\%)", "sign_flip_rate_last_quarter", latex_percent),
                ("update-to-weight", r"last epoch (\%)", "update_to_weight_last", latex_percent),
            )
        ),
    )
    return _latex(table, ensembles, columns, GRADIENTS, "tab:gradients")


def _latex(
    table: pd.DataFrame, ensembles: Sequence[Ensemble], columns: Sequence[_Column], caption: str, label: str
) -> str:
    """A table in LaTeX: one line per experiment, and below it another with ranges where there are any."""
    titles, lines = [], []
    for ensemble in ensembles:
        numbers = table[table.experiment == ensemble.name].set_index("quantity")
        top, bottom = zip(*(column.cells(ensemble, numbers) for column in columns), strict=True)
        titles.append(latex_text(ensemble.title))
        lines.append(top)
        if any(bottom):
            titles.append("")
            lines.append(bottom)
    heads = pd.MultiIndex.from_tuples([(column.head, column.below) for column in columns])
    frame = pd.DataFrame(lines, index=titles, columns=heads)
    styles: list[CSSDict] = [  # commands before the table, in the notation of pandas
        {"selector": "footnotesize", "props": ":;"},
        {"selector": "setlength", "props": r":{\tabcolsep}{3.5pt};"},
    ]
    latex: str = frame.style.set_table_styles(styles).to_latex(
        hrules=True,
        column_format="l" + "".join(column.align for column in columns),
        environment="table*",
        position="tbp",
        position_float="centering",
        multicol_align="c",
        caption=" ".join([caption, *([RANGE] if "" in titles else []), *_remarks(ensembles)]),
        label=label,
    )
    upper, lower = latex.split("\n & seeds", 1)
    return upper + _rules(columns) + "\n & seeds" + lower


def _rules(columns: Sequence[_Column]) -> str:
    """Rules of booktabs below the heads that span several columns."""
    spans = []
    for head in dict.fromkeys(column.head for column in columns if column.head):
        spanned = [number for number, column in enumerate(columns, start=2) if column.head == head]
        if len(spanned) > 1:
            spans.append(rf" \cmidrule(lr){{{spanned[0]}-{spanned[-1]}}}")
    return "".join(spans)


def _remarks(ensembles: Sequence[Ensemble]) -> list[str]:
    """What must be said of the data, by experiment."""
    return [
        f"{latex_text(ensemble.title)}: {latex_text(label)}."
        for ensemble in ensembles
        for label in ensemble.data_labels
    ]


def _seeds(ensemble: Ensemble, _: pd.DataFrame) -> tuple[str, str]:
    return str(len(ensemble.runs)), ""


def _quantity(name: str, form: LatexForm) -> Callable[[Ensemble, pd.DataFrame], tuple[str, str]]:
    """The cells of a quantity of the summary."""
    return lambda _, numbers: _cells(numbers, name, form)


def _cells(numbers: pd.DataFrame, name: str, form: LatexForm) -> tuple[str, str]:
    low, median, high = (float(numbers[column][name]) for column in ("low", "median", "high"))
    return form(median), span(low, high, form) if int(numbers["seeds"][name]) > 1 else ""


def span(low: float, high: float, form: LatexForm) -> str:
    r"""The range over seeds, small: ``{\scriptsize 0.02--0.17}``; empty where one value is all there is."""
    if low == high:
        return ""
    between = " to " if low < 0 else "--"
    return rf"{{\scriptsize {form(low)}{between}{form(high)}}}"


def _loss_unit(_: Ensemble, numbers: pd.DataFrame) -> tuple[str, str]:
    return _short(str(numbers.unit["loss_last"])), ""


def _metric(when: str) -> Callable[[Ensemble, pd.DataFrame], tuple[str, str]]:
    """The cells of the first metric that the experiment lists, if any."""

    def cells(ensemble: Ensemble, numbers: pd.DataFrame) -> tuple[str, str]:
        for name in ensemble.runs[0].metric_names[:1]:
            return _cells(
                numbers, f"{name}_{when}", latex_percent if metric_of(name).is_share else latex_number
            )
        return "", ""

    return cells


def _metric_name(ensemble: Ensemble, numbers: pd.DataFrame) -> tuple[str, str]:
    """A metric's name and unit in few characters."""
    for name in ensemble.runs[0].metric_names[:1]:
        metric = metric_of(name)
        unit = r"\%" if metric.is_share else _short(metric.unit or "?")
        words = "accuracy" if metric.is_share else latex_text(metric.short or name.replace("_", " "))
        return words + (f" ({unit})" if unit else ""), ""
    return "", ""


def _short(unit: str) -> str:
    return "" if unit == "?" else latex_text(unit.replace(TARGET, "t.u."))
