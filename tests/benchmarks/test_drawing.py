"""What is drawn of a deep network by the command line: which commands, their table, one real run of them."""

from pathlib import Path

import numpy as np
from analysis.benchmarks import drawing
from analysis.benchmarks.drawing import JOBS, Took, commands, draw, highest, table
from PIL import Image

from gradevo.testing import write_run


def test_every_picture_of_a_runs_statistics_is_drawn_and_shown():
    named = dict(commands(Path("deep/net")))
    assert JOBS == ["figures", "animation", "updates", "graph"]
    assert list(named) == ["statistics", "health", *(f"draw {job}" for job in JOBS), "report"]
    assert named["draw graph"][-2:] == ["--health", "deep/net/health.json"]
    shown = named["report"]
    assert "deep/net/figures/depth.png" in shown
    assert "deep/net/graph.mp4" in shown
    assert not [path for path in shown if path.endswith(".pdf")]


def test_the_table_sums_all_but_the_statistics_and_holds_both_targets():
    took = {"statistics": Took(50.0, 9.0), "draw figures": Took(40.0, 20.0), "report": Took(19.0, 2.5)}
    pixels = {"statistics": 0, "draw figures": 4000, "report": 0}
    rows = table("net", took, pixels)
    assert [row["contender"] for row in rows] == [*took, "all but statistics"]
    assert (rows[-1]["seconds"], rows[-1]["CPU seconds"], rows[-1]["pixels"]) == ("59.0", "22.5", "4000")
    assert rows[-1]["holds"] == "yes"
    assert rows[0]["pixels"] == ""
    assert table("net", took, {**pixels, "draw figures": 4001})[-1]["holds"] == "no"
    assert table("net", {**took, "report": Took(20.1, 1.0)}, pixels)[-1]["holds"] == "no"


def test_all_of_a_small_run_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(drawing, "JOBS", ["updates"])  # the others take a minute
    random = np.random.default_rng(13)
    shapes = {"dense/kernel": (4, 3), "dense/bias": (3,)}
    write_run(
        tmp_path / "deep" / "net" / "seed-13" / "run.h5",
        {tensor: random.normal(size=(4, *shape)) for tensor, shape in shapes.items()},
        2,
        step_series={f"updates/{tensor}": np.ones(4) for tensor in shapes},
        experiment={"name": "net"},
    )
    rows = draw(tmp_path / "deep" / "net", rounds=1)
    assert [row["contender"] for row in rows[:2]] == ["statistics", "health"]
    assert all(float(row["CPU seconds"]) > 0.1 for row in rows)
    with Image.open(tmp_path / "deep/net/figures/updates.png") as image:
        assert rows[-1]["pixels"] == rows[2]["pixels"] == str(image.height)
    assert (tmp_path / "deep" / "report" / "index.html").is_file()
    assert highest(tmp_path / "deep" / "net", "report") == 0
