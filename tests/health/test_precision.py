"""What formats of lower precision lose, of gradients that are powers of two."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gradevo.config.experiment import Thresholds
from gradevo.health.check import Finding
from gradevo.health.precision import LayerPrecision, Underflowing, precision
from gradevo.health.record import findings, read_health, write_health
from gradevo.health.text import examine
from gradevo.layers import Layer, LayerGraph
from gradevo.statistics.analyse import analyse
from gradevo.statistics.distributions import FORMATS
from gradevo.statistics.store import Statistics

Record = Callable[..., Path]

GRAPH = LayerGraph(
    (Layer("fine", "Dense", ("a", "b")), Layer("faint", "Dense", ("c",)), Layer("off", "Dense", ("d",)))
)


@pytest.fixture
def statistics(record: Record, tmp_path: Path) -> Path:
    """Two epochs of two steps: a and b about 1, c at 2⁻⁴⁵ in epoch 1 and at 2⁻³⁰ in epoch 2, d zero."""
    shapes = {"a": (3,), "b": (1,), "c": (4,), "d": (2,)}
    gradients = {name: np.ones((4, *shape), np.float32) for name, shape in shapes.items()}
    gradients["b"][:] = 2.0**-12
    gradients["c"][:2] = [0, 2.0**-45, 2.0**-45, 1]
    gradients["c"][2:] = 2.0**-30
    gradients["d"][:] = 0
    weights = {name: np.ones((3, *shape), np.float32) for name, shape in shapes.items()}
    path = tmp_path / "statistics.h5"
    analyse(record(gradients, weights, 2, graph=GRAPH), path)
    return path


def losses(of: LayerPrecision) -> dict[str, tuple[float, float]]:
    names = [f"{one.name.split()[-1]}{'*' if one.scaled else ''}" for one in FORMATS]
    return {name: (loss.flushed, loss.overflowing) for name, loss in zip(names, of.losses, strict=True)}


def test_every_format_loses_what_it_cannot_hold(statistics: Path) -> None:
    with Statistics(statistics) as run:
        fine, faint = precision(run, Thresholds())  # a layer without any gradient has none to lose
    assert (fine.layer, faint.layer) == ("fine", "faint")
    nothing = (0.0, 0.0)
    assert losses(fine) == {
        "bfloat16": nothing,
        "bfloat16*": nothing,
        "float16": nothing,
        "float16*": (0, 0.75),  # 1 · 2¹⁶ is too large
        "e5m2": nothing,
        "e5m2*": (0, 0.75),
        "e4m3": (0.25, 0),
        "e4m3*": (0, 0.75),
    }
    assert fine.lost_in == ""
    # Zeros are not counted: 2 of 3 in epoch 1; with the scale also the third, by overflow.
    assert losses(faint)["float16"] == (1, 0)  # epoch 2
    assert losses(faint)["float16*"] == pytest.approx((2 / 3, 1 / 3))
    assert faint.lost_in == "float16"


def test_a_layer_is_found_where_a_scaled_float16_makes_most_of_it_zero(statistics: Path) -> None:
    with Statistics(statistics) as run:
        found = [one for one in findings(run) if one.check == "underflowing"]
        assert found == [
            Finding("underflowing", "faint", (1,), pytest.approx(2 / 3), 0.5, Underflowing.measure)
        ]
        higher = Thresholds(underflow=0.7)
        assert not [one for one in findings(run, higher) if one.check == "underflowing"]


def test_the_file_of_findings_keeps_what_is_lost(statistics: Path, tmp_path: Path) -> None:
    written = write_health([statistics], Thresholds(), tmp_path / "health.json")
    assert read_health(tmp_path / "health.json") == written
    assert [one.layer for one in written[0].precision] == ["fine", "faint"]


def test_the_doctor_says_which_format_loses_a_layer(statistics: Path, tmp_path: Path) -> None:
    text = examine(statistics, Thresholds())
    assert max(map(len, text.splitlines())) <= 100
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.startswith("  f")}
    assert rows["fine"] == ["–", "–", "75", "%↑", "–", "75", "%↑", "25", "%", "75", "%↑", "–"]
    assert rows["faint"][-1] == "float16"
    assert "UNDERFLOWING · share of its elements" in text
    assert "  underflowing  share of elements that are zero in float16 ≥ 0.5, loss scaled by 2¹⁶" in text
    write_health([statistics], Thresholds(), tmp_path / "health.json")
    read = examine(tmp_path / "health.json", Thresholds())
    assert read.splitlines()[1:] == text.splitlines()[1:]
