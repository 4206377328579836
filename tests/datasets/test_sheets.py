"""Tables that are no text, as the libraries made for them write them."""

import datetime
import sys
import zipfile

import arff
import numpy as np
import openpyxl
import pandas as pd
import pytest
import yaml

from gradevo.datasets.fetch import fetch
from gradevo.datasets.origin import Origin
from gradevo.datasets.own import user_files
from gradevo.datasets.sheets import rows_of_sheet
from gradevo.datasets.sources import read_sources
from gradevo.errors import GradevoError

ORIGIN = Origin("mine", "mine", "mend it")
FRAME = pd.DataFrame({"a": np.arange(20) / 8, "b": np.arange(20, 40), "kind": ["u", "v é"] * 10})


def write(frame, path):
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".xlsx":
        frame.to_excel(path, index=frame.index.dtype != np.int64)
    else:
        kinds = [(name, "REAL" if frame[name].dtype.kind in "if" else ["u", "v é"]) for name in frame.columns]
        table = {"relation": "r s", "attributes": kinds, "data": frame.to_numpy().tolist()}
        path.write_text(arff.dumps(table))


def fetched(folder, entry=None, **source):
    sources = folder / "sources.yaml"
    sources.write_text(
        yaml.safe_dump({"mine": {"title": "M", "source": {"kind": "own", **source}, **(entry or {})}})
    )
    return fetch("mine", folder, sources)


@pytest.mark.parametrize("kind", ["parquet", "xlsx", "arff"])
def test_a_table_of_every_kind_is_that_of_csv(tmp_path, kind):
    FRAME.to_csv(tmp_path / "mine.csv", index=False)
    expected = fetched(tmp_path)
    (tmp_path / "mine.csv").unlink()
    write(FRAME, tmp_path / f"mine.{kind}")
    dataset = fetched(tmp_path)
    np.testing.assert_array_equal(dataset.x_train, expected.x_train)
    np.testing.assert_array_equal(dataset.y_test, expected.y_test)
    assert (dataset.labels, dataset.notes[-1]) == (("u", "v é"), expected.notes[-1])
    assert dataset.provenance["file"] == f"mine.{kind}"
    entry = read_sources(tmp_path / "sources.yaml")["mine"]
    assert [path.name for path in user_files("mine", entry, tmp_path)] == [f"mine.{kind}"]


@pytest.mark.parametrize("kind", ["parquet", "xlsx", "arff"])
def test_two_parts_are_matched_by_name(tmp_path, kind):
    write(FRAME, tmp_path / f"mine_TRAIN.{kind}")
    write(FRAME[["kind", "b", "a"]], tmp_path / f"mine_TEST.{kind}")
    dataset = fetched(tmp_path, target="kind", leave_out=["b"])
    np.testing.assert_array_equal(dataset.x_train[:, 0], FRAME["a"])
    np.testing.assert_array_equal(dataset.x_test[:, 0], FRAME["a"])


@pytest.mark.parametrize("kind", ["parquet", "xlsx"])
def test_an_index_is_left_out(tmp_path, kind):
    frame = FRAME.set_index(pd.Index([f"row {n}" for n in range(20)]))
    write(frame, tmp_path / f"mine.{kind}")
    dataset = fetched(tmp_path, target="kind")
    assert dataset.x_train.shape == (18, 2)
    said = {
        "xlsx": "column 1, without a name, taken",
        "parquet": "__index_level_0__, the index of pandas, is",
    }
    assert dataset.notes[0].startswith(said[kind])


def test_values_are_texts_as_python_writes_them(tmp_path):
    path = tmp_path / "mine.parquet"
    frame = pd.DataFrame(
        {
            "number": [0.1, np.nan],
            "whole": pd.array([2**60 + 1, None], dtype="Int64"),
            "truth": [True, False],
            "day": [datetime.date(2020, 1, 2), None],
            "bytes": [b"x", b"\xff"],
        }
    )
    frame.to_parquet(path)
    rows, notes = rows_of_sheet("parquet", path, ORIGIN)
    assert (
        rows
        == [
            (1, ["number", "whole", "truth", "day", "bytes"]),
            (2, ["0.1", str(2**60 + 1), "True", "2020-01-02", "x"]),
            (3, ["", "", "False", "", r"\xff"]),
        ]
        or rows[2][1][0] == "nan"
    )
    assert notes == []


def test_the_first_sheet_is_read_and_said(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "measured"
    for row in ([], ["a", "b", "y"], *([n / 2, n, "uv"[n % 2]] for n in range(20)), [None, None, None, None]):
        sheet.append(row)
    sheet["H40"] = None
    book.create_sheet("more")
    book.save(tmp_path / "mine.xlsx")
    rows, notes = rows_of_sheet("xlsx", tmp_path / "mine.xlsx", ORIGIN)
    assert rows[:2] == [(2, ["a", "b", "y"]), (3, ["0.0", "0", "u"])] or rows[1] == (3, ["0", "0", "u"])
    assert len(rows) == 21
    assert notes == ["of 2 sheets the first, measured, is read"]
    assert fetched(tmp_path).notes[0] == notes[0]


def test_what_a_sparse_arff_leaves_out_is_zero_or_the_first_label(tmp_path):
    path = tmp_path / "mine.arff"
    path.write_text(
        "@relation r\n@attribute a numeric\n@attribute 'b c' numeric\n@attribute k {x,y}\n@data\n"
        "{0 1.5, 2 y}\n{1 2}\n"
    )
    rows, _ = rows_of_sheet("arff", path, ORIGIN)
    assert [fields for _, fields in rows] == [["a", "b c", "k"], ["1.5", "0.0", "y"], ["0.0", "2.0", "x"]]


def test_texts_and_gaps_of_an_arff(tmp_path):
    path = tmp_path / "mine.arff"
    path.write_text(
        "% said\n@RELATION r\n@ATTRIBUTE name STRING\n@ATTRIBUTE a REAL\n@ATTRIBUTE k {'b c',y}\n@DATA\n"
        "'it, is',?,'b c'\nx,2,y\n"
    )
    rows, _ = rows_of_sheet("arff", path, ORIGIN)
    assert [fields for _, fields in rows] == [["name", "a", "k"], ["it, is", "", "b c"], ["x", "2.0", "y"]]


@pytest.mark.parametrize("kind", ["parquet", "xlsx", "arff"])
@pytest.mark.parametrize("content", [b"", b"PAR1", b"PK\x03\x04" + bytes(100), b"\xff\xfe\x00", b"a,b\n1,2"])
def test_what_is_no_table_is_one_line(tmp_path, kind, content):
    path = tmp_path / f"mine.{kind}"
    path.write_bytes(content)
    with pytest.raises(GradevoError) as caught:
        fetched(tmp_path)
    message = str(caught.value)
    assert message.startswith(f"mine: {path}: expected ")
    assert "\n" not in message


@pytest.mark.parametrize("kind", ["parquet", "xlsx", "arff"])
def test_a_missing_library_is_named(tmp_path, kind, monkeypatch):
    package = {"parquet": "pyarrow", "xlsx": "openpyxl", "arff": "liac-arff"}[kind]
    module = {"parquet": "pyarrow.parquet", "arff": "arff"}.get(kind, package)
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / f"mine.{kind}").write_text("x")
    with pytest.raises(
        GradevoError,
        match=rf"expected the package {package}, which reads \.{kind}, found it not installed; install it by "
        rf"`pip install {package}`, or all such by `pip install gradevo\[tables\]`$",
    ):
        fetched(tmp_path)


def test_values_that_hold_several_are_refused(tmp_path):
    pd.DataFrame({"a": [[1, 2], [3]], "y": [0, 1]}).to_parquet(tmp_path / "mine.parquet")
    with pytest.raises(GradevoError, match=r"a value that holds several, \[1, 2\]"):
        fetched(tmp_path)


def test_bombs_are_refused_before_they_are_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("gradevo.datasets.files.HARMLESS", 1000)
    pd.DataFrame({"a": np.zeros(10_000_000, np.int8), "y": np.zeros(10_000_000, np.int8)}).to_parquet(
        tmp_path / "mine.parquet"
    )
    with pytest.raises(GradevoError, match="an archive that grows at most 100 times"):
        fetched(tmp_path)
    (tmp_path / "mine.parquet").unlink()
    with zipfile.ZipFile(tmp_path / "mine.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(1_000_000))
    with pytest.raises(GradevoError, match="an archive that grows at most 100 times"):
        fetched(tmp_path)
