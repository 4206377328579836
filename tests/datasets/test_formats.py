"""One file's bytes to features and targets."""

import gzip

import numpy as np
import pytest

from gradevo.datasets.formats import parse
from gradevo.datasets.origin import Origin
from gradevo.errors import GradevoError

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
@pytest.mark.parametrize("packed", [False, True])
def test_features_and_targets(format, data, packed):
    member = "toy.gz" if packed else "toy"
    x, y = parse(gzip.compress(data) if packed else data, format, member, ORIGIN)
    np.testing.assert_array_equal(x, [[1, 2.5], [-3, 40]])
    np.testing.assert_array_equal(y, [0, 1])
    assert x.dtype == y.dtype == np.float64


def test_a_single_row_is_a_table():
    x, y = parse(b"1,2,3", "csv", "toy", ORIGIN)
    assert (x.shape, y.shape) == ((1, 2), (1,))


@pytest.mark.parametrize(
    ("data", "member"),
    [
        (b"", "toy.csv"),
        (b"\n\n", "toy.csv"),
        (b"1,two,3\n", "toy.csv"),
        (b"1,2,3\n1,2\n", "toy.csv"),
        (b"\xff\xfe", "toy.csv"),
        (b"1,2,3\n", "toy.csv.gz"),
        (gzip.compress(b"1,2,3\n")[:-1], "toy.csv.gz"),
        (gzip.compress(b"1,2,3\n")[:-8] + bytes(8), "toy.csv.gz"),
    ],
)
def test_damage_is_explained_in_one_line(data, member):
    with pytest.raises(GradevoError) as caught:
        parse(data, "csv", member, ORIGIN)
    message = str(caught.value)
    assert message.startswith(f"toy: toy.whl: expected {member} in the format csv, found ")
    assert message.endswith("; get another file")
    assert "\n" not in message
