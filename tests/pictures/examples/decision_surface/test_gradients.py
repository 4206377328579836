import numpy as np
import pytest
from numpy.testing import assert_allclose

from gradevo.pictures.examples.decision_surface.gradients import EpochGradients, scale
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
