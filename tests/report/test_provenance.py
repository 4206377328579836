"""Provenance of several runs, put together."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gradevo.errors import GradevoError
from gradevo.report.artifacts import Material
from gradevo.report.provenance import read_provenance


def test_seeds_that_differ_in_nothing_else_are_one_entry(
    tmp_path: Path, provenance_file: Callable[..., Path]
) -> None:
    waves = Material("waves", provenance=[provenance_file(tmp_path, "waves", seed) for seed in (13, 14)])
    calm = Material(
        "calm", provenance=[provenance_file(tmp_path, "calm", 3, threads=2, versions={"keras": "4"})]
    )
    found = read_provenance([waves, calm])
    assert [(origin.name, origin.seeds) for origin in found.origins] == [("waves", (13, 14)), ("calm", (3,))]
    first = found.origins[0]
    assert first.data[:2] == (("Dataset", "sea"), ("Kind", "user-supplied copy"))
    assert ("SHA-256", "ab" * 32) in first.data
    assert ("optimizer.learning_rate", "0.1") in first.configuration
    assert ("keep_bits", "none") in first.configuration
    assert first.machine == (
        ("Architecture", "x86_64"),
        ("Processor", "Tide 7"),
        ("Instruction sets", "X86_V2, X86_V3"),
        ("Devices", "CPU"),
        ("Threads", "1"),
        ("oneDNN", "on"),
    )
    assert found.versions == (
        ((("python", "3.11.7"), ("keras", "3.15.1")), ("waves",)),
        ((("keras", "4"),), ("calm",)),
    )


def test_seeds_that_differ_in_their_threads_are_two(
    tmp_path: Path, provenance_file: Callable[..., Path]
) -> None:
    paths = [provenance_file(tmp_path, "waves", seed, threads=seed) for seed in (1, 2)]
    assert len(read_provenance([Material("waves", provenance=paths)]).origins) == 2


def test_a_record_of_before_says_nothing_of_its_processor(
    tmp_path: Path, provenance_file: Callable[..., Path]
) -> None:
    path = provenance_file(tmp_path, "waves", 1)
    told = json.loads(path.read_text())
    del told["processor"], told["instruction_sets"]
    path.write_text(json.dumps(told))
    (origin,) = read_provenance([Material("waves", provenance=[path])]).origins
    assert [key for key, _ in origin.machine] == ["Architecture", "Devices", "Threads", "oneDNN"]


@pytest.mark.parametrize("text", ["", "[]", '{"seed": 1}'])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "provenance.json"
    path.write_text(text)
    with pytest.raises(GradevoError, match="record the run again"):
        read_provenance([Material("waves", provenance=[path])])
