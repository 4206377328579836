import numpy as np
import pytest
from numpy.testing import assert_array_equal

from gradevo.errors import GradevoError
from gradevo.pictures.examples.decision_surface.outcome import Outcome, dead_units
from gradevo.pictures.examples.network import Network
from gradevo.runfile.reader import Run

X = np.array([[1.0, 1.0], [2.0, -1.0], [-3.0, 0.5]])

DEAD = {"hidden/kernel": [[1, 1], [0, 0]], "hidden/bias": [-3, -2]}  # relu(x₁ - 3): 0 of 3; relu(x₁ - 2) too
ALIVE = {"hidden/kernel": [[1, 1], [0, 0]], "hidden/bias": [-3, -1.9]}


def test_units_that_are_zero_for_every_example_are_dead(small_run):
    with Run(small_run(weights=DEAD).path) as run:
        hidden, output = dead_units(Network.of(run), X, 2)
        assert_array_equal(hidden, [True, True])
        assert_array_equal(output, [False])
    with Run(small_run(weights=ALIVE).path) as run:
        assert_array_equal(dead_units(Network.of(run), X, 2)[0], [True, False])


def outcome(small_run, threshold=0.1, **options):
    with Run(small_run(**options).path) as run:
        return Outcome.of(Network.of(run), X, threshold)


def test_a_stuck_run_with_a_lucky_batch(small_run):
    batches = [0.01, 0.01, 0.5, 9, 9, 0.09, 1, 1, 0.01]  # the last one of epoch 2 is below 0.1
    end = outcome(small_run, losses=[0.9, 0.5, 0.4], batch_losses=batches, weights=ALIVE, seed=7)
    assert end == Outcome(7, 3, 0.4, ("accuracy", 0.75), 1, 0.1, None, 2)
    assert end.words == "stuck, 1 dead unit"


def test_a_run_that_converged(small_run):
    end = outcome(small_run, losses=[0.9, 0.1, 0.05], weights=DEAD)
    assert (end.converged_at, end.lucky_at, end.dead) == (3, None, 2)  # 0.1 is not below 0.1
    assert end.words == "converged"


def test_words_of_runs_that_are_stuck(small_run):
    assert outcome(small_run, weights=DEAD).words == "stuck, 2 dead units"
    all_on = {"hidden/kernel": 0, "hidden/bias": 1}
    assert outcome(small_run, weights=all_on).words == "stuck, no unit dead"


def test_a_run_without_an_epoch_is_refused(small_run):
    with pytest.raises(GradevoError, match="at least one complete epoch"):
        outcome(small_run, epochs=0, planned=2)
