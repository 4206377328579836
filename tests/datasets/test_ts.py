"""Series as sktime and aeon write them."""

import numpy as np
import pytest

from gradevo.datasets.members import Content
from gradevo.datasets.origin import Origin
from gradevo.datasets.ts import series_of_ts
from gradevo.errors import GradevoError

HEAD = "# of somebody\n@problemName Toy\n@timeStamps false\n@univariate false\n@classLabel true a b\n@data\n"


def read(text):
    return series_of_ts(Content(text.encode(), Origin("toy", "toy.ts", "mend it")))


def test_dimensions_and_labels():
    x, y = read(HEAD + "1,2,3:4,5,6:a\n\n# between\n-1, .5 ,1e2:0,0,0: b\n")
    expected = [[[1, 4], [2, 5], [3, 6]], [[-1, 0], [0.5, 0], [100, 0]]]
    assert (x.tolist(), y.tolist()) == (expected, ["a", "b"])
    assert (x.dtype, x.flags.c_contiguous) == (np.float64, True)


def test_one_dimension_and_numbers_to_predict():
    x, y = read("@PROBLEMNAME toy\r\n@TargetLabel True\r\n@DATA\r\n1,2:0.5\r\n3,4:1.5\r\n")
    assert (x.tolist(), y.tolist()) == ([[[1], [2]], [[3], [4]]], ["0.5", "1.5"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "a line `@data`, behind which the series are, found none"),
        ("1,2:a\n", "`@key value` or `@data` in line 1, found '1,2:a'"),
        (HEAD, "lines with series behind `@data`, found none"),
        ("@timestamps true\n@classLabel true\n@data\n(0,1):a\n", "series without time stamps"),
        ("@classLabel false\n@data\n1,2\n", "series with labels, as `@classLabel true`"),
        ("@data\n1,2\n", "series with labels, as `@classLabel true`"),
        (HEAD + "1,2:3,4:a\n1,2:3:a\n", "2 dimensions of 2 values in line 8, found 2 of 1, 2"),
        (HEAD + "1,2:3,4:a\n1,2:a\n", "2 dimensions of 2 values in line 8, found 1 of 2"),
        (HEAD + "1,2:3:a\n", "2 dimensions of 2 values in line 7, found 2 of 1, 2"),
        (HEAD + "a\n", "0 dimensions of some values in line 7, found 0 of none"),
        (HEAD + "1,2:3,?:a\n", "a value in line 7, since series with missing values cannot be used, found ?"),
        (HEAD + "1,NaN:3,4:a\n", "a value in line 7, since series with missing values"),
        (HEAD + "1,2:3,4:\n", "a label at the end of line 7, behind a colon, found nothing"),
        (HEAD + "1,2:3,x:a\n", "a number in line 7, found 'x'"),
    ],
)
def test_what_will_not_do(text, expected):
    with pytest.raises(GradevoError) as caught:
        read(text)
    assert f"toy: toy.ts: expected {expected}" in str(caught.value)
    assert "\n" not in str(caught.value)
