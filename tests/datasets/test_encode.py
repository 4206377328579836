"""What becomes of texts and missing values, by the entry's wish; all sums are small enough for the head."""

import pytest
import yaml

from gradevo.datasets.fetch import fetch
from gradevo.datasets.prepared import load, save
from gradevo.errors import GradevoError

TRAIN = "age,colour,y\n1,red,u\n,blue,v\n6,,u\n2,red,v\n"
TEST = "age,colour,y\n,green,u\n4,blue,v\n"


@pytest.fixture
def own(tmp_path):
    def fetched(train=TRAIN, test=TEST, entry=None, **source):
        (tmp_path / "mine_TRAIN.csv").write_text(train)
        (tmp_path / "mine_TEST.csv").write_text(test)
        sources = tmp_path / "sources.yaml"
        whole = {"title": "M", "source": {"kind": "own", **source}, **(entry or {})}
        sources.write_text(yaml.safe_dump({"mine": whole}))
        return fetch("mine", tmp_path, sources)

    return fetched


@pytest.mark.parametrize(("strategy", "age"), [("mean", 3), ("median", 2), ("most_frequent", 1)])
def test_texts_become_columns_and_gaps_what_the_training_rows_have(own, strategy, age, tmp_path):
    dataset = own(texts="one-hot", missing=strategy)
    assert dataset.x_train.tolist() == [[1, 0, 1], [age, 1, 0], [6, 0, 1], [2, 0, 1]]
    assert dataset.x_test.tolist() == [[age, 0, 0], [4, 1, 0]]
    assert dataset.provenance["texts"] == "one-hot: column 2 (colour): blue, red"
    of_each = f"column 1 (age) {age} (2 values); column 2 (colour) red (1 values)"
    filled = f"{strategy} of the training rows: {of_each}"
    assert dataset.provenance["missing"] == filled
    assert dataset.notes[:3] == (
        "column 2 (colour) becomes 2 columns of 0 and 1: blue, red",
        "column 2 (colour) has texts in the test part alone, all 0 there: green",
        f"missing values are filled in by the {filled}",
    )
    save(dataset, tmp_path / "prepared.npz")
    assert load(tmp_path / "prepared.npz").provenance == dataset.provenance


def test_only_the_training_rows_of_one_file_are_learnt_from(own, tmp_path):
    """Rows 9 and 8 are the test part, as in test_own."""
    values = ["", *[2] * 7, 1000, 1000, *[2] * 10]
    text = "a,y\n" + "".join(f"{value},{row % 2}\n" for row, value in enumerate(values))
    (tmp_path / "mine.csv").write_text(text)
    (tmp_path / "sources.yaml").write_text(
        yaml.safe_dump({"mine": {"title": "M", "source": {"kind": "own", "missing": "mean"}}})
    )
    dataset = fetch("mine", tmp_path, tmp_path / "sources.yaml")
    assert (set(dataset.x_train[:, 0]), set(dataset.x_test[:, 0])) == ({2}, {1000})


def test_without_the_wish_they_are_refused_with_it_named(own):
    for source, expected in (
        ({}, "expected a number in line 2, column 2 (colour) (texts and dates are not read as features: say"),
        ({"missing": "mean"}, "expected a number in line 2, column 2 (colour) (texts"),
        ({"texts": "one-hot"}, "expected a value in line 3, column 1 (age), since rows with missing"),
    ):
        with pytest.raises(GradevoError) as caught:
            own(**source)
        assert expected in str(caught.value)
        assert ("`leave_out: […]` or `texts: one-hot`" in str(caught.value)) == ("a number" in expected)
        assert ("`missing: mean`" in str(caught.value)) == ("a value" in expected)


def test_what_is_left_out_may_hold_anything(own):
    dataset = own(leave_out=["colour"], missing="mean")
    assert dataset.x_train.tolist() == [[1], [3], [6], [2]]
    assert own("a,b,y\n1,x,0\n2,x,1\n", "b,y,a\nx,1,7\n", leave_out=[2]).x_test.tolist() == [[7]]


def test_what_is_asked_for_may_not_be_there(own):
    plain = "a,b,y\n1,2,u\n3,4,v\n"
    dataset = own(plain, plain, texts="one-hot", missing="median")
    assert dataset.x_train.tolist() == [[1, 2], [3, 4]]
    assert not {"texts", "missing"} & dataset.provenance.keys()


def test_inputs_grow_with_their_columns(own):
    dataset = own(texts="one-hot", missing="mean", inputs={"left": ["colour"], "right": ["age"]})
    assert dataset.inputs == {"left": (2,), "right": (1,)}
    assert dataset.x_train.tolist()[1] == [1, 0, 3]


def test_weights_stay_numbers(own):
    dataset = own("a,w,y\nx,2,u\nz,3,v\n", "a,w,y\nx,2,u\n", texts="one-hot", weights="w")
    assert (dataset.x_train.tolist(), dataset.w_train.tolist()) == ([[1, 0], [0, 1]], [2, 3])


def test_decimal_commas_of_numbers_are_no_texts(own):
    dataset = own("a;c;y\n1,5;r;u\n2,5;s;v\n", "a;c;y\n3,5;r;v\n", texts="one-hot")
    assert dataset.x_train.tolist() == [[1.5, 1, 0], [2.5, 0, 1]]


@pytest.mark.parametrize(
    ("train", "test", "expected"),
    [
        ("a,y\n,u\n,v\n", "a,y\n1,u\n", "a value in column 1 (a) in one of the training rows, found none"),
        ("d,y\n2020-01-02,u\n2020-01-03,v\n", "d,y\n2020-01-04,u\n", "texts in column 1 (d), since dates"),
        ("a,y\ninf,u\n1,v\n", "a,y\n1,u\n", "finite values in column 1 (a), found inf"),
        ("a,y\n1,u\n1,\n", "a,y\n1,u\n", "a value in line 3, column 2 (y)"),
        (
            "a,y\n" + "".join(f"{row},{row % 2}\n" for row in range(11)) + "None,0\n",
            "a,y\n1,1\n",
            "numbers alone or texts alone in column 1 (a) (or nothing where a value is missing), found 0,",
        ),
        (
            "a,y\n" + "".join(f"t{row},{row % 2}\n" for row in range(1001)),
            "a,y\nt1,1\n",
            "at most 1000 different texts in column 1 (a) (or `leave_out`), found 1001",
        ),
    ],
)
def test_what_will_not_do(own, train, test, expected):
    with pytest.raises(GradevoError) as caught:
        own(train, test, texts="one-hot", missing="mean")
    assert f"expected {expected}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_few_numbers_may_be_texts(own):
    dataset = own("a,y\n0,u\n3+,v\n", "a,y\n0,u\n", texts="one-hot")
    assert dataset.x_train.tolist() == [[1, 0], [0, 1]]


def test_decimals_that_come_late_are_no_texts(own):
    train = "a;y\n" + "".join(f"{row};{row % 2}\n" for row in range(300)) + "1,5;0\n"
    assert own(train, "a;y\n2,5;1\n", texts="one-hot").x_train[-1].tolist() == [1.5]


def test_one_row_has_no_test_part(own, tmp_path):
    (tmp_path / "mine.csv").write_text("a,y\n1,u\n")
    (tmp_path / "sources.yaml").write_text(
        yaml.safe_dump({"mine": {"title": "M", "source": {"kind": "own", "missing": "mean"}}})
    )
    with pytest.raises(GradevoError, match="expected rows in both parts, found 1 and 0"):
        fetch("mine", tmp_path, tmp_path / "sources.yaml")
