"""YAML comes out in Python's own types; keys that are doubled or no words are refused with their line."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from gradevo.config.yaml_text import read_yaml
from gradevo.errors import GradevoError

ROOT = Path(__file__).parents[2]


def read(folder: Path, text: str | bytes) -> Any:
    path = folder / "my.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(path)


@pytest.mark.parametrize("path", [*sorted((ROOT / "config").glob("*.yaml")), ROOT / "data/sources.yaml"])
def test_ours_are_read_as_another_library_reads_them(path: Path) -> None:
    other = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert json.dumps(read_yaml(path), sort_keys=True) == json.dumps(other, sort_keys=True)


def test_plain_types(tmp_path: Path) -> None:
    text = "a: &a 0x1F\nb: *a\nc: &c true\nd: *c\ne: 1e-3\nf: &f .inf\ng: |\n  text\nh: no\ni: ['1', ~]\n"
    found = read(tmp_path, text)
    expected = {"a": 31, "b": 31, "c": True, "d": True, "e": 1e-3, "f": float("inf"), "g": "text\n"}
    assert repr(found) == repr({**expected, "h": "no", "i": ["1", None]})
    assert {type(value) for value in found.values()} == {int, bool, float, str, list}
    assert read(tmp_path, "") is None
    assert read(tmp_path, "{0: a, -1: b}") == {"0": "a", "-1": "b"}


def test_merges(tmp_path: Path) -> None:
    text = "a: &a {p: 1, q: 2}\nb: &b {q: 3, r: 4}\nc:\n  <<: [*a, *b]\n  p: 5\nd: {<<: *b, q: 6}\n"
    found = read(tmp_path, text)
    assert (found["c"], found["d"]) == ({"p": 5, "q": 2, "r": 4}, {"q": 6, "r": 4})


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: 1\nb:\n  c: 1\n  c: {d: 2}\n", 4, "the key 'c' is given twice; remove one of them"),
        ("a: &a {p: 1}\nb:\n  <<: *a\n  p: 2\n  p: 3\n", 5, "the key 'p' is given twice"),
        ("a: &a {p: 1}\nb:\n  q: 2\n  <<: *a\n  q: 2\n", 5, "the key 'q' is given twice"),
        ("a:\n  <<: {p: 1}\n  <<: {q: 1}\n", 3, "the key '<<' is given twice"),
        ("a:\n- 1.5: 2\n", 2, "expected a word as a key, found 1.5"),
        ("a:\n  true: 2\n", 2, "expected a word as a key, found True"),
        ("a:\n  [b]: 2\n", 2, r"expected a word as a key, found \['b'\]"),
        ("a: b: c\n", 1, "mapping values are not allowed here"),
        ("a: *b\n", 1, "found undefined alias 'b'"),
        ("a: 1\n---\nb: 1\n", 2, "but found another document"),
        ("a: 1\nb: 2024-13-01\n", 2, "no such number, date or word: month must be in 1..12"),
        ("a: 1\nb: 2024-01-01T25:00:00Z\n", 2, "no such number, date or word: hour must be in 0..23"),
        (f"a:\n- 1\n- {'9' * 5000}\n", 3, "no such number, date or word: Exceeds the limit"),
        ("b: 1\na: !!int x\n", 2, "no such number, date or word: invalid literal"),
        ("b: 1\na: !!bool x\n", 2, "no such number, date or word: 'x'"),
        ("b: 1\na: [1, &a [*a]]\n", 2, "'a' contains itself"),
        ("b: 1\na: &a {<<: *a}\n", 2, "'a' contains itself"),
        ('b: 1\na: "x\\ud800"\n', 2, r"half a surrogate pair in 'x\\ud800'"),
        (f"b: 1\na: {'[' * 5000}{']' * 5000}\n", 2, "more than 100 levels"),
        ("".join(f"{' ' * level}a:\n" for level in range(2000)), 101, "more than 100 levels"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, line: int, problem: str) -> None:
    with pytest.raises(GradevoError, match=rf"my.yaml, line {line}: expected YAML, .*: {problem}") as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("text", "problem"), [(b"\xff", "not UTF-8 text"), ("a: \x01", "unacceptable char")])
def test_what_is_no_text(tmp_path: Path, text: str | bytes, problem: str) -> None:
    with pytest.raises(GradevoError, match=f"my.yaml: expected YAML, found a mistake: {problem}"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("first", "then"),
    [("a0: &a0 [x, x]\n", "a{}: &a{} [{}]\n"), ("a0: &a0 {p: 1, q: 1}\n", "a{}: &a{} {{<<: [{}]}}\n")],
)
def test_aliases_of_aliases(tmp_path: Path, first: str, then: str) -> None:
    """Nine of nine of nine would be as many values as take minutes and gigabytes."""
    bomb = first + "".join(then.format(i, i, ", ".join([f"*a{i - 1}"] * 9)) for i in range(1, 30))
    begin = time.monotonic()
    with pytest.raises(
        GradevoError, match=r"line 6: expected YAML, .*: more than 100,000 values, with those that"
    ):
        read(tmp_path, bomb)
    assert time.monotonic() - begin < 5
    assert read(tmp_path, "".join(bomb.splitlines(keepends=True)[:4])).keys() == {"a0", "a1", "a2", "a3"}


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_may_have_no_end_is_refused_before_it_is_read(tmp_path: Path, kind: str) -> None:
    path = Path("/dev/zero")
    if kind == "pipe":
        path = tmp_path / "my.yaml"
        os.mkfifo(path)
    with pytest.raises(GradevoError, match=rf"{path}: expected YAML.*: a pipe or a device; expected"):
        read_yaml(path)


def test_a_file_without_end(tmp_path: Path) -> None:
    with (tmp_path / "my.yaml").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(
        GradevoError, match=r"my.yaml: expected YAML, found a mistake: more than 10,000,000 bytes"
    ):
        read_yaml(tmp_path / "my.yaml")
