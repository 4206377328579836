"""Lines of text to features and targets."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradevo.datasets.members import Content
from gradevo.datasets.origin import Origin
from gradevo.datasets.rows import rows_of
from gradevo.datasets.sources import Own
from gradevo.datasets.tables import is_number, numbers, series, table
from gradevo.errors import GradevoError

ORIGIN = Origin("toy", "toy.csv", "mend it")


def read(text, **options):
    data = text if isinstance(text, bytes) else text.encode()
    return table(rows_of(Content(data, ORIGIN), ","), ORIGIN, Own(kind="own", **options)).parsed


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("1,2,a\n3,4,b\n", None),
        ("x,y,kind\n1,2,a\n3,4,b\n", None),
        ("x,y,kind\n1,2,a\n3,4,b\n", "kind"),
        ("x,y,kind\n1,2,a\n3,4,b\n", 3),
        ("kind,x,y\na,1,2\nb,3,4\n", "kind"),
        ("a,1,2\nb,3,4\n", 1),
        ("1,a,2\n3,b,4\n", 2),
        ("\ufeffx,y,kind\r\n\r\n 1 , 2 , a \r\n3,4,b\r\n", None),
        ('"first, x",y,kind\n1,2,"a"\n"3",4,b', None),
        ("2019,2020,kind\n1,2,a\n3,4,b\n", "kind"),
        (",x,y,kind\n0,1,2,a\n1,3,4,b\n", None),
        (",x,y,kind\nfirst,1,2,a\nsecond,3,4,b\n", "kind"),
        ("Unnamed: 0,x,kind,y\n7,1,a,2\n3,3,b,4\n", 3),
    ],
)
def test_the_targets_column_and_the_header(text, target):
    x, y = read(text, target=target)
    np.testing.assert_array_equal(x, [[1, 2], [3, 4]])
    assert y.tolist() == ["a", "b"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_say_what_they_are(encoding):
    x, y = read("x,y,kind\r\n1,2,\xe9t\xe9\r\n3,4,\u732b\r\n".encode(encoding))
    np.testing.assert_array_equal(x, [[1, 2], [3, 4]])
    assert y.tolist() == ["\xe9t\xe9", "\u732b"]


def test_targets_are_texts_as_they_stand_there():
    _, y = read("1, 2.50 \n1,-3\n")
    assert y.tolist() == ["2.50", "-3"]


@given(
    st.integers(1, 4).flatmap(
        lambda columns: st.lists(
            st.lists(st.floats(allow_nan=False), min_size=columns + 1, max_size=columns + 1), min_size=1
        )
    )
)
def test_every_number_is_read_to_the_last_bit(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    x, y = read(text.getvalue(), header=False)
    expected = np.array(rows)
    np.testing.assert_array_equal(x, expected[:, :-1])
    np.testing.assert_array_equal(numbers({"all": (x, y)}, "regression", ORIGIN)["all"][1], expected[:, -1])


@pytest.mark.parametrize(
    ("text", "options", "expected", "found"),
    [
        ("", {}, "lines with values", "none"),
        ("\n \n", {}, "lines with values", "none"),
        ("\n,,\n", {}, "a value in line 2, column 3, since rows with missing", "nothing"),
        (",\nx,y\n", {"target": "y"}, "one column y in the first line", ","),
        ("x,y\n1,2\n , \n3,4\n", {}, "a value in line 3, column 2 (y), since rows with missing", "nothing"),
        ("x,y\nred,2\n", {}, "a number in line 2, column 1 (x) (texts and dates are not read as", "'red'"),
        ("x,y\n2020-01-02,2\n", {}, "a number in line 2, column 1 (x) (texts and", "'2020-01-02'"),
        ("1,2,3\n1,2,3\n,\n", {}, "3 values in line 3, as in the first", "2"),
        ("1,2\n1_1,2\n", {}, "a number in line 2, column 1", "'1_1'"),
        ("x,y\n", {}, "lines with values", "a header only"),
        ("1\n2\n", {}, "at least two columns", "1 in the first line"),
        ("1,2,3\n4,5\n", {}, "3 values in line 2, as in the first", "2"),
        ("1,2,3\n\n4,5,6,7\n", {}, "3 values in line 3, as in the first", "4"),
        ("1,two,3\n", {}, "a number in line 1, column 2", "'two'"),
        ("x,y,z\n1,2,3\n1,red,3\n", {}, "a number in line 3, column 2 (y)", "'red'"),
        ("x,y,z\n1,2,3\n1,,3\n", {}, "a value in line 3, column 2 (y), since rows with missing", "nothing"),
        ("x,y,z\n1,2,3\n1,2,?\n", {}, "a value in line 3, column 3 (z), since", "?"),
        ("x,y,z\n1,2,3\n1,NA,3\n", {"target": "x"}, "a value in line 3, column 2 (y), since", "NA"),
        ("x,y,z\n1,2,3\n1,NaN,3\n", {"target": "x"}, "a value in line 3, column 2 (y), since", "nan"),
        ("x,y,z\n1,2,3\n-nan,2,3\n", {"target": 2}, "a value in line 3, column 1 (x), since", "nan"),
        ("x,y\n1,2\n", {"target": "z"}, "one column z in the first line", "x, y"),
        ("x,x\n1,2\n", {"target": "x"}, "one column x in the first line", "x, x"),
        ("1,2\n", {"target": 3}, "a column 3", "2 columns"),
        (",x,y\n0,1,2\n0,3,4\n", {}, "a name for column 1, or different values in it", "'0' again in line 3"),
        (",x,y\n0,1,2\n1,3\n", {}, "3 values in line 3, as in the first", "2"),
        (",x,y\n0,1,2\n1,red,4\n", {}, "a number in line 3, column 2 (x)", "'red'"),
        (b"\xff\xfe1\x00,\x002", {}, "a table as UTF-8 text", "UnicodeDecodeError: "),
        (b"PK\x03\x04\x00\xff\xff", {}, "a table as UTF-8 text", "a spreadsheet or another zip archive"),
        (b"\x1f\x8b\x08\x00\xff", {}, "a table as UTF-8 text", "a gzip archive; unpack it"),
        (b"PAR1\x15\x04", {}, "a table as UTF-8 text", "Parquet; name it .parquet"),
        ("\n <!doctype html>\n<p>1, 2", {}, "a table as UTF-8 text", "a web page"),
        (
            "version https://git-lfs.github.com/spec/v1\n",
            {},
            "a table as UTF-8 text",
            "the pointer of Git LFS",
        ),
        ("1,2\n3,4\n".encode("utf-16-le"), {}, "a table as UTF-8 text", "bytes of zero, as in UTF-16"),
        ("1,2\n3,4\n".encode("utf-32"), {}, "a table as UTF-8 text", "bytes of zero, as in UTF-16"),
        ('1,a\n2,"b\n3,c\n4,d\n', {}, "a table as UTF-8 text from line 2 on", "unexpected end of data"),
        ('1,"a"b\n', {}, "a table as UTF-8 text from line 1 on", "',' expected after '\"'"),
        (
            "x,w,y\n1,1,2\n",
            {"weights": "w", "inputs": {"a": ["w"]}},
            "target, weights, inputs and",
            "column 2 (w)",
        ),
        ("x,w,y\n1,1,2\n", {"inputs": {"a": ["w", 2]}}, "each column once in the input a", "one twice"),
        ("1,x,3\n1,12:30,3\n", {"header": False}, "a number in line 1, column 2 (texts and", "'x'"),
        ("t,y\n12:30,3\n", {}, "a number in line 2, column 1 (t) (texts and dates", "'12:30'"),
        ("t,y\n31.12.2020,3\n", {}, "a number in line 2, column 1 (t) (texts and dates", "'31.12.2020'"),
        (
            "1,a\n2,b\n3,\xe9t\xe9\n".encode("latin-1"),
            {},
            "a table as UTF-8 text (in a spreadsheet, save as CSV UTF-8; or `iconv",
            "another encoding in line 3, as Windows-1252 or Latin-1",
        ),
        (f'1,2\n1,"{"x" * 200_000}"\n', {}, "a table as UTF-8 text from line 2 on", "field larger than"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(text, options, expected, found):
    with pytest.raises(GradevoError) as caught:
        read(text, **options)
    message = str(caught.value)
    assert message.startswith(f"toy: toy.csv: expected {expected}")
    assert f", found {found}" in message
    assert message.endswith("; mend it")
    assert "\n" not in message


def test_series_of_different_lengths():
    padded = Content(b"1\t0.5\t2\n2\t0.5\tNaN\n", ORIGIN)
    with pytest.raises(
        GradevoError, match=r"a value in line 2, column 3, since .* series of different lengths"
    ):
        series(padded)


def read_targets(train, test, task=None):
    parts = {
        "train": (np.zeros((len(train), 1)), np.array(train)),
        "test": (np.zeros((1, 1)), np.array(test)),
    }
    found = numbers(parts, task, ORIGIN)
    assert found["train"][0] is parts["train"][0]
    return [y.tolist() for _, y in found.values()]


@pytest.mark.parametrize("text", ["1", "-1.5", "1e-3", ".5", "inf", " 7 "])
def test_numbers(text):
    assert is_number(text)


@pytest.mark.parametrize("text", ["", "x", "1_1", "1,5", "0x1", "1e"])
def test_no_numbers(text):
    assert not is_number(text)


def test_targets_are_numbers_if_all_are():
    assert read_targets(["007", "8"], ["8"]) == [[7.0, 8.0], [8.0]]
    assert read_targets(["007", "b"], ["8"]) == [["007", "b"], ["8"]]
    assert read_targets(["007", "7"], ["b"]) == [["007", "7"], ["b"]]
    assert read_targets([7, 8], [8]) == [[7, 8], [8]]


def test_to_the_last_bit():
    assert read_targets(["0.1", "1e-320"], ["123456789.123456789"]) == [[0.1, 1e-320], [123456789.123456789]]


@pytest.mark.parametrize("task", [None, "classification"])
def test_two_ways_to_write_one_label(task):
    with pytest.raises(
        GradevoError,
        match=r"toy: toy.csv: expected each label to be written in one way \(are the targets numbers to "
        r"predict\? then say `task: regression`\), found 07 and 7, which are one number; mend it",
    ):
        read_targets(["7", "8"], ["07"], task)


def test_numbers_to_predict_may_be_written_in_any_way():
    assert read_targets(["7", "8"], ["07"], "regression") == [[7, 8], [7]]
    assert read_targets(["7", "8.5"], ["07"]) == [[7, 8.5], [7]]


@pytest.mark.parametrize("options", [{"weights": 1}, {"inputs": {"a": [1], "b": ["x"]}}, {"target": 1}])
def test_a_first_column_without_a_name_is_read_where_it_is_asked_for(options):
    x, y, *weights = read(",x,y\n5,1,2\n6,3,4\n", **options)
    columns = [*x.T.tolist(), list(map(float, y)), *map(np.ndarray.tolist, weights)]
    assert [5, 6] in columns


def test_a_table_of_two_columns_needs_both():
    x, y = read(",y\n0,a\n1,b\n")
    assert (x.tolist(), y.tolist()) == ([[0], [1]], ["a", "b"])
