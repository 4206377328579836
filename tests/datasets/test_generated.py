"""Recipes, and what their entries may say."""

from pathlib import Path

import numpy as np
import pytest

from gradevo import GradevoError
from gradevo.datasets.fetch import fetch
from gradevo.datasets.prepared import load, save

ENTRIES = {
    "plain": "{title: Plain, source: {kind: generated, recipe: xor}}",
    "labelled": "{title: X, labels: [a, b, c], source: {kind: generated, recipe: xor}}",
    "shaped": "{title: X, features: {shape: [3]}, source: {kind: generated, recipe: rain}}",
    "counted": "{title: X, classes: 2, source: {kind: generated, recipe: xor}}",
}


def sources(folder: Path, name: str) -> Path:
    path = folder / "sources.yaml"
    path.write_text(f"{name}: {ENTRIES[name]}\n", encoding="utf-8")
    return path


def test_without_labels_the_classes_are_numbered(tmp_path: Path) -> None:
    dataset = fetch("plain", tmp_path, sources(tmp_path, "plain"))
    assert (dataset.task, dataset.labels, dataset.classes) == ("classification", ("0", "1"), 2)
    assert dataset.y_train.dtype == np.int64
    assert len(dataset.x_test) == 0
    assert dataset.provenance["kind"] == "generated"


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    dataset = fetch("rain", tmp_path, Path(__file__).parents[2] / "data/sources.yaml")
    save(dataset, tmp_path / "rain.npz")
    again = load(tmp_path / "rain.npz")
    np.testing.assert_array_equal(again.y_train, [0.2, 1.3, 2.4])
    assert again.x_train.dtype == again.y_train.dtype == np.float64


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("labelled", "expected 2 labels, found 3"),
        ("shaped", r"expected x_train of shape \(rows, 3\)"),
        ("counted", "classes is decided by the recipe"),
    ],
)
def test_an_entry_that_contradicts_its_recipe(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(GradevoError, match=message):
        fetch(name, tmp_path, sources(tmp_path, name))
