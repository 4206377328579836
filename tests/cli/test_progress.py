"""Lines for logs: the first and the last epoch, and in between at most one every few seconds."""

from pathlib import Path
from typing import Any

import pytest

from gradevo.cli.progress import progress
from gradevo.config.load import read_config
from gradevo.recording.keras.record import Epoch

EXPERIMENT = read_config(Path(__file__).parents[2] / "config/default.yaml").definitions["mnist"]


def epoch(number: int, resumed: int = 0, seconds: float = 2.0) -> Epoch:
    metrics = {"train": {"loss": 1 / number, "categorical_accuracy": 0.5}, "validation": {"loss": 9.0}}
    return Epoch(number, 10, 16, metrics, seconds, 0.8 * seconds, resumed)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr("gradevo.cli.progress.time.monotonic", lambda: now[0])
    return now


def test_lines_come_at_most_every_five_seconds(clock: list[float], capsys: Any) -> None:
    with progress(EXPERIMENT) as show:
        for number in range(1, 11):
            clock[0] += 2
            show(epoch(number, seconds=60 if number == 1 else 2))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[2] for line in lines] == ["1/10", "4/10", "7/10", "10/10"]
    assert lines[1] == "mnist: epoch 4/10  loss 0.25  categorical_accuracy 0.5  100 ms/step  0:12 left"


def test_a_continued_run_says_so_and_counts_its_own_epochs_only(clock: list[float], capsys: Any) -> None:
    with progress(EXPERIMENT) as show:
        show(epoch(5, resumed=4, seconds=60))
    assert capsys.readouterr().err.splitlines() == [
        "mnist: continued after epoch 4 of an earlier run",
        "mnist: epoch 5/10  loss 0.2  categorical_accuracy 0.5  3e+03 ms/step  5:00 left",
    ]


def test_at_a_terminal_there_is_a_bar(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    with progress(EXPERIMENT) as show:
        for number in range(1, 11):
            show(epoch(number, resumed=0))
    printed = capsys.readouterr().err
    assert "━" in printed
    assert "10/10" in printed
    assert "categorical_accuracy 0.5" in printed
