"""The dialect of a table is the one in which it can be read."""

import numpy as np
import pandas as pd
import pytest

from gradevo.datasets.dialect import Dialect, read_in_dialect
from gradevo.datasets.members import Content
from gradevo.datasets.origin import Origin
from gradevo.datasets.rows import rows_of
from gradevo.datasets.sources import Own
from gradevo.datasets.tables import table
from gradevo.errors import GradevoError

ORIGIN = Origin("toy", "toy.csv", "mend it")


def find(text, delimiter=None, decimal=None, **options):
    """Return the dialect, and what the table holds in it."""
    dialect, (found, *_) = find_all([text], delimiter, decimal, **options)
    return dialect, found


def find_all(texts, delimiter=None, decimal=None, **options):
    """Return the dialect of several files, and what each of them holds."""

    def read(files, dialect):
        own = Own(kind="own", **options)
        return [table(rows_of(file, dialect.delimiter), ORIGIN, own, None, dialect.decimal) for file in files]

    files = [Content(text.encode(), ORIGIN) for text in texts]
    dialect, tables = read_in_dialect(files, read, delimiter, decimal)
    return dialect, [found.parsed for found in tables]


@pytest.mark.parametrize(
    ("text", "options", "delimiter", "decimal"),
    [
        ("1.5,2,a\n2.5,3,b\n", {}, ",", "."),
        ("1.5,2,a;b\n2.5,3,b;c\n", {}, ",", "."),
        ("1.5,2,2\n2.5,3,3\n", {}, ",", "."),
        ("1,5;2,0;a\n2,5;3,0;b\n", {}, ";", ","),
        ("x;y;kind\n1,5;2,0;a\n2,5;3,0;b\n", {}, ";", ","),
        ("x;y;kind\n1.5;2;a\n2.5;3;b\n", {}, ";", "."),
        ("x;y;kind\n1;2;a,b\n2;3;b\n", {}, ";", "."),
        ("x\ty\tkind\n1.5\t2\ta\n2.5\t3\tb\n", {}, "\t", "."),
        ("x|y|kind\n1.5|2|a\n2.5|3|b\n", {}, "|", "."),
        ("x\ty\tkind\n1,5\t2\ta\n2,5\t3\tb\n", {}, "\t", ","),
        ('"1,5",2,a\n"2,5","3,0",b\n', {}, ",", ","),
        ("kind;x;y\na;1,5;2,0\nb;2,5;3,0\n", {"target": "kind"}, ";", ","),
        ("a;1,5;2,0\nb;2,5;3,0\n", {"target": 1}, ";", ","),
    ],
)
def test_what_can_be_read_is_read(text, options, delimiter, decimal):
    dialect, (x, y) = find(text, **options)
    assert dialect == Dialect(delimiter, decimal)
    if "1.5,2,2" not in text and "1;2;a,b" not in text:
        np.testing.assert_array_equal(x, [[1.5, 2], [2.5, 3]])
        assert [label[0] for label in y.tolist()] == ["a", "b"]


def test_targets_with_commas_are_numbers_to_predict():
    dialect, (x, y) = find("x;y\n1;2,5\n2;3\n")
    assert dialect == Dialect(";", ",")
    assert (x.tolist(), y.tolist()) == ([[1], [2]], ["2.5", "3"])


def test_decimals_that_come_late_or_in_one_part_decide():
    whole = "".join(f"{row};{row};u\n" for row in range(300))
    dialect, (x, _) = find(whole + "1,5;2;v\n")
    assert (dialect, x[-1].tolist()) == (Dialect(";", ","), [1.5, 2])
    dialect, ((x, _), (other, _)) = find_all(["a;y\n1;u\n", "a;y\n1,5;v\n"])
    assert (dialect, x.tolist(), other.tolist()) == (Dialect(";", ","), [[1]], [[1.5]])


def test_a_quotation_may_go_beyond_the_lines_that_are_looked_at():
    text = "".join(f"{row};{row},5;u\n" for row in range(199)) + '1;2,5;"v\nw"\n2;3,5;u\n'
    dialect, (_, y) = find(text)
    assert (dialect, y[-2]) == (Dialect(";", ","), "v\nw")


def test_thousands_are_not_decimals():
    for text in ('a,b,y\n"1,234",0.5,u\n', "a;b;y\n1.234,5;2;u\n", "a;b;y\n1.234.567;2;u\n"):
        with pytest.raises(GradevoError, match="expected a number in line 2, column 1 \\(a\\)"):
            find(text)


@pytest.mark.parametrize("text", ['a,y\n"1,234",u\n"-12,500",v\n', '"1,234",5\n"2,345",6\n'])
def test_commas_that_may_be_thousands_are_refused_until_the_entry_says_so(text):
    with pytest.raises(GradevoError, match=r"expected points before decimals .*, found '1,234', which may"):
        find(text)
    assert find(text, decimal=",")[1][0][0, 0] == 1.234
    assert find(text.replace("1,234", "1,23"))[1][0][0, 0] == 1.23


def test_quoted_texts_between_commas_stay_texts():
    dialect, (_, y) = find('1,"2,5"\n2,"3,5"\n')
    assert dialect == Dialect()
    assert y.tolist() == ["2,5", "3,5"]


@pytest.mark.parametrize("text", ["5,1;a\n6,2;b\n", "5,1\ta\n6,2\tb\n", "5,1;2\n6,2;3\n"])
def test_two_ways_to_read_are_refused(text):
    with pytest.raises(GradevoError, match="expected a table that can be read in one way only"):
        find(text)
    assert find(text, delimiter=",")[1][0].tolist() == [[5], [6]]
    assert find(text, delimiter=text[3])[1][0].tolist() == [[5.1], [6.2]]


@pytest.mark.parametrize("sep", [",", ";", "\t", "|"])
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("header", [True, False])
def test_what_pandas_writes(sep, decimal, header):
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 4)), columns=list("abcd"))
    frame["kind"] = ["one", "two"] * 15
    dialect, (x, y) = find(frame.to_csv(sep=sep, decimal=decimal, header=header, index=False))
    assert dialect == Dialect(sep, decimal)
    np.testing.assert_array_equal(x, frame[list("abcd")])
    assert y.tolist() == frame["kind"].tolist()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a;b;y\n1,5;red;2\n", "expected a number in line 2, column 1 \\(a\\), found '1,5'"),
        ("a;b;y\n1;;2\n", "expected a value in line 2, column 2 \\(b\\)"),
        ("a;b;y\n1.000,5;2;2\n", "expected a number in line 2, column 1 \\(a\\), found '1.000,5'"),
        (
            "1\n2\n",
            "columns, with commas, semicolons, tabs or bars between them, found 1 in the first line",
        ),
    ],
)
def test_what_cannot_be_read_is_named_in_the_likely_dialect(text, complaint):
    with pytest.raises(GradevoError, match=complaint):
        find(text)
