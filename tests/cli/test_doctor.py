"""What ``gradevo doctor`` prints, from files whose gradients are known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from gradevo import GradevoError, analyse
from gradevo.cli.app import app
from gradevo.config.experiment import Thresholds
from gradevo.health.text import examine
from gradevo.layers import Edge, Layer, LayerGraph
from gradevo.runfile.schema import Plan, partial_path
from gradevo.runfile.writer import RunWriter
from gradevo.testing import write_run

Write = Callable[..., Path]

LONG = "a_layer_with_a_name_that_is_much_too_long_for_a_table"
GRAPH = LayerGraph(
    (Layer("input", "InputLayer"), Layer(LONG, "Dense", ("a",)), Layer("out", "Dense", ("b",))),
    (Edge("input", LONG), Edge(LONG, "out")),
)


KEPT, LOST = "    –   ", "  100 %↑"
CELLS = KEPT + KEPT + LOST + KEPT + LOST + KEPT + LOST
PRECISION = [
    "  layer                    bfloat16 float16    ·2¹⁶    e5m2    ·2¹⁶    e4m3    ·2¹⁶  loses most in",
    f"  a_layer_wit…for_a_table  {CELLS}  –",
    f"  out                      {CELLS}  –",
]
"""Of elements from 1 to 4: only where the loss is scaled they are too large."""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a run of two layers with a weight each and these gradients, a step each."""

    def write(
        first: list[float],
        last: list[float],
        graph: LayerGraph = GRAPH,
        finish: bool = True,
        steps: int = 1,
        times: list[list[float]] | None = None,
    ) -> Path:
        return write_run(
            tmp_path / "run.h5",
            {"a": np.array(first, np.float32), "b": np.array(last, np.float32)},
            steps,
            through_time={} if times is None else {LONG: np.array(times, np.float32)},
            attributes={"data_label": "a copy"},
            finish=finish,
            epochs=4,
            graph=graph,
        )

    return write


def lines(path: Path, **thresholds: float) -> list[str]:
    printed = examine(path, Thresholds(**thresholds)).splitlines()
    assert all(len(line) <= 100 for line in printed[1:])  # the first is the path
    assert printed[0] == str(path)
    return printed


def test_a_healthy_run_and_what_was_checked(write: Write) -> None:
    assert lines(write([1, 2, 3, 4], [1, 2, 3, 4]))[1:] == [
        "  Toy · seed 13 · 4 epochs · 1 recorded step an epoch · 2 layers with weights · a copy",
        "",
        "healthy: nothing was found in any layer and epoch",
        "",
        "Precision · share of the elements that are not zero which a format would lose, in the worst epoch:",
        "as zeros or, with ↑, mostly by overflow. ·2¹⁶: with the loss scaled",
        "",
        *PRECISION,
        "",
        "Checked in every epoch",
        "  exploding     highest norm of a batch's gradient > 1000 or not finite,",
        "                or > 1000 times the norm of all layers in epoch 1",
        "  dead          highest norm of a batch's gradient ≤ 0",
        "  vanishing     mean norm ≤ 0.001 times that of the largest layer behind",
        "  oscillating   mean cosine of a layer's successive gradients ≤ -0.5",
        "  underflowing  share of elements that are zero in float16 ≥ 0.5, loss scaled by 2¹⁶",
    ]


def test_findings_with_epochs_value_threshold_and_advice(write: Write) -> None:
    printed = lines(write([1e-5, 0, 0, 1e-4], [1, -1, 1, -1]))
    sections = [line for line in printed if " · " in line and "Precision" not in line][1:]
    assert sections == [
        "DEAD · highest batch gradient norm ≤ 0",
        "VANISHING · mean gradient norm / largest one behind this layer ≤ 0.001",
        "OSCILLATING · mean cosine of successive gradients ≤ -0.5",
    ]
    assert [line.split() for line in printed if line.endswith(("1, 4", "2–3", "2–4"))] == [
        ["a_layer_with_a_na…_long_for_a_table", "0", "2–3"],
        ["a_layer_with_a_na…_long_for_a_table", "1e-05", "1,", "4"],
        ["out", "-1", "2–4"],
    ]
    text = " ".join(" ".join(printed).split())
    assert text.count("What usually helps") == 3
    assert "He initialization" in text
    assert "halve the learning rate" in text
    assert "healthy" not in text


def test_what_is_not_finite_is_named_and_explained(write: Write) -> None:
    printed = lines(write([1, 1, np.nan, 1], [1, 1, 1e4, 1]))
    assert "  the loss or a gradient is not finite from epoch 3 on" in printed
    assert any(line.split() == ["out", "1e+04", "3"] for line in printed)
    assert any(line.endswith("not finite  3") for line in printed)
    assert "first look for missing values" in " ".join(printed)


def test_through_time(write: Write) -> None:
    printed = lines(write([1, 1, 1, 1], [1, 1, 1, 1], times=[[1e-6, 1]] * 4))
    assert "VANISHING · gradient norm at the earliest time step / at the strongest one ≤ 0.001" in printed
    assert "LSTM or GRU instead of SimpleRNN" in " ".join(printed)
    assert "strongest of 2 time steps" in " ".join(" ".join(printed).split())


def test_too_few_steps_to_tell_oscillation_from_chance(write: Write) -> None:
    printed = lines(write([1, -1] * 4, [1, -1] * 4, steps=2))
    assert "healthy: nothing was found in any layer and epoch" in printed
    assert printed[-2].startswith("  oscillating   not checked: 2 steps an epoch are too few")


def test_a_killed_run_is_examined_as_far_as_it_is(write: Write) -> None:
    path = write([1, 0], [1, 1], finish=False)
    printed = lines(path)
    assert "2 of 4 planned epochs" in printed[1]
    assert "DEAD · highest batch gradient norm ≤ 0" in printed
    assert [one.name for one in path.parent.iterdir()] == [path.name]  # nothing was left beside it


def test_a_run_that_is_still_growing(write: Write, tmp_path: Path) -> None:
    told = {"experiment": "{}", "seed": 1, "data_label": ""}
    plan = Plan({"a": ()}, 2, 1, {"train": ["loss"]}, attributes=told)
    with RunWriter(tmp_path / "run.h5", plan) as writer:
        writer.write_initial_weights([np.float32(1)])
        text = examine(partial_path(tmp_path / "run.h5"), Thresholds())
    assert text.endswith("nothing to check: the file knows of no layer with weights")


def test_nothing_to_check_before_the_first_epoch(write: Write) -> None:
    assert lines(write([], [], finish=False))[-1] == "nothing to check: no epoch is complete"


def test_a_statistics_file_says_the_same(write: Write, tmp_path: Path) -> None:
    run = write([1e-5, 0, 0, 1e-4], [1, -1, 1, -1])
    analyse(run, tmp_path / "statistics.h5")
    assert lines(tmp_path / "statistics.h5")[1:] == lines(run)[1:]


def test_neither_run_nor_statistics(tmp_path: Path) -> None:
    (tmp_path / "x.h5").write_text("no HDF5")
    with pytest.raises(GradevoError, match=r"x\.h5: expected a run file"):
        examine(tmp_path / "x.h5", Thresholds())
    with pytest.raises(GradevoError, match=r"y\.h5: no such run file"):
        examine(tmp_path / "y.h5", Thresholds())


def test_the_command_takes_every_threshold_and_findings_are_no_errors(write: Write) -> None:
    path = str(write([1, 1, 1, 1], [100, 100, 100, 100]))
    cases = {
        (): "healthy",
        ("--exploding", "50"): "EXPLODING · highest batch gradient norm > 50",
        ("--growth", "0.5"): "epoch 1 > 0.5",
        ("--dead", "1"): "DEAD · highest batch gradient norm ≤ 1",
        ("--vanishing", "0.01"): "VANISHING · mean gradient norm / largest one behind this layer ≤ 0.01",
        ("--oscillating", "1"): "OSCILLATING · mean cosine of successive gradients ≤ 1",
    }
    for options, expected in cases.items():
        result = CliRunner().invoke(app, ["doctor", path, *options])
        assert result.exit_code == 0
        assert expected in result.output
