"""Curves that grow, and the line of those who are in no notebook."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradevo import GradevoError
from gradevo.notebook import live as module
from gradevo.notebook.live import live_curves


def test_one_display_is_updated_and_has_all_steps(shown: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST_SECONDS", 0)
    monkeypatch.setattr(module, "SHARE", float("inf"))
    curves = live_curves(Path("run.h5"))
    curves.show()
    assert shown.displays == 0  # nothing to draw yet
    curves.steps(np.array([4.0, 2.0]), np.array([1.0, 3.0]))
    curves.show()
    curves.steps(np.array([1.0]), np.array([2.0]))
    curves.epoch({"train": {"loss": 1.5}, "validation": {"loss": 2.5}})
    curves.show()
    assert (shown.displays, len(shown.figures)) == (1, 2)
    losses, norms = shown.figures[-1].axes
    drawn = {line.get_label(): line.get_xydata().tolist() for line in losses.lines}
    assert drawn == {
        "batch": [[0, 4], [1, 2], [2, 1]],
        "training": [[2, 1.5]],  # at the last step of its epoch
        "validation": [[2, 2.5]],
    }
    assert norms.lines[0].get_ydata().tolist() == [1, 3, 2]
    assert shown.figures[-1].get_suptitle() == (
        "run.h5: 1 epoch, 3 steps, training loss 1.5, validation loss 2.5"
    )


def test_drawing_takes_a_small_share_of_the_time(shown: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 12.0, 31.0, 32.0, 33.0, 33.5, 34.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    curves = live_curves(Path("run.h5"))
    curves.steps(None, np.array([1.0]))
    curves.show()  # takes 2 seconds: none for the next 20
    curves.show()  # at 31: too early
    assert len(shown.figures) == 1
    curves.show()  # at 32
    assert len(shown.figures) == 2
    curves.show(at_once=True)
    assert len(shown.figures) == 3


def test_a_metric_that_comes_up_later_keeps_its_epochs(shown: Any) -> None:
    curves = live_curves(Path("run.h5"))
    curves.steps(None, np.ones(4))
    curves.epoch({"train": {}})
    curves.epoch({"train": {"loss": 3.0}})
    curves.show()
    (line,) = shown.figures[-1].axes[0].lines
    assert line.get_label() == "training"
    np.testing.assert_array_equal(line.get_ydata(), [np.nan, 3])


def test_without_ipython(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython", None)
    with pytest.raises(GradevoError, match=r"run\.h5: live=True: expected IPython to be installed"):
        live_curves(Path("run.h5"))


def test_outside_of_a_notebook() -> None:
    with pytest.raises(GradevoError, match=r"run\.h5: live=True: expected to run in a notebook"):
        live_curves(Path("run.h5"))
