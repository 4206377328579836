"""Following a record through growth, death, resumption and replacement."""

import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from gradevo.health.record import findings
from gradevo.layers import Edge, Layer, LayerGraph
from gradevo.live.folder import Folder
from gradevo.live.follow import PATIENCE, Follower
from gradevo.recording.recorder import Recorder
from gradevo.runfile.reader import Run
from gradevo.statistics.analyse import analyse
from gradevo.statistics.store import Statistics
from gradevo.testing import write_run

SHAPES = {"dense/kernel": (4, 2), "dense/bias": (2,), "out/kernel": (2, 1)}
GRAPH = LayerGraph(
    (Layer("dense", "Dense", ("dense/kernel", "dense/bias")), Layer("out", "Dense", ("out/kernel",))),
    (Edge("dense", "out"),),
)


class Clock:
    """Seconds that pass when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def follow(tmp_path: Path) -> Iterator[Callable[..., Follower]]:
    """A function that follows ``run.h5`` in the test's folder."""
    followers: list[Follower] = []

    def start(clock: Callable[[], float] | None = None) -> Follower:
        followers.append(Follower(tmp_path / "run.h5", clock or Clock()))
        return followers[-1]

    yield start
    for follower in followers:
        follower.close()


def gradients(steps: int, seed: int = 1) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {name: random.normal(size=(steps, *shape)).astype(np.float32) for name, shape in SHAPES.items()}


def caught_up(follower: Follower, seconds: float = 10) -> Follower:
    while follower.update(seconds) or follower.behind:
        pass
    return follower


class Training:
    """A recorder of random gradients and weights, an epoch of two steps at a time."""

    def __init__(self, path: Path, start: int = 0, planned: int | None = 10) -> None:
        self.weights = {name: np.full(shape, 1.0 + start, np.float32) for name, shape in SHAPES.items()}
        self.recorder = Recorder(path, self.weights, graph=GRAPH, epochs=planned, overwrite=True)

    def epoch(self, loss: float = 0.5) -> None:
        for row in range(2):
            random = np.random.default_rng([row, int(self.weights["dense/bias"][0])])
            step = {name: random.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}
            self.recorder.step(step, loss=loss)
        self.weights = {name: one + np.float32(1) for name, one in self.weights.items()}
        self.recorder.end_epoch(self.weights, train={"loss": loss})

    def die(self) -> None:
        """As a process that is killed: its partial file stays, its lock does not hold."""
        self.recorder.__exit__(RuntimeError, RuntimeError(), None)


def test_numbers_are_those_of_the_statistics(tmp_path: Path, follow: Callable[..., Follower]) -> None:
    random = np.random.default_rng(2)
    updates = {f"updates/{name}": random.uniform(size=30) for name in SHAPES}
    write_run(
        tmp_path / "run.h5",
        gradients(30),
        3,
        weights={name: random.normal(size=(11, *shape)) for name, shape in SHAPES.items()},
        losses=random.uniform(size=30),
        step_series={**updates, "learning_rate": random.uniform(size=30)},
        edges=random.uniform(size=(30, 1)),
        graph=GRAPH,
    )
    analyse(tmp_path / "run.h5", tmp_path / "statistics.h5")
    run = caught_up(follow()).run
    assert run is not None
    with Statistics(tmp_path / "statistics.h5") as expected:
        for column in expected.columns:
            for name in ("l2_norm_individual", "update_to_weight_individual"):
                np.testing.assert_allclose(run.step(name, column), expected.step(name, column), rtol=1e-6)
            np.testing.assert_allclose(
                run.epoch("update_to_weight", column), expected.epoch("update_to_weight", column), rtol=1e-6
            )
        for layer in expected.layers:
            for name in ("gradient_norm", "highest_gradient_norm", "layer_cosine"):
                np.testing.assert_allclose(
                    run.layer(name, layer), expected.layer(name, layer), rtol=1e-5, atol=1e-7
                )
        for name in ("loss", "learning_rate"):
            np.testing.assert_allclose(run.step(name), expected.step(name), rtol=1e-6)
        np.testing.assert_allclose(run.edges[0], expected.edge(0), rtol=1e-6)
        assert findings(run) == findings(expected)


def test_what_health_finds_is_what_it_finds_in_statistics(
    tmp_path: Path, follow: Callable[..., Follower]
) -> None:
    values = gradients(20)
    values["dense/kernel"][10:] *= 1e-9
    values["dense/bias"][10:] *= 1e-9
    values["out/kernel"][18, 0, 0] = np.inf
    write_run(tmp_path / "run.h5", {**values}, 3, graph=GRAPH)  # ends within an epoch
    analyse(tmp_path / "run.h5", tmp_path / "statistics.h5")
    follower = caught_up(follow())
    with Statistics(tmp_path / "statistics.h5") as statistics:
        expected = findings(statistics)
    assert {one.check for one in expected} == {"exploding", "vanishing"}
    assert [(one.check, one.layer, one.epochs) for one in follower.findings] == [
        (one.check, one.layer, one.epochs) for one in expected
    ]
    assert follower.told.state == "stopped"


def test_a_record_is_followed_from_before_it_is_there_to_its_end(
    tmp_path: Path, follow: Callable[..., Follower]
) -> None:
    clock = Clock()
    follower = follow(clock)
    follower.update(1)
    assert follower.run is None
    training = Training(tmp_path / "run.h5")
    follower.update(1)
    assert (follower.told.state, follower.told.epochs, follower.told.planned) == ("starting", 0, 10)
    for epoch in range(1, 4):
        training.epoch(loss=1 / epoch)
        clock.now += 2
        assert caught_up(follower).told.state == "growing"
        assert follower.told.epochs == epoch
        assert follower.told.loss == 1 / epoch
    assert follower.seconds_left == 14, "7 epochs of 2 s"
    clock.now += 3
    assert follower.seconds_left == 11
    assert not follower.update(1), "nothing is new"
    training.recorder.close()
    assert caught_up(follower).told.state == "stopped"
    assert follower.generation == 0
    assert math.isnan(follower.seconds_left)


def test_death_is_said_and_resumption_goes_on(tmp_path: Path, follow: Callable[..., Follower]) -> None:
    training = Training(tmp_path / "run.h5")
    for _ in range(4):
        training.epoch()
    follower = caught_up(follow())
    training.die()
    assert caught_up(follower).told.state == "dead"
    assert follower.run is not None
    assert follower.run.epochs == 4
    again = Training(tmp_path / "run.h5", start=4)
    assert again.recorder.epochs_complete == 4
    again.epoch()
    assert caught_up(follower).told.state == "growing"
    assert follower.run.epochs == 5
    assert (follower.generation, follower.identity) == (0, 0), "nothing had to be read again"
    again.die()


def test_going_on_from_an_earlier_epoch_forgets_those_behind(
    tmp_path: Path, follow: Callable[..., Follower]
) -> None:
    training = Training(tmp_path / "run.h5")
    for _ in range(4):
        training.epoch(loss=0.5)
    follower = caught_up(follow())
    training.die()
    again = Training(tmp_path / "run.h5", start=2)
    again.epoch(loss=0.25)
    caught_up(follower)
    assert follower.run is not None
    assert follower.run.epochs == 3
    assert follower.run.step("loss").tolist() == [0.5, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert (follower.generation, follower.identity) == (1, 0)
    with Run(tmp_path / "run.partial.h5") as recorded:
        norms = np.linalg.norm(recorded.read_gradients("dense/kernel", 0, 6).reshape(6, -1), axis=1)
    np.testing.assert_allclose(follower.run.step("l2_norm_individual", "dense/kernel"), norms, rtol=1e-6)
    again.die()


def test_another_training_in_its_place_is_another_run(
    tmp_path: Path, follow: Callable[..., Follower]
) -> None:
    write_run(tmp_path / "run.h5", gradients(6), 2)
    follower = caught_up(follow())
    write_run(tmp_path / "run.h5", {"other/kernel": np.ones((4, 3))}, 2)
    caught_up(follower)
    assert follower.run is not None
    assert follower.run.tensors == ("other/kernel",)
    assert (follower.generation, follower.identity) == (1, 1)


@pytest.mark.parametrize("steps", [1, 3], ids=["no epoch", "one epoch and a half"])
def test_another_run_in_place_of_one_that_ended_within_an_epoch(
    tmp_path: Path, follow: Callable[..., Follower], steps: int
) -> None:
    write_run(tmp_path / "run.h5", gradients(steps), 2)
    follower = caught_up(follow())
    write_run(tmp_path / "run.h5", gradients(6), 2)
    caught_up(follower)
    assert follower.run is not None
    with Run(tmp_path / "run.h5") as recorded:
        norms = np.linalg.norm(recorded.read_gradients("dense/kernel", 0, 6).reshape(6, -1), axis=1)
    np.testing.assert_allclose(follower.run.step("l2_norm_individual", "dense/kernel"), norms, rtol=1e-6)
    write_run(tmp_path / "run.h5", {"other/kernel": np.ones((4, 3))}, 2)
    assert caught_up(follower).run.tensors == ("other/kernel",)


def test_what_nobody_thought_of_is_a_line_of_its_run(
    tmp_path: Path, follow: Callable[..., Follower], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    write_run(tmp_path / "run.h5", gradients(6), 2)
    monkeypatch.setattr("gradevo.live.follow.is_held", refuse)
    follower = follow()
    for _ in range(PATIENCE):
        follower.update(10)
    assert follower.told.state == "unreadable"
    assert "Permission denied" in follower.told.fault
    monkeypatch.undo()
    assert caught_up(follower).told.state == "complete"


def test_a_file_that_may_be_read_again_is_read(tmp_path: Path) -> None:
    """Its rights change, not its content."""
    path = write_run(tmp_path / "run.h5", gradients(6), 2)
    follower = Follower(path, Clock())
    before = follower._look()
    path.chmod(0o640)
    assert follower._look() != before


def test_names_that_are_not_utf8_are_shown(tmp_path: Path) -> None:
    write_run(tmp_path / os.fsdecode(b"\xff") / "run.h5", gradients(6), 2)
    folder = Folder(tmp_path, Clock())
    folder.update()
    assert list(folder.runs) == ["\ufffd/run.h5"]
    folder.close()


def test_reading_pauses_when_its_time_is_over(tmp_path: Path, follow: Callable[..., Follower]) -> None:
    write_run(tmp_path / "run.h5", gradients(6), 2)
    clock = Clock()
    follower = follow(lambda: setattr(clock, "now", clock.now + 1) or clock.now)
    follower.update(0)
    assert follower.behind
    assert follower.run is not None
    assert follower.run.epochs == 0
    caught_up(follower, 1.5)
    assert follower.run.epochs == 3


def test_a_file_that_grows_faster_than_it_is_read_is_read_all_the_same(
    tmp_path: Path, follow: Callable[..., Follower]
) -> None:
    clock = Clock()
    follower = follow(lambda: setattr(clock, "now", clock.now + 1) or clock.now)
    training = Training(tmp_path / "run.h5", planned=None)
    read = []
    for _ in range(60):
        training.epoch()
        follower.update(1.5)  # one look at the clock, one piece
        read.append(follower.run.epochs if follower.run else 0)
    assert read[-1] > 20
    training.die()
    caught_up(follower)
    assert (follower.told.state, follower.run and follower.run.epochs) == ("dead", 60)


def test_a_damaged_file_is_one_line_and_recovers(tmp_path: Path, follow: Callable[..., Follower]) -> None:
    path = tmp_path / "run.h5"
    write_run(path, gradients(6), 2)
    whole = path.read_bytes()
    path.write_bytes(whole[:2000])
    follower = follow()
    follower.update(1)
    assert follower.told.state == "unreadable"
    assert str(path) in follower.told.fault
    assert "\n" not in follower.told.fault
    path.write_bytes(whole)
    assert caught_up(follower).told.state == "complete"
    assert follower.run is not None
    assert follower.run.epochs == 3


def test_a_file_that_is_being_replaced_is_waited_for(tmp_path: Path, follow: Callable[..., Follower]) -> None:
    training = Training(tmp_path / "run.h5")
    training.epoch()
    follower = caught_up(follow())
    partial = tmp_path / "run.partial.h5"
    aside = partial.rename(tmp_path / "aside")
    partial.write_bytes(b"half")
    for _ in range(2):
        follower.update(1)
        assert follower.told.state == "growing"
    follower.update(1)
    assert follower.told.state == "unreadable"
    aside.replace(partial)
    assert caught_up(follower).told.state == "growing"
    training.die()


def test_a_folder_finds_records_alone(tmp_path: Path) -> None:
    clock = Clock()
    folder = Folder(tmp_path / "results", clock)
    folder.update()
    assert folder.runs == {}
    write_run(tmp_path / "results" / "b" / "run.h5", gradients(4), 2)
    write_run(tmp_path / "results" / "a" / "seed-1" / "mine.h5", gradients(4), 2, finish=False)
    analyse(tmp_path / "results" / "b" / "run.h5", tmp_path / "results" / "b" / "statistics.h5")
    for name in ("notes.h5", "run.abandoned.h5", "run.partial-copy.h5"):
        (tmp_path / "results" / "b" / name).write_text("none")
    folder.update()
    assert folder.runs == {}, "not looked for so soon"
    clock.now = 5
    folder.update()
    assert list(folder.runs) == ["a/seed-1/mine.h5", "b/run.h5"]
    assert {name: one.told.state for name, one in folder.runs.items()} == {
        "a/seed-1/mine.h5": "dead",
        "b/run.h5": "complete",
    }
    (tmp_path / "results" / "b" / "run.h5").unlink()
    clock.now = 10
    revision = folder.revision
    folder.update()
    assert list(folder.runs) == ["a/seed-1/mine.h5"]
    assert folder.revision > revision
    folder.close()


def test_a_single_file_is_followed_too(tmp_path: Path) -> None:
    write_run(tmp_path / "run.h5", gradients(4), 2)
    write_run(tmp_path / "other.h5", gradients(4), 2)
    folder = Folder(tmp_path / "run.h5")
    folder.update()
    assert list(folder.runs) == ["run.h5"]
    folder.close()
