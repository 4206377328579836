"""Curves under the cell have what the record has, and the record is the same without them."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from gradevo import GradevoError, Run
from gradevo.recording.keras import callback
from gradevo.recording.keras.callback import GradientRecorder


class Curves:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, Any]] = []
        self.epochs: list[Any] = []
        self.shown: list[bool] = []

    def steps(self, losses: Any, norms: Any) -> None:
        self.told.append((losses, norms))

    def epoch(self, metrics: Any) -> None:
        self.epochs.append(metrics)

    def show(self, at_once: bool = False) -> None:
        self.shown.append(at_once)


def fit(path: Path, **options: Any) -> None:
    keras.utils.clear_session()  # or the second model would have other names
    keras.utils.set_random_seed(13)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="dense")])
    model.compile("sgd", "mse")
    x = np.random.default_rng(13).normal(size=(20, 3)).astype("float32")
    recorder = GradientRecorder(path, **options)
    model.fit(x, x[:, :2], batch_size=4, epochs=3, verbose=0, validation_split=0.2, callbacks=[recorder])


def test_what_is_drawn_is_what_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Curves] = []

    def curves(path: Path) -> Curves:
        assert path == tmp_path / "live" / "run.h5"
        made.append(Curves())
        return made[-1]

    monkeypatch.setattr(callback, "live_curves", curves)
    fit(tmp_path / "live" / "run.h5", live=True)
    fit(tmp_path / "plain" / "run.h5")
    live, plain = (tmp_path / kind / "run.h5" for kind in ("live", "plain"))
    assert live.read_bytes() == plain.read_bytes()
    drawn = made[-1]
    losses, norms = (np.concatenate(parts) for parts in zip(*drawn.told, strict=True))
    with Run(live) as run:
        np.testing.assert_array_equal(losses, run.step("loss"))
        gradients = [run.read_gradients(name, 0, run.steps).reshape(run.steps, -1) for name in run.tensors]
        squares = sum(np.square(of_tensor).sum(axis=1) for of_tensor in gradients)
        np.testing.assert_allclose(norms, np.sqrt(squares), rtol=1e-6)
        assert [one["validation"]["loss"] for one in drawn.epochs] == run.metrics("validation")[
            "loss"
        ].tolist()
    assert drawn.shown[-1] is True  # the end is drawn in any case


def test_plain_python_is_told_before_the_training(tmp_path: Path) -> None:
    with pytest.raises(GradevoError, match="live=True: expected"):
        GradientRecorder(tmp_path / "run.h5", live=True)
