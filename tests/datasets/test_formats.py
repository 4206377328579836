"""The formats of sources.yaml: the same numbers, each in its own writing."""

import numpy as np
import pytest

from gradevo.datasets.formats import FORMATS
from gradevo.datasets.members import Content
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
def test_features_and_targets(format, data):
    x, y = FORMATS[format]([Content(data, ORIGIN)])
    np.testing.assert_array_equal(x.reshape(2, 2), [[1, 2.5], [-3, 40]])
    assert x.dtype == np.float64
    assert y.tolist() == ["0", "1"]


def test_a_series_has_a_channel():
    x, _ = FORMATS["ucr-tsv"]([Content(b"0\t1\t2.5\t3\n", ORIGIN)])
    assert x.shape == (1, 3, 1)


IMAGES = bytes.fromhex("00000803 00000002 00000002 00000003") + bytes(
    [0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255]
)
LABELS = bytes.fromhex("00000801 00000002 07 09")


def read_idx(images=IMAGES, labels=LABELS):
    return FORMATS["idx"](
        [
            Content(images, Origin("toy", "images", "get another")),
            Content(labels, Origin("toy", "labels", "get another")),
        ]
    )


def test_images_and_labels():
    x, y = read_idx()
    np.testing.assert_array_equal(x, [[[0, 1, 2], [3, 4, 5]], [[250, 251, 252], [253, 254, 255]]])
    assert x.dtype == y.dtype == np.uint8
    assert y.tolist() == [7, 9]


@pytest.mark.parametrize(
    ("images", "expected", "found"),
    [
        (b"", "an IDX file of bytes in 3 dimensions, which begins with 00 00 08 03", "an empty file"),
        (b"\0\0", "an IDX file of bytes in 3 dimensions", "00 00;"),
        (LABELS, "an IDX file of bytes in 3 dimensions", "00 00 08 01"),
        (b"\0\0\x0d" + IMAGES[3:], "an IDX file of bytes in 3 dimensions", "00 00 0d 03"),
        (IMAGES[:14], "3 dimensions of 4 bytes in the IDX file", "10 bytes"),
        (IMAGES[:-1], "12 values, as the IDX file's shape (2, 2, 3) says", "11"),
        (IMAGES + b"\0", "12 values, as the IDX file's shape (2, 2, 3) says", "13"),
        (IMAGES[:4] + b"\xff" * 12, "values, as the IDX file's shape (4294967295, 4294967295,", "0"),
    ],
)
def test_other_files(images, expected, found):
    with pytest.raises(GradevoError) as caught:
        read_idx(images)
    message = str(caught.value)
    assert message.startswith("toy: images: expected ")
    assert expected in message
    assert f", found {found}" in message


def test_labels_are_not_images():
    with pytest.raises(GradevoError, match=r"^toy: labels: expected an IDX file of bytes in 1 dimensions"):
        read_idx(IMAGES, IMAGES)
