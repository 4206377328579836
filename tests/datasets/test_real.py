"""The real datasets, wherever data/raw holds their files."""

from pathlib import Path

import numpy as np
import pytest

from gradevo.datasets import download
from gradevo.datasets.dataset import Dataset
from gradevo.datasets.fetch import fetch
from gradevo.datasets.sources import Files, read_sources
from gradevo.errors import GradevoError

DATA = Path(__file__).parents[2] / "data"
SOURCES = DATA / "sources.yaml"


@pytest.fixture
def real(tmp_path, monkeypatch):
    """A function that fetches a dataset from its files in data/raw, and skips where there are none."""

    def no_download(what: str, where: Path):
        pytest.fail(f"{what} lies in data/raw and must not be downloaded")

    monkeypatch.setattr(download, "pip_download", no_download)
    monkeypatch.setattr(download, "http_download", no_download)

    def fetched(name: str) -> Dataset:
        entry = read_sources(SOURCES)[name]
        if isinstance(entry.source, Files):
            there = entry.source.folder
            files = [f"{there}/{member.path}" for part in entry.members.values() for member in part]
        else:
            files = [there := entry.source.file]
        if not all((DATA / "raw" / file).is_file() for file in files):
            pytest.skip(f"data/raw holds no {there}; gradevo fetch {name} downloads it")
        # Elsewhere, where no arrays of the user's take the source's place.
        (tmp_path / there).symlink_to((DATA / "raw" / there).resolve())
        try:
            return fetch(name, tmp_path, SOURCES)
        except GradevoError as error:
            if "expected SHA-256" not in str(error):
                raise
            pytest.skip(f"data/raw/{there} is not what sources.yaml names")

    return fetched


def test_boston_begins_as_keras_has_it(real):
    boston = real("boston")
    assert (boston.x_train.shape, boston.x_test.shape) == ((404, 13), (102, 13))
    assert (boston.y_train.shape, boston.y_test.shape) == ((404,), (102,))
    first = [1.23247, 0, 8.14, 0, 0.538, 6.142, 91.7, 3.9769, 4, 307, 21, 396.9, 18.72]
    np.testing.assert_array_equal(boston.x_train[0], np.float32(first))
    assert boston.y_train[0] == np.float32(15.2)
    assert boston.provenance["file"] == "mlxtend-0.25.0-py3-none-any.whl"


def test_forda_has_two_classes_of_standardized_series(real):
    forda = real("forda")
    assert (forda.x_train.shape, forda.x_test.shape) == ((3601, 500, 1), (1320, 500, 1))
    assert np.bincount(forda.y_train).tolist() == [1846, 1755]  # −1 and 1 in the file
    assert np.bincount(forda.y_test).tolist() == [681, 639]
    np.testing.assert_allclose(forda.x_train.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(forda.x_train.std(axis=1, ddof=1), 1, atol=1e-5)


def test_mnist_has_500_images_of_every_digit(real):
    mnist = real("mnist-5k")
    assert (mnist.x_train.shape, mnist.x_test.shape) == ((4500, 28, 28, 1), (500, 28, 28, 1))
    assert (mnist.x_train.dtype, mnist.x_train.min(), mnist.x_train.max()) == (np.uint8, 0, 255)
    digits = np.concatenate([mnist.y_train, mnist.y_test])
    assert np.bincount(digits).tolist() == [500] * 10
    assert len(np.unique(mnist.y_train[:50])) == 10  # shuffled: the source is sorted by digit


def test_mnist_in_full(real):
    mnist = real("mnist")
    assert (mnist.x_train.shape, mnist.x_test.shape) == ((60_000, 28, 28, 1), (10_000, 28, 28, 1))
    assert mnist.y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.y_test[:5].tolist() == [7, 2, 1, 0, 4]
    assert np.bincount(mnist.y_train).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
    assert mnist.x_train.dtype == np.uint8
    assert round(mnist.x_train.mean(), 3) == 33.318  # 0.1307 of 255
    assert (mnist.provenance["kind"], mnist.data_label) == ("download", "")


def test_cifar10_from_the_canonical_archive(real):
    cifar = real("cifar10")
    assert (cifar.x_train.shape, cifar.x_test.shape) == ((50_000, 32, 32, 3), (10_000, 32, 32, 3))
    assert np.bincount(cifar.y_train).tolist() == [5000] * 10
    assert np.bincount(cifar.y_test).tolist() == [1000] * 10
    assert cifar.y_train[:5].tolist() == [6, 9, 9, 4, 1]
    assert cifar.x_train[0, 0, 0].tolist() == [59, 62, 63]


def test_what_the_entry_of_ecg5000_leaves_out(real):
    ecg = real("ecg5000")
    assert (ecg.x_train.shape, ecg.x_test.shape) == ((500, 140, 1), (4500, 140, 1))
    assert (ecg.task, ecg.labels) == ("classification", ("1", "2", "3", "4", "5"))
    assert np.bincount(ecg.y_train).tolist() == [292, 177, 10, 19, 2]
