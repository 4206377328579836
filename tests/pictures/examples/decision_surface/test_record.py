"""Gradients, dead units and ends of runs compared with values computed by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from gradevo.errors import GradevoError
from gradevo.pictures.examples.decision_surface.record import EpochGradients, Outcome, dead_units, scale
from gradevo.pictures.examples.network import Network
from gradevo.runfile.reader import Run


def test_means_over_the_batches_of_an_epoch(small_run):
    # epoch 1: the layer's batches are (3, 4), (0, 0), (-3, -4) in kernel and bias; epoch 2: (0, 12) thrice
    kernel = np.array([3, 0, -3, 0, 0, 0]).reshape(6, 1, 1)
    bias = np.array([4, 0, -4, 12, 12, 12]).reshape(6, 1)
    run = small_run((1, 1), epochs=2, gradients={"output/kernel": kernel, "output/bias": bias})
    with Run(run.path) as opened:
        found = EpochGradients.of(Network.of(opened))
    assert_allclose(found.magnitudes["output/kernel"].ravel(), [2, 0])
    assert_allclose(found.magnitudes["output/bias"].ravel(), [8 / 3, 12])
    assert_allclose(found.norms["output"], [10 / 3, 12])


@pytest.mark.parametrize("use_bias", [True, False])
def test_every_tensor_against_whole_arrays(small_run, use_bias):
    run = small_run((2, 3, 1), epochs=4, use_bias=use_bias)
    with Run(run.path) as opened:
        found = EpochGradients.of(Network.of(opened))
    by_epoch = {t: g.astype(float).reshape(4, 3, *g.shape[1:]) for t, g in run.gradients.items()}
    for tensor, values in by_epoch.items():
        assert_allclose(found.magnitudes[tensor], np.abs(values).mean(axis=1))
    for layer in ("hidden", "output"):
        own = [v.reshape(4, 3, -1) for t, v in by_epoch.items() if t.startswith(layer)]
        assert_allclose(found.norms[layer], np.linalg.norm(np.concatenate(own, axis=2), axis=2).mean(axis=1))


def test_what_is_not_finite_stays_in_its_epoch(small_run):
    kernel = np.ones((6, 1, 1))
    kernel[4] = np.inf
    run = small_run((1, 1), epochs=2, gradients={"output/kernel": kernel, "output/bias": np.zeros((6, 1))})
    with Run(run.path) as opened:
        found = EpochGradients.of(Network.of(opened))
    assert found.norms["output"].tolist() == [1, np.inf]
    assert found.limits() == (1 / 10**0.5, 1)


@pytest.mark.parametrize(
    ("values", "limits"),
    [
        ([0.02, 0.5, 1], (0.02, 1)),
        ([1e-9, 1], (1e-4, 1)),  # no more than four decades
        ([0.9, 1], (10**-0.5, 1)),  # no less than half a decade
        ([0, np.nan, 4], (4 / 10**0.5, 4)),
        ([0, np.nan], (1e-3, 1)),
    ],
)
def test_scale(values, limits):
    assert scale(np.array(values, dtype=float)) == pytest.approx(limits)


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
