"""The formats of sources.yaml: the same numbers, each in its own writing."""

import numpy as np
import pytest

from gradevo.datasets.formats import FORMATS
from gradevo.datasets.members import Content
from gradevo.datasets.origin import Origin

ORIGIN = Origin("toy", "toy.whl", "get another file")


@pytest.mark.parametrize(
    ("format", "data"),
    [
        ("csv", b"1,2.5,0\n-3,4e1,1\n"),
        ("csv", b"1,2.5,0\r\n-3,4e1,1"),
        ("scikit-learn-csv", b"2,2,no,yes\n1,2.5,0\n-3,4e1,1\n"),
        ("ucr-tsv", b"0\t1\t2.5\n1\t-3\t4e1\n"),
    ],
)
def test_features_and_targets(format, data):
    x, y = FORMATS[format]([Content(data, ORIGIN)])
    np.testing.assert_array_equal(x.reshape(2, 2), [[1, 2.5], [-3, 40]])
    assert x.dtype == np.float64
    assert y.tolist() == ["0", "1"]


def test_a_series_has_a_channel():
    x, _ = FORMATS["ucr-tsv"]([Content(b"0\t1\t2.5\t3\n", ORIGIN)])
    assert x.shape == (1, 3, 1)
