import json
import sys

import pytest

import gradevo.cli

LAYERS = ("input", "InputLayer"), ("gru", "GRU"), ("dense", "Dense")


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command line in this process; returns exit code, output and errors."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["gradevo", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            gradevo.cli.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


@pytest.fixture
def statistics(graph_run, chain):
    norms = {"gru": [1, 1], "dense": [0, 1]}
    edges = [[float("nan"), 0.5]] * 2
    times = {"gru": [[0.25, 0.5, 1.0]] * 2}
    return graph_run(chain(*LAYERS), epochs=2, norms=norms, edges=edges, through_time=times).path


def test_graph_writes_all_files_and_prints_findings(call, statistics, tmp_path):
    folder = tmp_path / "out"
    health = tmp_path / "health.json"
    code, out, err = call("health", statistics, "--output", health)
    assert (code, err) == (0, "")
    assert out.splitlines() == ["seed 13: dead: dense, epoch 1: highest batch gradient norm: 0 ≤ 0"]
    code, out, err = call("draw", "graph", statistics, "--folder", folder, "--health", health)
    assert (code, err) == (0, "")
    names = ["graph.gif", "graph.json", "graph.mp4", "graph.pdf", "graph.png"]
    assert sorted(out.splitlines()) == [str(folder / name) for name in names]
    assert sorted(path.name for path in folder.iterdir()) == names
    contents = json.loads((folder / "graph.json").read_text())
    assert contents["edges"][1]["colour"] == "green"
    assert contents["nodes"][2]["findings"][0]["epochs"] == [1]


def test_thresholds_are_options(call, statistics, tmp_path):
    health = tmp_path / "health.json"
    code, out, _ = call("health", statistics, "--output", health, "--exploding", 0.5)
    assert code == 0
    assert "exploding: gru, epochs 1–2" in out
    options = ["--threshold", 1.0, "--relative", "--health", health]
    code, out, _ = call("draw", "graph", statistics, "--folder", tmp_path / "out", *options)
    assert code == 0
    contents = json.loads((tmp_path / "out" / "graph.json").read_text())
    assert contents["threshold"] == {"value": 0.5, "kind": "relative", "factor": 1.0, "median": 0.5}
    assert contents["edges"][1]["colour"] == "red"
    assert contents["nodes"][1]["findings"][0] == {
        "illness": "exploding",
        "measure": "highest batch gradient norm",
        "value": 1.0,
        "threshold": 0.5,
        "epochs": [1, 2],
    }


def test_through_time_draws_a_figure(call, statistics, tmp_path):
    code, out, _ = call("draw", "through_time", statistics, "--folder", tmp_path / "out")
    assert code == 0
    paths = [tmp_path / "out/figures" / f"gradient_through_time.{kind}" for kind in ("png", "pdf")]
    assert out.splitlines() == list(map(str, paths))
    assert all(path.is_file() for path in paths)


def test_mistakes_leave_one_line_and_no_files(call, tmp_path):
    for arguments in (
        ["draw", "graph", tmp_path / "missing.h5", "--folder", tmp_path / "out"],
        ["draw", "through_time", tmp_path / "missing.h5", "--folder", tmp_path / "out"],
    ):
        code, out, err = call(*arguments)
        assert (code, out) == (1, "")
        assert "missing.h5: no such statistics file" in err
        assert len(err.splitlines()) == 1
    assert not (tmp_path / "out").exists()
