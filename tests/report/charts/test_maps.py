"""What the maps of a page are given: cosines and elements that one knows."""

import json
from base64 import b64decode

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from gradevo.report.charts import maps
from gradevo.report.charts.maps import experiment_maps
from gradevo.statistics.similarity import cosines
from gradevo.statistics.store import Statistics
from gradevo.testing import write_statistics


def content(run):
    text = experiment_maps(run).script
    return json.loads(text.partition(">")[2].removesuffix("</script>"))


def shown(run):
    return {one["key"]: one for one in content(run)["maps"]}


def unpacked(text):
    kind, _, numbers = text.partition(":")
    return np.frombuffer(b64decode(numbers), {"f4": "<f4", "f8": "<f8", "u1": "u1"}[kind])


@pytest.fixture
def run(turning):
    with Statistics(turning) as opened:
        yield opened


def test_cosines_of_all_pairs_in_hundredths(run):
    one = shown(run)["similarity"]
    assert one["places"] == list(range(12))
    assert one["names"][5] == "step 5, epoch 2"
    assert list(one["series"]) == one["rows"] == ["total", "one <&", "two"]
    pairs = np.triu_indices(12, 1)
    for name, rows in (("total", run.folded().rows), ("one <&", run.folded("one <&").rows)):
        found = np.frombuffer(b64decode(one["series"][name]), np.int8)
        assert_array_equal(found, np.rint(100 * cosines(rows)[pairs]))
    two = dict(
        zip(zip(*pairs, strict=True), np.frombuffer(b64decode(one["series"]["two"]), np.int8), strict=True)
    )
    assert (two[0, 1], two[0, 2], two[0, 8], two[8, 9]) == (-100, 100, -128, -128)
    assert "Cosines are exact." in one["note"]


def test_steps_are_thinned_evenly(tmp_path, monkeypatch):
    monkeypatch.setattr(maps, "MOST_STEPS", 5)
    rows = np.random.default_rng(0).normal(size=(12, 3))
    path = write_statistics(tmp_path / "a.h5", {"w": (3,)}, 3, 4, folded=rows)
    with Statistics(path) as opened:
        one = shown(opened)["similarity"]
    assert one["places"] == [0, 3, 6, 9]
    assert "1 of 3 of 12 steps" in one["note"]
    assert one["range"] == [[-1.5, 10.5]] * 2
    found = np.frombuffer(b64decode(one["series"]["total"]), np.int8)
    assert_array_equal(found, np.rint(100 * cosines(rows[::3])[np.triu_indices(4, 1)]))


def test_elements_of_every_epoch(run):
    one = shown(run)["distributions"]
    assert list(one["series"]) == ["a", "b"]
    assert one["range"] == [[0.5, 3.5], [0, 2]]  # elements of 1 and of 2
    levels = {
        name: np.frombuffer(b64decode(series["shares"]), np.uint8).reshape(3, 2)
        for name, series in one["series"].items()
    }
    assert_array_equal(levels["a"], [[255, 0]] * 3)  # half of the elements are zero, half are 1
    assert_array_equal(levels["b"], [[0, 255], [0, 255], [0, 0]])
    low, middle, high, zeros, *lost = map(unpacked, one["series"]["b"]["numbers"])
    assert_allclose(middle, [1.5, 1.5, np.nan])
    assert_array_equal(zeros, [0, 0, 1])
    assert len(lost) == len(one["rows"]) - 4
    assert_array_equal(lost[3], [1, 1, np.nan])  # 2 · 2¹⁶ overflows in float16
    assert_allclose(np.concatenate([low, high])[[0, 3]], [1.05, 1.95], rtol=1e-6)


def test_a_share_of_an_eighth_can_be_read_off_its_level(tmp_path):
    exponents = np.zeros((1, 2, 256), np.int64)
    exponents[0, 0, [127, 128]] = 1, 7
    path = write_statistics(tmp_path / "a.h5", {"w": (8,)}, 1, exponents={"w": exponents})
    with Statistics(path) as opened:
        one = shown(opened)["distributions"]
    strongest, gamma = one["scale"]
    levels = np.frombuffer(b64decode(one["series"]["w"]["shares"]), np.uint8)
    assert levels[1] == 255  # more than the strongest that is told apart
    assert strongest * (levels[0] / 255) ** (1 / gamma) == pytest.approx(1 / 8, rel=0.02)


def test_names_close_no_element_and_are_escaped(run):
    found = experiment_maps(run)
    assert "<&" not in found.script.removeprefix("<script")
    assert "<option>one &lt;&amp;</option>" in found.html


def test_of_many_layers_and_tensors_those_with_the_largest_gradients(run, monkeypatch):
    monkeypatch.setattr(maps, "MOST_SERIES", 1)
    found = shown(run)
    assert found["similarity"]["rows"] == ["total", "two"]
    assert "The 1 of 2 layers with the largest gradients." in found["similarity"]["note"]
    assert list(found["distributions"]["series"]) == ["b"]


def test_nothing_to_compare_is_no_map(tmp_path):
    with Statistics(write_statistics(tmp_path / "a.h5", {"w": (3,)}, 0, steps=1)) as opened:
        assert not experiment_maps(opened)


def test_the_same_run_gives_the_same_bytes(run):
    assert experiment_maps(run) == experiment_maps(run)
