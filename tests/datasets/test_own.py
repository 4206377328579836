"""The user's own files: found by their names, understood from their content."""

import hashlib
import io
import itertools

import numpy as np
import pandas as pd
import pytest
import yaml

from gradevo.datasets.fetch import fetch
from gradevo.datasets.own import user_files
from gradevo.datasets.prepared import load, save
from gradevo.datasets.sources import read_sources
from gradevo.errors import GradevoError


class Own:
    """The dataset `mine`: a data/raw, and an entry as short as can be."""

    def __init__(self, folder):
        self.raw, self.sources = folder / "raw", folder / "sources.yaml"
        self.raw.mkdir()
        self.entry = {"title": "Mine", "source": {"kind": "own"}}

    def put(self, name: str, content: str) -> None:
        (self.raw / name).write_text(content)

    def savez(self, **arrays) -> None:
        np.savez(self.raw / "mine.npz", **arrays)

    def fetch(self, **entry):
        self.sources.write_text(yaml.safe_dump({"mine": {**self.entry, **entry}}))
        return fetch("mine", self.raw, self.sources)

    def failure(self, **entry) -> str:
        with pytest.raises(GradevoError) as caught:
            self.fetch(**entry)
        message = str(caught.value)
        assert message.startswith(f"mine: {self.raw}")
        assert "see data/README.md" in message
        assert "\n" not in message
        return message

    def files(self) -> list[str]:
        entry = read_sources(self.sources)["mine"]
        return [path.name for path in user_files("mine", entry, self.raw)]


@pytest.fixture
def own(tmp_path):
    return Own(tmp_path)


def sha256(path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


CSV = "width,height,kind\n" + "".join(f"{row},{row / 4},{'ab'[row % 2]}\n" for row in range(20))
# keras.utils.split_dataset(range(20), left_size=0.9, shuffle=True, seed=13) gives these rows.
TRAIN, TEST = [19, 6, 15, 16, 0, 18, 17, 14, 1, 12, 2, 11, 10, 3, 13, 4, 7, 5], [9, 8]


def test_a_csv_file_is_split_as_iris_is(own):
    own.put("mine.csv", CSV)
    dataset = own.fetch()
    assert dataset.x_train[:, 0].tolist() == TRAIN
    assert dataset.x_test.tolist() == [[9, 2.25], [8, 2]]
    assert dataset.y_train.tolist() == [row % 2 for row in TRAIN]
    assert (dataset.task, dataset.classes, dataset.labels) == ("classification", 2, ("a", "b"))
    assert dataset.x_train.dtype == np.float32
    assert (dataset.title, dataset.data_label) == ("Mine", "")
    assert dataset.provenance == {
        "kind": "own data",
        "file": "mine.csv",
        "sha256": sha256(own.raw / "mine.csv"),
    }
    assert own.files() == ["mine.csv"]


@pytest.mark.parametrize("target", ["width", 1])
def test_another_column_is_the_target(own, target):
    own.put("mine.csv", "width,height\n" + "".join(f"{row}.5,{row}\n" for row in range(20)))
    dataset = own.fetch(source={"kind": "own", "target": target})
    assert (dataset.task, dataset.labels) == ("regression", None)
    assert dataset.x_test.tolist() == [[9], [8]]
    assert dataset.y_test.tolist() == [9.5, 8.5]
    assert dataset.y_test.dtype == np.float32


def test_whole_numbers_are_classes_unless_the_entry_says_otherwise(own):
    own.put("mine.csv", "".join(f"{row},{row % 3}\n" for row in range(20)))
    assert own.fetch().labels == ("0", "1", "2")
    assert own.fetch(task="regression").y_test.tolist() == [0, 2]
    assert own.fetch(task="classification").y_test.dtype == np.int64


def test_the_entry_may_say_how_to_split_and_what_to_expect(own):
    own.put("mine.csv", CSV)
    dataset = own.fetch(
        split={"generator": "numpy", "seed": 113},
        rows={"train": 15, "test": 5},
        classes=2,
        labels=["b", "a"],
        features={"shape": [2], "dtype": "float32"},
        licence="mine",
        citation="me",
    )
    order = np.arange(20)
    np.random.RandomState(113).shuffle(order)
    assert dataset.x_train[:, 0].tolist() == order[:15].tolist()
    assert dataset.y_test.tolist() == [1 - row % 2 for row in order[15:]]


def test_two_csv_files_are_training_and_test(own):
    own.put("mine_TRAIN.csv", "x,kind\n1,a\n2,b\n3,a\n")
    own.put("mine_TEST.csv", "x,kind\n4,b\n")
    dataset = own.fetch()
    assert dataset.x_train.tolist() == [[1], [2], [3]]
    assert dataset.y_test.tolist() == [1]
    assert dataset.provenance["file"] == "mine_TRAIN.csv, mine_TEST.csv"
    assert dataset.provenance["sha256"] == ", ".join(sha256(own.raw / name) for name in own.files())


def test_columns_of_both_parts_are_matched_by_name(own):
    own.put("mine_TRAIN.csv", "a,b,w,y\n1,20,5,u\n3,40,6,v\n")
    for source in ({}, {"target": "y"}, {"target": 4, "weights": 3}, {"inputs": {"l": ["a"], "r": [2, "w"]}}):
        own.put("mine_TEST.csv", "a,b,w,y\n7,80,9,v\n")
        plain = own.fetch(source={"kind": "own", **source})
        own.put("mine_TEST.csv", "y,w,b,a\nv,9,80,7\n")
        dataset = own.fetch(source={"kind": "own", **source})
        assert dataset.x_test[0, :2].tolist() == plain.x_test[0, :2].tolist() == [7, 80]
        assert dataset.x_test.tolist() == plain.x_test.tolist()
        assert dataset.y_test.tolist() == [1]
    own.put("mine_TEST.csv", "7,80,9,v\n")
    assert own.fetch().x_test.tolist() == [[7, 80, 9]]


@pytest.mark.parametrize(
    ("train", "test"), [("a,b,y", "a,c,y"), ("a,b,y", "a,b,c,y"), ("a,b,y", "a,a,y"), ("a,a,y", "a,y,a")]
)
def test_other_columns_in_the_test_part_are_refused(own, train, test):
    own.put("mine_TRAIN.csv", f"{train}\n1,2,0\n3,4,1\n")
    own.put("mine_TEST.csv", f"{test}\n" + ",".join("1" * (test.count(",") + 1)))
    columns = train.replace(",", ", ")
    expected = (
        f"mine_TEST.csv: expected the columns of the training part, {columns}, each once and in any order"
    )
    assert f"{expected}, found {test.replace(',', ', ')};" in own.failure()


def test_another_dialect_is_read_said_and_recorded(own):
    own.put("mine.csv", CSV)
    plain = own.fetch()
    assert "dialect" not in plain.provenance
    frame = pd.read_csv(own.raw / "mine.csv")
    own.put("mine.csv", frame.to_csv(sep=";", decimal=",", index=False))
    dataset = own.fetch()
    np.testing.assert_array_equal(dataset.x_train, plain.x_train)
    assert dataset.labels == plain.labels
    assert dataset.provenance["dialect"] == "semicolons between columns and decimal commas"
    assert dataset.notes[0] == "the table is read with semicolons between columns and decimal commas"


def test_the_entry_decides_between_two_dialects(own):
    own.put("mine.csv", "".join(f"{row},5;{row % 2}\n" for row in range(20)))
    message = own.failure()
    assert 'as in `delimiter: ";", decimal: ","`), found two: commas between columns and' in message
    assert "decimal points or semicolons between columns and decimal commas;" in message
    semicolons = own.fetch(source={"kind": "own", "delimiter": ";", "decimal": ","})
    assert (semicolons.x_test.tolist(), semicolons.labels) == ([[9.5], [8.5]], ("0", "1"))
    commas = own.fetch(source={"kind": "own", "delimiter": ","})
    assert (commas.x_test.tolist(), commas.labels) == ([[9], [8]], ("5;0", "5;1"))


def test_the_column_that_was_taken_for_the_target_is_said(own):
    """As in UCI's wine.data, whose classes stand first."""
    own.put("mine.csv", "".join(f"{row % 3},{row / 4},{row * 40 + 0.5}\n" for row in range(20)))
    assert own.fetch().notes == (
        "column 3, the last one, is the target, read as numbers to predict; if it is another, say so in the "
        "entry's source by its name or number, as in `target: 1`",
    )
    dataset = own.fetch(source={"kind": "own", "target": 1})
    assert (dataset.notes, dataset.labels) == ((), ("0", "1", "2"))
    own.put("mine.csv", CSV)
    expected = "column 3 (kind), the last one, is the target, read as labels of 2 classes (a, b); if it is"
    assert own.fetch().notes[-1].startswith(expected)


def test_numbers_as_names_of_columns_are_no_row(own):
    """What pandas writes of columns without names, alone and with a target beside."""
    frame = pd.DataFrame(np.arange(60).reshape(20, 3) / 4)
    for change, labels in (({}, None), ({"kind": ["u", "v"] * 10}, ("u", "v"))):
        for index in (False, True):
            own.put("mine.csv", frame.assign(**change).to_csv(index=index))
            dataset = own.fetch()
            assert (len(dataset.x_train), dataset.labels) == (18, labels)
            assert any(
                "is taken for the names of columns, as pandas gives them" in one for one in dataset.notes
            )
    own.put("mine.csv", frame.to_csv(index=False))
    dataset = own.fetch(source={"kind": "own", "header": False})
    assert (len(dataset.x_train), dataset.notes[0][:8]) == (19, "column 3")
    own.put("mine.csv", "0,1\n" + "".join(f"{row},{row / 4}\n" for row in range(1, 21)))
    assert len(own.fetch().x_train) == 19  # two columns may well begin so
    own.put("mine.csv", "2019,2020,kind\n" + "".join(f"{row}.5,{row},u{row % 2}\n" for row in range(20)))
    assert "read as labels of 3 classes (kind, u0, u1);" in own.fetch().notes[-1]
    assert own.fetch(source={"kind": "own", "header": True}).labels == ("u0", "u1")


def test_a_column_that_counts_the_rows_is_said(own):
    frame = pd.DataFrame({"a": np.arange(20) / 4, "y": ["u", "v"] * 10})
    for text, name in (
        (frame.reset_index().to_csv(index=False), "column 1 (index)"),
        (frame.to_csv(header=False), "column 1"),
        (frame.assign(a=range(1, 21)).to_csv(index=False), "column 1 (a)"),
    ):
        own.put("mine.csv", text)
        assert (
            own.fetch().notes[0] == f"{name} counts the rows, and is a feature; remove it if it is an index"
        )
    own.put("mine.csv", frame.assign(a=range(3, 23)).to_csv(index=False))
    assert not any("counts" in note for note in own.fetch().notes)


def test_columns_that_no_input_has_are_said_and_may_hold_anything(own):
    own.put("mine.csv", "name,a,b,y\n" + "".join(f"n{r},{r / 4},{r / 2},{r % 2}\n" for r in range(20)))
    dataset = own.fetch(source={"kind": "own", "inputs": {"left": ["a"], "right": ["b"]}})
    assert (dataset.notes[0], dataset.x_test.tolist()) == (
        "no input has column 1 (name)",
        [[2.25, 4.5], [2, 4]],
    )


def test_what_excel_says_of_its_delimiter_is_no_row(own):
    own.put("mine.csv", "sep=;\n" + "".join(f"{row},5;{row % 2}\n" for row in range(20)))
    dataset = own.fetch()
    assert (dataset.x_test.tolist(), dataset.labels) == ([[9.5], [8.5]], ("0", "1"))


def test_a_terminal_can_show_what_is_said(own):
    own.put("mine.csv", "".join(f'{row / 4},"\x1b[31mred\n{row % 2}"\n' for row in range(20)))
    dataset = own.fetch()
    assert dataset.labels == ("\x1b[31mred\n0", "\x1b[31mred\n1")
    assert r"(\x1b[31mred 0, \x1b[31mred 1)" in dataset.notes[-1]
    own.put("mine.csv", "1,a\n\x1b[2J,b\n")
    assert r"found '\x1b[2J'" in own.failure()


def test_row_names_are_left_out_in_either_part(own):
    frame = pd.DataFrame({"a": np.arange(20) / 4, "b": np.arange(20) / 8, "y": ["u", "v"] * 10})
    twice = pd.read_csv(io.StringIO(frame.to_csv()))
    texts = (frame.to_csv(index=False), frame.to_csv(), twice.to_csv(index=False), twice.to_csv())
    for train, test in itertools.product(texts, texts):
        own.put("mine_TRAIN.csv", train)
        own.put("mine_TEST.csv", test)
        dataset = own.fetch(source={"kind": "own", "target": "y"})
        np.testing.assert_array_equal(dataset.x_train, frame[["a", "b"]])
        np.testing.assert_array_equal(dataset.x_test, frame[["a", "b"]])
    assert dataset.provenance["left_out"] == "columns 1 to 2, the rows' names"
    assert dataset.notes == (
        "columns 1 to 2, without a name, taken for the rows' names and left out; give a name to keep one",
    )


def test_row_names_are_left_out_and_said(own):
    frame = pd.DataFrame({"a": range(20), "b": np.arange(20) / 4, "y": ["u", "v"] * 10})
    own.put("mine.csv", frame.to_csv())
    dataset = own.fetch()
    assert dataset.x_test.tolist() == [[9, 2.25], [8, 2]]
    assert dataset.notes[0].startswith("column 1, without a name, taken for the rows' names and left out")
    assert dataset.provenance["left_out"] == "column 1, the rows' names"
    own.put("mine.csv", frame.to_csv(index=False))
    plain = own.fetch()
    assert not any("left out" in note for note in plain.notes)
    assert "left_out" not in plain.provenance
    np.testing.assert_array_equal(plain.x_train, dataset.x_train)


def test_series_of_the_ucr_archive(own):
    own.put("mine_TRAIN.tsv", "1\t0.5\t2\t3\n3\t-1\t0\t1\n")
    own.put("mine_TEST.tsv", "3\t1e-3\t2\t3\n")
    dataset = own.fetch()
    assert dataset.x_train.tolist() == [[[0.5], [2], [3]], [[-1], [0], [1]]]
    assert dataset.x_test.shape == (1, 3, 1)
    assert (dataset.labels, dataset.y_test.tolist()) == (("1", "3"), [1])


@pytest.mark.parametrize(
    ("key", "entry", "task", "labels"),
    [
        ("classLabel true 3 4", {}, "classification", ("3", "4")),
        ("targetLabel true", {}, "regression", None),
        ("targetLabel true", {"task": "classification"}, "classification", ("3", "4")),
        ("classLabel true 3 4", {"task": "regression"}, "regression", None),
    ],
)
def test_series_of_sktime_say_what_their_targets_are(own, key, entry, task, labels):
    text = f"@problemName toy\n@{key}\n@data\n1,2:5,6:3\n3,4:7,8:4\n"
    own.put("mine_TRAIN.ts", text)
    own.put("mine_TEST.ts", text)
    dataset = own.fetch(**entry)
    assert (dataset.task, dataset.labels) == (task, labels)
    assert dataset.x_test.tolist() == [[[1, 5], [2, 6]], [[3, 7], [4, 8]]]
    assert own.files() == ["mine_TRAIN.ts", "mine_TEST.ts"]


def test_series_in_one_file(own):
    own.put("mine.tsv", "".join(f"{row % 2}\t{row}\n" for row in range(20)))
    assert own.fetch().x_test[:, 0, 0].tolist() == [9, 8]


def test_arrays(own):
    x = np.arange(24, dtype=np.float64).reshape(4, 3, 2)
    own.savez(x_train=x, y_train=np.array(["u", "v", "u", "w"]), x_test=x[:1], y_test=np.array(["v"]))
    dataset = own.fetch()
    np.testing.assert_array_equal(dataset.x_train, x)
    assert (dataset.labels, dataset.y_train.tolist(), dataset.y_test.tolist()) == (
        ("u", "v", "w"),
        [0, 1, 0, 2],
        [1],
    )
    assert dataset.x_train.dtype == np.float32


@pytest.mark.parametrize(
    ("shape", "dtype", "kept", "as_type"),
    [
        ((5, 4), np.uint8, (5, 4, 1), np.uint8),
        ((5, 4, 3), np.uint8, (5, 4, 3), np.uint8),
        ((5,), np.uint8, (5,), np.float32),
        ((5, 4), np.int64, (5, 4), np.float32),
    ],
)
def test_arrays_of_bytes_are_images(own, shape, dtype, kept, as_type):
    x = np.arange(3 * np.prod(shape)).reshape(3, *shape).astype(dtype)
    own.savez(x_train=x, y_train=np.array([True, False, True]), x_test=x[:1], y_test=np.array([False]))
    dataset = own.fetch()
    assert (dataset.x_train.shape, dataset.x_train.dtype) == ((3, *kept), as_type)
    np.testing.assert_array_equal(dataset.x_train.reshape(x.shape), x)
    assert dataset.labels == ("0", "1")


def test_features_give_flat_rows_a_shape(own):
    own.put("mine.csv", "".join(f"{row},1,2,3,4,255,{row % 2}\n" for row in range(20)))
    dataset = own.fetch(features={"shape": [3, 2, 1], "dtype": "uint8"})
    assert (dataset.x_test.shape, dataset.x_test.dtype) == ((2, 3, 2, 1), np.uint8)
    assert dataset.x_test[0, :, :, 0].tolist() == [[9, 1], [2, 3], [4, 255]]


def test_what_was_understood_is_kept(own, tmp_path):
    own.put("mine.csv", CSV)
    dataset = own.fetch()
    save(dataset, tmp_path / "prepared.npz")
    loaded = load(tmp_path / "prepared.npz")
    assert (loaded.labels, loaded.task) == (("a", "b"), "classification")
    np.testing.assert_array_equal(loaded.y_train, dataset.y_train)


def test_one_hot_rows_are_classes(own):
    x, y = np.arange(8.0).reshape(4, 2), np.array([2, 0, 1, 2])
    for dtype in (np.float32, np.int8, bool):
        hot = np.eye(3, dtype=dtype)[y]
        own.savez(x_train=x, y_train=hot, x_test=x[:2], y_test=hot[:2])
        dataset = own.fetch()
        assert (dataset.labels, dataset.y_train.tolist()) == (("0", "1", "2"), [2, 0, 1, 2])
        assert (dataset.y_test.dtype, dataset.y_test.tolist()) == (np.int64, [2, 0])
        assert dataset.notes == ("the targets are read as one-hot rows of 3 classes",)
    named = own.fetch(labels=["red", "blue", "green"])
    assert (named.labels, named.y_train.tolist()) == (("red", "blue", "green"), [2, 0, 1, 2])
    assert "expected 4 classes, found one-hot rows of 3 classes;" in own.failure(classes=4)
    assert own.fetch(task="regression").y_train.shape == (4, 3)


@pytest.mark.parametrize(
    ("rows", "entry"), [([[0.5, 2], [1, -3.25]], {}), ([[3, 0], [1, 7]], {"task": "regression"})]
)
def test_several_numbers_are_targets_of_a_regression(own, rows, entry):
    y = np.array(rows)
    own.savez(x_train=np.ones((2, 2)), y_train=y, x_test=np.ones((1, 2)), y_test=y[:1])
    dataset = own.fetch(**entry)
    assert (dataset.task, dataset.labels, dataset.outputs) == ("regression", None, 2)
    assert (dataset.y_train.tolist(), dataset.y_test.tolist()) == (rows, rows[:1])
    assert dataset.y_train.dtype == np.float32
    assert dataset.notes == ("the targets are read as 2 numbers to predict",)
    saved = own.raw / "prepared.npz"
    save(dataset, saved)
    assert load(saved).y_train.tolist() == rows


@pytest.mark.parametrize("fractions", ["train", "test"])
def test_fractions_in_one_part_make_both_a_regression(own, fractions):
    y = {"train": np.eye(2), "test": np.eye(2)}
    y[fractions] = y[fractions] + 0.25
    own.savez(x_train=np.ones((2, 2)), y_train=y["train"], x_test=np.ones((2, 2)), y_test=y["test"])
    assert (own.fetch().task, own.fetch().y_test.tolist()) == ("regression", y["test"].tolist())


def test_targets_without_columns(own):
    y = np.ones((2, 0))
    own.savez(x_train=np.ones((2, 2)), y_train=y, x_test=np.ones((2, 2)), y_test=y)
    assert (
        "expected y_train of shape (rows,), numbers or texts, found type float64, shape (2, 0);"
        in own.failure()
    )


@pytest.mark.parametrize("rows", [[[0, 0], [1, 0]], [[1, 1], [0, 1]], [["0", "1"]] * 2])
def test_whole_numbers_and_texts_may_be_anything(own, rows):
    y = np.array(rows)
    own.savez(x_train=np.ones((2, 2)), y_train=y, x_test=np.ones((2, 2)), y_test=y)
    expected = "expected one target a row, one-hot rows of classes, or several numbers to predict, found 2 "
    assert expected in own.failure()
    assert ("say `task: regression`" in own.failure()) == (y.dtype.kind == "i")


def test_parts_of_other_targets(own):
    own.savez(
        x_train=np.ones((2, 2)), y_train=np.full((2, 3), 0.5), x_test=np.ones((2, 2)), y_test=np.full(2, 0.5)
    )
    assert (
        "expected as many targets in y_train as in y_test, found rows of shape (3,) and ();" in own.failure()
    )


def test_arrays_that_are_not_split_get_a_hint(own):
    own.savez(X=np.ones((4, 2)), y=np.arange(4))
    assert "y_test (of unsplit data, save a part of the rows as each), found X, y;" in own.failure()


@pytest.mark.parametrize(
    ("file", "remedy"),
    [
        ("mine.feather", "save it as .csv, by `pandas.read_feather` and"),
        ("mine.json", "save it as .csv, by `pandas.read_json` and"),
        ("mine.csv.gz", "save it unpacked"),
        ("mine.xls", "save it as .xlsx, in the spreadsheet"),
        ("mine.pkl", "save it as one of these"),
        ("mine.data", "name it mine.csv if it is a table"),
        ("mine.csv.txt", "name it mine.csv if it is a table"),
        ("Mine.CSV", "rename it to mine.csv"),
        ("mine_train.csv", "rename it to mine_TRAIN.csv"),
    ],
)
def test_known_formats_that_are_not_read(own, file, remedy):
    own.put(file, "x")
    own.put("mine-too.arff", "x")
    message = own.failure()
    assert f"mine_TEST.…, found {file}, which is not read; {remedy}" in message
    own.put("mine.csv", CSV)
    assert own.fetch().labels == ("a", "b")


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (np.array(["a", "b\udc80"]), "DC80"),
        (np.array(["a", "\ud800b"]).astype(">U2"), "D800"),
        (np.array([97, 0x110000], np.uint32).view("U1"), "110000"),
    ],
)
def test_labels_that_no_file_can_hold(own, labels, found):
    own.savez(x_train=np.ones((2, 2)), y_train=labels, x_test=np.ones((1, 2)), y_test=np.array(["a"]))
    expected = "expected y_train of texts that UTF-8 can write, found the character U+"
    assert f"{expected}{found};" in own.failure()


WEIGHTED = "width,trust,kind\n" + "".join(f"{row},{row / 4},{'ab'[row % 2]}\n" for row in range(20))


@pytest.mark.parametrize("weights", ["trust", 2])
def test_a_column_may_be_the_rows_weights(own, weights, tmp_path):
    own.put("mine.csv", WEIGHTED)
    dataset = own.fetch(source={"kind": "own", "weights": weights})
    assert dataset.x_train.tolist() == [[row] for row in TRAIN]
    assert dataset.w_train.tolist() == [row / 4 for row in TRAIN]
    assert dataset.w_train.dtype == np.float32
    assert dataset.provenance["weights"] == str(weights)
    save(dataset, tmp_path / "prepared.npz")
    np.testing.assert_array_equal(load(tmp_path / "prepared.npz").w_train, dataset.w_train)
    assert own.fetch().w_train is None


def test_weights_before_and_behind_the_target(own):
    own.put("mine_TRAIN.csv", "0.5,a,1,7\n0.25,b,2,8\n")
    own.put("mine_TEST.csv", "4,a,3,9\n")
    first = own.fetch(source={"kind": "own", "target": 2, "weights": 1})
    assert (first.w_train.tolist(), first.x_train.tolist()) == ([0.5, 0.25], [[1, 7], [2, 8]])
    last = own.fetch(source={"kind": "own", "target": 2, "weights": 4})
    assert (last.w_train.tolist(), last.x_test.tolist()) == ([7, 8], [[4, 3]])


def test_weights_in_an_array_are_those_of_the_training_rows(own):
    x = np.arange(6.0).reshape(3, 2)
    arrays = {"x_train": x, "y_train": np.arange(3) % 2, "x_test": x[:1], "y_test": np.array([1])}
    own.savez(**arrays, trust_train=np.array([3, 0, 1]))
    assert own.fetch(source={"kind": "own", "weights": "trust"}).w_train.tolist() == [3, 0, 1]
    assert "found x_train, y_train, x_test, y_test, trust_train;" in own.failure(
        source={"kind": "own", "weights": "faith"}
    )
    for taken in ({"weights": "x"}, {"weights": "y"}, {"inputs": ["x", "y"]}):
        expected = (
            "expected weights, targets (y) and inputs in arrays of their own, found one for two of them"
        )
        assert expected in own.failure(source={"kind": "own", **taken})
    for wrong, complaint in (
        ([1, 2], "expected a weight for each of the 3 training rows, found shape (2,)"),
        ([1, 2, -0.5], "expected weights of 0 or more, found -0.5"),
        ([0, 0, 0], "expected a weight above 0, found none"),
        ([1, 2, np.inf], "expected finite values in the weights, found inf"),
        (["1", "2", "3"], "expected the weights to be an array of numbers, found type <U1"),
    ):
        own.savez(**arrays, trust_train=np.array(wrong))
        assert complaint in own.failure(source={"kind": "own", "weights": "trust"})


def test_columns_may_be_those_of_several_inputs(own, tmp_path):
    own.put("mine.csv", "a,b,c,kind,w\n" + "".join(f"{r},{r + 100},{r / 2},{r % 2},{r}\n" for r in range(20)))
    dataset = own.fetch(
        source={
            "kind": "own",
            "target": "kind",
            "weights": "w",
            "inputs": {"left": ["b", 1], "right": ["c"]},
        }
    )
    assert dataset.inputs == dataset.input_shape == {"left": (2,), "right": (1,)}
    assert dataset.x_test.tolist() == [[109, 9, 4.5], [108, 8, 4]]
    assert dataset.w_train.tolist() == TRAIN
    assert dataset.provenance["inputs"] == "left, right"
    save(dataset, tmp_path / "prepared.npz")
    loaded = load(tmp_path / "prepared.npz")
    given = loaded.as_inputs(loaded.x_test)
    assert {name: array.tolist() for name, array in given.items()} == {
        "right": [[4.5], [4]],
        "left": [[109, 9], [108, 8]],
    }
    np.testing.assert_array_equal(loaded.w_train, dataset.w_train)


def test_arrays_may_be_those_of_several_inputs(own):
    """Each in its shape; numbers a row are one value."""
    image, age = np.arange(24, dtype=np.uint8).reshape(4, 2, 3), np.array([0.5, 1.5, 2.5, 3.5])
    y = np.array([0, 1, 0, 1])
    arrays = {"image_train": image, "image_test": image[:1], "age_train": age, "age_test": age[:1]}
    own.savez(**arrays, y_train=y, y_test=y[:1])
    dataset = own.fetch(source={"kind": "own", "inputs": ["image", "age"]})
    assert dataset.inputs == {"image": (2, 3), "age": (1,)}
    assert (dataset.x_train.shape, dataset.x_train.dtype) == ((4, 7), np.float32)
    given = dataset.as_inputs(dataset.x_train)
    np.testing.assert_array_equal(given["image"], image)
    np.testing.assert_array_equal(given["age"], age[:, np.newaxis])
    for change, complaint in (
        (
            {"age_train": age[:3]},
            "expected as many rows in each of image, age of the part train, found 4 and 3",
        ),
        (
            {"age_test": np.ones((1, 2))},
            "expected age_test to be an array of numbers, rows of one shape in both",
        ),
        ({"image_train": np.array(["a"] * 4)}, "expected image_train to be an array of numbers, rows of one"),
    ):
        own.savez(**{**arrays, **change}, y_train=y, y_test=y[:1])
        assert complaint in own.failure(source={"kind": "own", "inputs": ["image", "age"]})


NAMES = (
    "mine.npz, mine.csv, mine.arff, mine.parquet, mine.xlsx, mine.tsv, mine.ts, mine (a folder of images), "
    "or mine_TRAIN.… with mine_TEST.…"
)


@pytest.mark.parametrize(
    ("files", "entry", "complaint"),
    [
        ({}, {}, f"raw: expected one of {NAMES}, found none of them; put your data"),
        ({"mine.csv": CSV, "mine.tsv": ""}, {}, "mine_TEST.…, found mine.csv, mine.tsv; put"),
        (
            {"mine": CSV},
            {},
            "mine: expected a folder of images, found a file; give it the ending of what it holds",
        ),
        ({"mine_TEST.csv": CSV}, {}, "mine_TRAIN.csv: expected a file for both parts, found no such file"),
        (
            {"mine.tsv": "1\t2\n"},
            {"source": {"kind": "own", "target": "x"}},
            "mine.tsv: expected a file of csv or arff or parquet or xlsx, since the entry names the",
        ),
        (
            {"mine.tsv": "1\t2\n"},
            {"source": {"kind": "own", "weights": "x"}},
            "mine.tsv: expected a file of csv or arff or parquet or xlsx or npz, since the entry names w",
        ),
        (
            {"mine.tsv": "1\t2\n"},
            {"source": {"kind": "own", "decimal": ","}},
            "mine.tsv: expected a file of csv, since the entry says how one is written",
        ),
        (
            {"mine.csv": WEIGHTED},
            {"source": {"kind": "own", "weights": "kind"}},
            "mine.csv: expected target, weights, inputs and what is left out in columns of their own, found",
        ),
        (
            {"mine.csv": WEIGHTED},
            {"source": {"kind": "own", "weights": "faith"}},
            "mine.csv: expected one column faith in the first line, found width, trust, kind",
        ),
        (
            {"mine.csv": CSV},
            {"source": {"kind": "own", "inputs": ["width", "height"]}},
            "mine.csv: expected a file of npz, since the entry gives names alone for inputs, found mine",
        ),
        (
            {"mine.tsv": "1\t2\n"},
            {"source": {"kind": "own", "inputs": {"left": [1]}}},
            "mine.tsv: expected a file of csv or arff or parquet or xlsx, since the entry gives columns for",
        ),
        (
            {"mine.csv": CSV},
            {"source": {"kind": "own", "inputs": {"left": ["depth"]}}},
            "mine.csv: expected one column depth in the first line, found width, height, kind",
        ),
        ({"mine.csv": "1,a\n2,b,c\n"}, {}, "mine.csv: expected 2 values in line 2, as in the first, found 3"),
        (
            {"mine.csv": "1,a\n,b\n"},
            {},
            "mine.csv: expected a value in line 2, column 1, since rows with missing",
        ),
        ({"mine.csv": "1,a\n" * 20}, {}, "mine.csv: expected at least two classes in y_train, found one: a"),
        ({"mine.csv": "1,1\n2,2\n3,3\n"}, {}, "expected x_test of shape (rows, 1), with at least one row"),
        (
            {"mine.csv": "".join(f"{row},{row}\n" for row in range(20))},
            {},
            "every class of the test part in the training part too (are the targets numbers to predict? then "
            "say `task: regression`), found 8, 9",
        ),
        ({"mine.csv": CSV}, {"rows": {"train": 18, "test": 3}}, "expected 21 rows in the part all, found 20"),
        (
            {"mine.csv": CSV},
            {"features": {"shape": [3]}},
            "x_train of shape (rows, 3), with at least one row",
        ),
        (
            {"mine.csv": CSV},
            {"features": {"shape": [2], "dtype": "uint8"}},
            "from 0 to 255 in x_train, found 4.75",
        ),
        (
            {"mine.csv": CSV},
            {"classes": 3},
            "labels from 0 to 2 or 3 different others in y_train, found a, b",
        ),
        ({"mine.csv": CSV}, {"task": "regression"}, "numbers as the targets of a regression, found 'b'"),
        (
            {"mine_TRAIN.tsv": "1\t2\t3\n2\t3\t4\n", "mine_TEST.tsv": "1\t2\n"},
            {},
            "expected x_test of shape (rows, 2, 1), with at least one row, found shape (1, 1, 1)",
        ),
    ],
)
def test_what_will_not_do(own, files, entry, complaint):
    for name, content in files.items():
        own.put(name, content)
    assert complaint in own.failure(**entry)


@pytest.mark.parametrize(
    ("train", "test", "empty"),
    [
        ((0, 3), (1, 3), "x_train of at least one row and one value, found shape (0, 3)"),
        ((2, 3), (0, 3), "x_test of at least one row and one value, found shape (0, 3)"),
        ((2, 0), (1, 0), "x_train of at least one row and one value, found shape (2, 0)"),
    ],
)
@pytest.mark.parametrize("entry", [{}, {"classes": 2}, {"task": "regression"}])
def test_empty_arrays(own, train, test, empty, entry):
    own.savez(
        x_train=np.zeros(train), y_train=np.arange(train[0]), x_test=np.zeros(test), y_test=np.zeros(test[0])
    )
    assert f"mine.npz: expected {empty};" in own.failure(**entry)


def test_labels_of_two_files_are_numbers_only_if_all_are(own):
    own.put("mine_TRAIN.csv", "1,01\n2,b\n")
    own.put("mine_TEST.csv", "3,01\n")
    assert own.fetch().labels == ("01", "b")
    own.put("mine_TRAIN.csv", "1,01\n2,10\n3,9\n")
    assert own.fetch().labels == ("1", "9", "10")


@pytest.mark.parametrize(
    ("train", "test", "found"),
    [
        (["007", "7", "8"], ["8"], "007 and 7"),
        (["7", "8"], ["8", "07"], "07 and 7"),
        (["1.0", "2", "1e0"], ["2"], "1.0 and 1e0"),
        (["9007199254740992", "9007199254740993"], ["9007199254740992"], "9007199254740992 and 900719925474"),
    ],
)
def test_labels_that_differ_but_are_one_number(own, train, test, found):
    own.put("mine_TRAIN.csv", "".join(f"0,{label}\n" for label in train))
    own.put("mine_TEST.csv", "".join(f"0,{label}\n" for label in test))
    message = own.failure()
    assert "mine_TRAIN.csv: expected each label to be written in one way (are the targets" in message
    assert f"then say `task: regression`), found {found}" in message
    assert own.fetch(task="regression").y_test.tolist() == [float(label) for label in test]
    # With a fraction among them, they are numbers to predict.
    own.put("mine_TRAIN.csv", "".join(f"0,{label}\n" for label in [*train, "0.5"]))
    assert own.fetch().task == "regression"


def test_underscores_make_texts_of_labels(own):
    own.put("mine_TRAIN.csv", "0,1_1\n0,11\n0,1_2\n")
    own.put("mine_TEST.csv", "0,11\n")
    assert own.fetch().labels == ("11", "1_1", "1_2")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (
            {"source": {"kind": "own", "target": 0}},
            "mine.source.target: Value error, columns are counted from 1",
        ),
        (
            {"source": {"kind": "own", "target": True}},
            "mine.source.target: Value error, expected a whole number",
        ),
        (
            {"source": {"kind": "own", "inputs": ["a", "a"]}},
            "mine.source.inputs: Value error, expected different names, or names with lists of columns",
        ),
        (
            {"source": {"kind": "own", "inputs": {"a": "b"}}},
            "mine.source.inputs: Value error, expected different names",
        ),
        (
            {"source": {"kind": "own", "inputs": ["a", "b"]}, "features": {"shape": [2]}},
            "mine: Value error, features are those of one input; leave them out beside inputs",
        ),
        ({"source": {"kind": "own", "file": "x"}}, "mine.source.file: Extra inputs are not permitted"),
        ({"members": {}}, "mine.members: Extra inputs are not permitted"),
    ],
)
def test_entries_that_will_not_do(own, line, complaint):
    with pytest.raises(GradevoError) as caught:
        own.fetch(**line)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
