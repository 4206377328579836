"""Which experiments are measured, the images generated for two of them, and runs without training."""

from math import prod
from pathlib import Path

import numpy as np
import pytest
from analysis.benchmarks import cases
from analysis.benchmarks.cases import Shape, write_random_run

from gradevo.config.load import read_config
from gradevo.datasets import prepared, splits
from gradevo.runfile.reader import Run

SMALL = Shape({"dense/kernel": (30, 20), "dense/bias": (20,)}, steps_per_epoch=4, epochs=9)


@pytest.mark.parametrize(("name", "classes"), [("cifar10", 10), ("cifar100", 100)])
@pytest.mark.parametrize(("quick", "batches"), [(False, 4), (True, 1)])
def test_generated_images_fill_whole_batches_after_the_split(
    tmp_path: Path, name: str, classes: int, quick: bool, batches: int
) -> None:
    case = cases.measured(name, quick, tmp_path)
    paper = read_config(cases.PAPER).definitions[name]
    assert case.experiment == paper.model_copy(update={"epochs": 2, "activation_gradients": False})
    dataset = prepared.load(case.data)
    (x, y), (x_validation, _) = splits.training_and_validation(dataset, 13)
    assert (x.shape, x.dtype) == ((batches * 1024, 32, 32, 3), np.dtype(np.uint8))
    assert len(x_validation) == pytest.approx(len(x) / 9, abs=1)
    assert dataset.classes == classes
    assert y.max() < classes
    assert case.steps_per_epoch == batches


def test_generated_images_are_equal_every_time() -> None:
    one, other = (cases.generated("cifar10", 10, 90) for _ in range(2))
    np.testing.assert_array_equal(one.x_train, other.x_train)
    np.testing.assert_array_equal(one.y_train, other.y_train)
    assert one.x_train.max() == 255


@pytest.mark.parametrize(("quick", "epochs"), [(False, 5), (True, 2)])
def test_forda_is_measured_on_a_part_of_its_epochs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick: bool, epochs: int
) -> None:
    monkeypatch.setattr(cases, "PREPARED", tmp_path)
    (tmp_path / "forda.npz").touch()
    assert cases.measured("forda", quick, tmp_path).experiment.epochs == epochs
    assert cases.recorded("forda", False).experiment.epochs == 20


@pytest.mark.parametrize(("shape", "parameters"), [(cases.MNIST, 34_826), (cases.FORDA, 25_474)])
def test_shapes_have_the_articles_parameters(shape: Shape, parameters: int) -> None:
    assert sum(map(prod, shape.tensors.values())) == parameters


def test_run_holds_what_the_shape_says(tmp_path: Path) -> None:
    write_random_run(tmp_path / "run.h5", SMALL)
    with Run(tmp_path / "run.h5") as run:
        assert (run.tensors, run.timeline.per_epoch, run.epochs) == (("dense/kernel", "dense/bias"), 4, 9)
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
