"""The LaTeX tables: their structure, since no LaTeX is at hand, and their numbers."""

import math
import re
from pathlib import Path

import h5py
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradevo.comparison.latex import gradients, span, trainings, write_latex
from gradevo.comparison.summary import summarize
from gradevo.numbers import latex_count, latex_number, latex_percent, latex_text
from gradevo.statistics.ensembles import open_ensembles

SPECIAL = re.compile(r"(?<!\\)[%#_&]")


@pytest.fixture(scope="module")
def tables(kinds: dict[str, list[Path]]) -> list[str]:
    with open_ensembles([path for paths in kinds.values() for path in paths]) as ensembles:
        table = summarize(ensembles)
        return [trainings(table, ensembles), gradients(table, ensembles)]


def lines(table: str) -> list[list[str]]:
    """The cells of the lines between the rules."""
    body = table.split("\\midrule\n")[1].split("\\bottomrule")[0]
    return [[cell.strip() for cell in line.removesuffix(r" \\").split(" & ")] for line in body.splitlines()]


def test_the_tables_are_well_formed(tables: list[str]) -> None:
    for table in tables:
        begun = re.findall(r"\\begin\{([^}]*)\}", table)
        assert begun == ["table*", "tabular"]
        assert re.findall(r"\\end\{([^}]*)\}", table) == begun[::-1]
        bare = re.sub(r"\\[{}]", "", table)
        assert bare.count("{") == bare.count("}")
        assert table.count("$") % 2 == 0
        for command in (r"\toprule", r"\midrule", r"\bottomrule", r"\caption{", r"\label{", r"\centering"):
            assert table.count(command) == 1
        alignment = re.findall(r"\\begin\{tabular\}\{([lrc]+)\}", table)[0]
        for line in lines(table):
            assert len(line) == len(alignment)
        for line in re.findall(r"\\toprule\n(.*)\n(.*)\n", table)[0]:
            spans = [int(wide) for wide in re.findall(r"\\multicolumn\{(\d+)\}", line)]
            assert line.count(" & ") + 1 + sum(spans) - len(spans) == len(alignment)
        assert not SPECIAL.search(re.sub(" & ", "", table.replace("%\n", "")).replace("\n & ", ""))


def test_heads_over_several_columns_have_a_rule(tables: list[str]) -> None:
    first, second = tables
    assert r" \cmidrule(lr){6-8} \cmidrule(lr){9-11}" in first
    assert "cmidrule" not in second


def test_cells(tables: list[str], kinds: dict[str, list[Path]]) -> None:
    first, second = map(lines, tables)
    assert first[0][:5] == [r"Plain \& 100 \% \_simple\_", "3", "12", "4", "12"]
    assert first[0][5:8] == ["1.00", "0.250", "t.u.$^2$"]
    assert first[0][10] == "MAE (t.u.)"
    norms = []
    for path in kinds["plain"]:
        with h5py.File(path) as file:
            norm = file["epochs/l1_norm_standardized"][:, -1]
        norms.append(float(norm[-1] / norm[0]))
    low, middle, high = (latex_number(value) for value in sorted(norms))
    assert second[0][2] == middle
    assert second[1][:3] == ["", "", rf"{{\scriptsize {low}--{high}}}"]


def test_a_line_of_ranges_only_where_there_are_some(tables: list[str]) -> None:
    titles = [line[0] for line in lines(tables[1])]
    assert titles == [
        r"Plain \& 100 \% \_simple\_",
        "",
        "Lengths",
        "",
        "Short",
        "Single",
        "Bad",
        "",
        "Thinned",
    ]
    epochs = {line[0]: line[3] for line in lines(tables[0])}
    assert epochs["Lengths"] == "3.5"


def test_what_has_no_value_is_a_dash_and_remarks_are_in_the_caption(tables: list[str]) -> None:
    cells = {line[0]: line for line in lines(tables[1])}
    assert cells["Thinned"][4] == "--"
    assert "Thinned: every 2nd step." in tables[0]


def test_without_several_seeds_the_caption_knows_no_ranges(
    kinds: dict[str, list[Path]], tmp_path: Path
) -> None:
    with open_ensembles(kinds["short"]) as ensembles:
        path = write_latex(summarize(ensembles), ensembles, tmp_path / "summary.tex")
    assert "range over seeds" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (0.0304, "0.0304"),
        (-0.12, "$-$0.120"),
        (2630.7, "2,631"),
        (999.96, "1,000"),
        (3.2e-8, r"$3.20\times10^{-8}$"),
        (-1e7, r"$-1.00\times10^{7}$"),
        (float("nan"), "--"),
        (float("inf"), "--"),
    ],
)
def test_decimals(value: float, expected: str) -> None:
    assert latex_number(value) == expected


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_decimals_have_three_digits(value: float) -> None:
    for sign in (1, -1):
        text = (
            re.sub(r"\\times10\^\{(.*)\}", r"e\1", latex_number(sign * value))
            .replace("$", "")
            .replace(",", "")
        )
        assert math.isclose(float(text), sign * value, rel_tol=0.00501)


def test_counts_shares_and_ranges() -> None:
    assert (latex_count(25474.0), latex_count(3.5), latex_count(float("nan"))) == ("25,474", "3.5", "--")
    assert latex_percent(0.0304) == "3.04"
    assert span(1, 3, latex_number) == r"{\scriptsize 1.00--3.00}"
    assert span(-1, 3, latex_number) == r"{\scriptsize $-$1.00 to 3.00}"
    assert span(2, 2, latex_number) == ""


@given(st.text(alphabet="aZ1 &%$#_{}~^\\²³é"))
def test_escaped_text_has_no_bare_special_characters(text: str) -> None:
    plain = re.sub(r"\\text[a-z]+\{\}|\\[&%$#_{}]|\$\^[23]\$", "", latex_text(text))
    assert not set(plain) & set("&%$#_{}~^\\²³")
