"""The workflow's benchmark files as a table."""

import json
import sys
from pathlib import Path

import pytest
from analysis.benchmarks import jobs
from analysis.benchmarks.jobs import Job, read, render


def write(path: Path, seconds: float, cpu: float | str, mebibytes: float | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {"s": seconds, "h:m:s": "0:00:00", "cpu_time": cpu, "max_rss": mebibytes, "mean_load": "NA"}
    path.write_text(json.dumps(record) + "\n")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    write(tmp_path / "cifar100/logs/animation.jsonl", 9.26, 8.0, "NA")
    write(tmp_path / "cifar100/seed-7/logs/statistics.jsonl", 30.0, 41.5, 1500.0)
    write(tmp_path / "cifar100/seed-13/logs/train.jsonl", 600.0, 1100.0, 3000.0)
    write(tmp_path / "cifar100/seed-7/logs/train.jsonl", 610.0, 1100.0, 3999.0)
    write(tmp_path / "boston/logs/figures.jsonl", 2.0, "NA", "NA")
    return tmp_path


def test_jobs_stand_by_experiment_trainings_first(results: Path) -> None:
    assert [(job.experiment, job.seed, job.name) for job in read(results)] == [
        ("boston", None, "figures"),
        ("cifar100", 7, "train"),
        ("cifar100", 13, "train"),
        ("cifar100", 7, "statistics"),
        ("cifar100", None, "animation"),
    ]


def test_memory_is_given_in_decimal_megabytes(results: Path) -> None:
    # Snakemake divides by 1024²: 3000 · 1.048576
    assert read(results)[2] == Job("cifar100", 13, "train", 600.0, 1100.0, 3145.728)


def test_table_judges_a_training_by_another_limit_than_a_later_job(results: Path) -> None:
    lines = [line.split() for line in render(read(results)).splitlines()]
    assert lines[0] == ["experiment", "seed", "job", "seconds", "CPU", "seconds", "MB", "limit", "holds"]
    assert lines[2] == ["boston", "figures", "2.0", "not", "sampled", "≤", "1500"]
    assert lines[3] == ["cifar100", "7", "train", "610.0", "1100.0", "4193", "≤", "4000", "no"]
    assert lines[4] == ["cifar100", "13", "train", "600.0", "1100.0", "3146", "≤", "4000", "yes"]
    assert lines[5] == ["cifar100", "7", "statistics", "30.0", "41.5", "1573", "≤", "1500", "no"]
    assert lines[6] == ["cifar100", "animation", "9.3", "not", "sampled", "≤", "1500"]


def test_folder_without_benchmark_files_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["jobs", str(tmp_path / "paper")])
    with pytest.raises(SystemExit):
        jobs.main()
    assert "paper: expected benchmark files of jobs, found none" in capsys.readouterr().err
