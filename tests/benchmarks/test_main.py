"""What the command prints: a block a section, ready to be pasted."""

import sys

import pytest
from analysis.benchmarks import __main__ as command
from analysis.benchmarks.timing import Row, Taken, rows


def test_a_block_a_section_in_the_order_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, int, bool]] = []

    def part(name: str) -> command.Part:
        def measure(rounds: int, quick: bool) -> list[Row]:
            asked.append((name, rounds, quick))
            return rows(name, {"gradevo": [Taken(1.0)]}, {})

        return measure

    names = ("training:iris", "animation:mnist", "animation:forda")
    monkeypatch.setattr(command, "timed", lambda: {name: part(name) for name in names})
    monkeypatch.setattr(command.analysing, "measure_rounding", lambda quick: f"rounded, quick {quick}")
    arguments = ["--only", "animation:forda", "rounding", "training:iris", "animation:mnist", "--rounds", "2"]
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    command.main()

    blocks = [block.splitlines() for block in capsys.readouterr().out.strip().split("\n\n")]
    assert [block[0].split(":")[0] for block in blocks] == ["animation", "rounding", "training"]
    assert [line.split()[0] for line in blocks[0][3:]] == ["animation:forda", "animation:mnist"]
    assert blocks[1][1:] == ["rounded, quick False"]
    assert blocks[2][0].endswith("; rounds: 2")
    assert asked == [(name, 2, False) for name in ("animation:forda", "animation:mnist", "training:iris")]


def test_quick_is_one_round_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        command,
        "timed",
        lambda: {"a:b": lambda repeats, quick: rows("b", {"gradevo": [Taken(1.0)] * repeats}, {})},
    )
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--quick", "--only", "a:b"])
    command.main()
    assert ", quick; rounds: 1\n" in capsys.readouterr().out
