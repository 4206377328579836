"""Which experiments are measured, and the images generated for two of them."""

from pathlib import Path

import numpy as np
import pytest
from analysis.benchmarks import cases

from gradevo.config.load import read_config
from gradevo.datasets import prepared, splits


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
