"""Run files without training: the article's shapes, and what stands in them."""

from math import prod
from pathlib import Path

import numpy as np
import pytest
from analysis.benchmarks import synthetic
from analysis.benchmarks.synthetic import Shape, write_random_run

from gradevo.runfile.reader import Run

SMALL = Shape({"dense/kernel": (30, 20), "dense/bias": (20,)}, steps_per_epoch=4, epochs=9)


@pytest.mark.parametrize(("shape", "parameters"), [(synthetic.MNIST, 34_826), (synthetic.FORDA, 25_474)])
def test_shapes_have_the_articles_parameters(shape: Shape, parameters: int) -> None:
    assert sum(map(prod, shape.tensors.values())) == parameters


def test_run_holds_what_the_shape_says(tmp_path: Path) -> None:
    write_random_run(tmp_path / "run.h5", SMALL)
    with Run(tmp_path / "run.h5") as run:
        assert (run.tensors, run.steps_per_epoch, run.epochs) == (("dense/kernel", "dense/bias"), 4, 9)
        assert run.read_gradients("dense/kernel", 0, 36).shape == (36, 30, 20)
        assert run.read_gradients("dense/kernel", 0, 36).std() == pytest.approx(1, abs=0.05)


def test_fading_gradients_keep_a_direction_and_shrink(tmp_path: Path) -> None:
    write_random_run(tmp_path / "run.h5", SMALL, fading=True)
    with Run(tmp_path / "run.h5") as run:
        kernel = run.read_gradients("dense/kernel", 0, 36).reshape(36, -1).astype(float)
    sizes = np.linalg.norm(kernel, axis=1)
    assert sizes[:4].mean() / sizes[-4:].mean() == pytest.approx(3, rel=0.1)  # √9
    # Direction and noise are equally large: the expected cosine of two steps is 1/2.
    assert kernel[0] @ kernel[-1] / (sizes[0] * sizes[-1]) == pytest.approx(0.5, abs=0.15)
