"""Event files, read back by TensorBoard's own reader."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

from gradevo import GradevoError
from gradevo.export.tables import tables
from gradevo.export.tensorboard import FILE, write_tensorboard
from gradevo.statistics.store import Statistics


def read(path: Path) -> EventAccumulator:
    events = EventAccumulator(str(path), size_guidance={"tensors": 0})
    events.Reload()
    return events


def values(events: Any, tag: str) -> list[tuple[int, Any]]:
    return [(one.step, tensor_util.make_ndarray(one.tensor_proto)) for one in events.Tensors(tag)]


@pytest.fixture
def written(statistics: Path, tmp_path: Path) -> list[Path]:
    with Statistics(statistics) as run:
        return write_tensorboard(run, tmp_path / "logs")


def test_a_folder_per_split(written: list[Path], tmp_path: Path) -> None:
    assert written == [tmp_path / "logs" / split / FILE for split in ("train", "validation")]
    assert values(read(written[1]), "metric/loss") == [(1, 3.75), (2, 2.5)]
    assert read(written[1]).Tags()["tensors"] == ["metric/loss"]


def test_every_number_of_every_table(written: list[Path], statistics: Path) -> None:
    events = read(written[0])
    with Statistics(statistics) as run:
        for table in tables(run):
            if table.split != "train":
                continue
            expected = table.read(0, 9).astype(np.float32)
            for place, column in enumerate(table.columns):
                steps, found = zip(*values(events, table.name(column)), strict=True)
                assert steps == ((0, 1, 2, 3) if table.axis == "step" else (1, 2))
                np.testing.assert_array_equal(np.array(found), expected[:, place])


def test_what_a_series_is_stands_beside_it(written: list[Path]) -> None:
    metadata = read(written[0]).SummaryMetadata("step.cosine/gru/kernel")
    assert metadata.plugin_data.plugin_name == "scalars"
    assert metadata.summary_description.startswith("Cosine of successive gradients: g·p / (‖g‖₂‖p‖₂)")


def test_histograms_are_histograms(written: list[Path]) -> None:
    events = read(written[0])
    tag = "distribution.log2_gradient/gru/kernel"
    assert events.SummaryMetadata(tag).plugin_data.plugin_name == "histograms"
    found = {epoch: rows.tolist() for epoch, rows in values(events, tag)}
    assert found == {
        1: [[1, 2, 2], [2, 3, 1]],  # left, right, count
        2: [[0, 1, 1], [1, 2, 0], [2, 3, 1], [3, 4, 1]],
    }
    assert values(events, "distribution.zeros/gru/bias") == [(1, 0), (2, 0.5)]
    assert values(events, "distribution.nonfinite/gru/bias") == [(1, 0), (2, 0)]


def test_the_same_bytes_every_time_and_no_clock(written: list[Path], statistics: Path) -> None:
    before = [path.read_bytes() for path in written]
    with Statistics(statistics) as run:
        again = write_tensorboard(run, written[0].parents[1])
    assert [path.read_bytes() for path in again] == before
    assert all(event.wall_time == 0 for event in read(written[0]).Tensors("step/loss"))


def test_without_the_package(statistics: Path, tmp_path: Path, no_package: Any) -> None:
    no_package("tensorboard")
    with (
        Statistics(statistics) as run,
        pytest.raises(GradevoError, match=r"expected tensorboard to be installed.*gradevo\[tensorboard\]"),
    ):
        write_tensorboard(run, tmp_path / "logs")
    assert not (tmp_path / "logs").exists()
