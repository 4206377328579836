"""From a name to arrays: which source is taken, how rows are split, what a user's copy may hold."""

from pathlib import Path

import numpy as np
import pytest

from gradevo.datasets.fetch import fetch
from gradevo.errors import GradevoError

SOURCES = Path(__file__).parents[2] / "data" / "sources.yaml"

# keras.utils.split_dataset(range(10), left_size=0.7, shuffle=True, seed=13) gives these rows.
TRAIN, TEST = [3, 0, 7, 8, 6, 1, 5], [2, 9, 4]


def own(toy, **changes) -> None:
    """Put a good toy.npz into data/raw, but for the changes; an array given as None is left out."""
    arrays = {
        "x_train": np.arange(12.0).reshape(4, 3),
        "y_train": np.array([0, 1, 2, 0], dtype=np.uint8),
        "x_test": np.ones((2, 3), dtype=np.int16),
        "y_test": np.array([[2.0], [1.0]]),
    } | changes
    toy.raw.mkdir(exist_ok=True)
    np.savez(toy.raw / "toy.npz", **{name: array for name, array in arrays.items() if array is not None})


def test_rows_are_shuffled_then_cut(toy):
    dataset = toy.fetch()
    np.testing.assert_array_equal(dataset.x_train[:, 0], TRAIN)
    np.testing.assert_array_equal(dataset.x_test[:, 0], TEST)
    np.testing.assert_array_equal(dataset.x_test, [[2, 0.5, -2], [9, 2.25, -9], [4, 1, -4]])
    np.testing.assert_array_equal(dataset.y_train, [row % 3 for row in TRAIN])
    np.testing.assert_array_equal(dataset.y_test, [2, 0, 1])
    assert dataset.x_train.dtype == dataset.x_test.dtype == np.float32
    assert dataset.y_train.dtype == dataset.y_test.dtype == np.int64
    assert (dataset.name, dataset.title, dataset.task, dataset.classes) == ("toy", "Toy", "classification", 3)


def test_files_of_their_own_for_training_and_test_with_labels_to_translate(toy):
    del toy.entry["split"]
    toy.entry |= {"classes": 2, "labels": [-1, 1], "format": "ucr-tsv", "rows": {"train": 3, "test": 1}}
    toy.entry["features"] = {"shape": [2, 1], "dtype": "float32"}
    toy.build({"toy/train.tsv": b"1\t1e-1\t2\n-1\t3\t4\n1\t5\t6\n", "toy/test.tsv": b"-1\t7\t-8.5\n"})
    dataset = toy.fetch()
    np.testing.assert_array_equal(
        dataset.x_train, np.array([[[0.1], [2]], [[3], [4]], [[5], [6]]], dtype=np.float32)
    )
    np.testing.assert_array_equal(dataset.x_test, [[[7], [-8.5]]])
    np.testing.assert_array_equal(dataset.y_train, [1, 0, 1])
    np.testing.assert_array_equal(dataset.y_test, [0])
    assert dataset.y_train.dtype == np.int64


def test_a_regression_keeps_its_targets(toy):
    del toy.entry["classes"]
    toy.entry["task"] = "regression"
    toy.entry["split"] = {"generator": "numpy", "seed": 113}
    toy.build({"toy/all.csv": "".join(f"0,0,{row},{row / 10}\n" for row in range(10)).encode()})
    dataset = toy.fetch()
    order = np.arange(10)
    np.random.RandomState(113).shuffle(order)
    np.testing.assert_array_equal(dataset.x_train[:, 2], order[:7])
    np.testing.assert_array_equal(dataset.y_test, (order[7:] / 10).astype(np.float32))
    assert dataset.y_train.dtype == np.float32
    assert dataset.classes is None


def test_the_real_iris():
    dataset = fetch("iris", Path("nowhere"), SOURCES)
    assert (dataset.x_train.shape, dataset.x_test.shape) == ((135, 4), (15, 4))
    # Row 89 of Fisher's table comes first, rows 32, 110 and 7 open the test set.
    np.testing.assert_allclose(dataset.x_train[0], [5.5, 2.5, 4.0, 1.3], rtol=1e-7)
    np.testing.assert_allclose(dataset.x_test[:2], [[5.2, 4.1, 1.5, 0.1], [6.5, 3.2, 5.1, 2.0]], rtol=1e-7)
    assert dataset.y_train[0] == 1
    assert dataset.y_test[:3].tolist() == [0, 2, 0]
    assert np.bincount(np.concatenate([dataset.y_train, dataset.y_test])).tolist() == [50, 50, 50]
    assert dataset.provenance["kind"] == "installed package"
    assert dataset.provenance["file"] == "iris.csv"
    assert dataset.provenance["package"].startswith("scikit-learn==")


def test_an_unknown_name(toy):
    with pytest.raises(GradevoError, match=r"^toys: .*expected one of the datasets toy, found toys;"):
        fetch("toys", toy.raw, toy.sources)


@pytest.mark.parametrize(
    ("change", "expected", "found"),
    [
        ({"rows": {"train": 7, "test": 4}}, "11 rows in the part all", "10"),
        (
            {"features": {"shape": [2, 2], "dtype": "float32"}},
            "x_train of shape (rows, 2, 2)",
            "shape (7, 3)",
        ),
        ({"features": {"shape": [3], "dtype": "uint8"}}, "whole numbers from 0 to 255 in x_train", "0.75"),
        ({"classes": 2}, "labels from 0 to 1 or 2 different others in y_train", "2 among 3"),
        ({"classes": 2, "labels": [2, 1]}, "the labels 2, 1 in y_train", "0"),
    ],
)
def test_the_source_is_not_what_sources_yaml_says(toy, change, expected, found):
    toy.entry |= change
    toy.write()
    with pytest.raises(GradevoError) as caught:
        toy.fetch()
    message = str(caught.value)
    assert message.startswith(f"toy: {toy.raw / toy.file}")
    assert f": expected {expected}" in message
    assert f", found {found}" in message


@pytest.mark.parametrize("value", ["inf", "1e39"])
def test_values_that_are_not_finite_in_float32(toy, value):
    rows = ["1,2,3,0"] * 9 + [f"1,2,{value},0"]
    toy.build({"toy/all.csv": "\n".join(rows).encode()})
    with pytest.raises(GradevoError, match=r"expected finite values in x_(train|test), found"):
        toy.fetch()


def test_the_users_own_arrays_come_first(toy):
    toy.fetch()
    own(toy)
    dataset = toy.fetch()
    assert toy.downloads == 1
    np.testing.assert_array_equal(dataset.x_train, [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]])
    np.testing.assert_array_equal(dataset.y_test, [2, 1])
    assert dataset.x_test.dtype == np.float32
    assert dataset.y_train.dtype == dataset.y_test.dtype == np.int64
    assert dataset.provenance["kind"] == "user-supplied copy"
    assert dataset.provenance["file"] == "toy.npz"


def test_the_users_file_is_recorded_by_its_checksum(toy, sha256):
    own(toy)
    assert toy.fetch().provenance == {
        "kind": "user-supplied copy",
        "file": "toy.npz",
        "sha256": sha256((toy.raw / "toy.npz").read_bytes()),
    }


def test_images_without_a_channel_axis_get_one(toy):
    toy.entry["features"] = {"shape": [2, 2, 1], "dtype": "uint8"}
    toy.write()
    images = np.array([[[0, 1], [2, 255]]] * 4)
    own(toy, x_train=images, x_test=images[:2, :, :, np.newaxis].astype(np.uint8))
    dataset = toy.fetch()
    assert (dataset.x_train.shape, dataset.x_test.shape) == ((4, 2, 2, 1), (2, 2, 2, 1))
    assert dataset.x_train.dtype == dataset.x_test.dtype == np.uint8
    np.testing.assert_array_equal(dataset.x_train[3, :, :, 0], [[0, 1], [2, 255]])


@pytest.mark.parametrize(
    ("change", "expected", "found"),
    [
        ({"y_test": None}, "the arrays x_train, y_train, x_test, y_test", "x_train, y_train, x_test;"),
        ({"x_train": np.zeros((4, 2))}, "x_train of shape (rows, 3), with at least one row", "shape (4, 2)"),
        ({"x_test": np.zeros((2, 4))}, "x_test of shape (rows, 3), with at least one row", "shape (2, 4)"),
        (
            {"x_test": np.zeros((0, 3)), "y_test": np.zeros(0)},
            "x_test of at least one row and one value",
            "shape (0, 3)",
        ),
        ({"x_train": np.zeros((5, 3))}, "as many rows in x_train as in y_train", "5 and 4"),
        ({"y_train": np.zeros(3)}, "as many rows in x_train as in y_train", "4 and 3"),
        ({"y_train": np.eye(4)}, "3 classes", "one-hot rows of 4 classes;"),
        (
            {"y_train": np.zeros(4, "M8[D]")},
            "y_train of shape (rows,), numbers or texts",
            "type datetime64[D]",
        ),
        (
            {"y_train": np.array([0, 1, 2, 3])},
            "labels from 0 to 2 or 3 different others in y_train",
            "3 among 4;",
        ),
        (
            {"y_train": np.array([0, 1, 2, -1])},
            "labels from 0 to 2 or 3 different others in y_train",
            "-1 among 4;",
        ),
        ({"y_train": np.array([0, 1, 2, 0.5])}, "whole numbers or texts as labels of classes", "0.5;"),
        ({"y_train": np.array([0, 1, 2, np.nan])}, "a finite target in every row of y_train", "nan;"),
        ({"x_train": np.array([[1, 2, np.inf]] * 4)}, "finite values in x_train", "inf;"),
        (
            {"x_train": np.array([["a", "b", "c"]] * 4)},
            "x_train to be an array of rows of numbers",
            "type <U1",
        ),
        (
            {"x_train": np.ones((4, 3), complex)},
            "x_train to be an array of rows of numbers",
            "type complex128",
        ),
        ({"x_train": np.array(7.0)}, "x_train to be an array of rows of numbers", "type float64, shape ()"),
        ({"x_train": np.array([[{}] * 3] * 4)}, "a readable .npz archive of plain arrays", "ValueError"),
    ],
)
def test_a_users_file_that_will_not_do(toy, change, expected, found):
    own(toy, **change)
    with pytest.raises(GradevoError) as caught:
        toy.fetch()
    message = str(caught.value)
    assert message.startswith(f"toy: {toy.raw / 'toy.npz'}: expected {expected}")
    assert f", found {found}" in message
    assert message.endswith("; mend this file, or remove it to use the source that sources.yaml names")


@pytest.mark.parametrize("pixels", [np.full((4, 3), 0.5), np.full((4, 3), 256), np.full((4, 3), -1)])
def test_pixels_that_are_not_bytes(toy, pixels):
    toy.entry["features"]["dtype"] = "uint8"
    toy.write()
    own(toy, x_train=pixels)
    with pytest.raises(GradevoError, match="expected whole numbers from 0 to 255 in x_train, found"):
        toy.fetch()
