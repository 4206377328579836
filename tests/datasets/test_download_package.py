"""Data of an installed package: found without an import, and checked."""

import pytest

from gradevo.errors import GradevoError


@pytest.fixture
def packaged(toy, sha256):
    """The toy dataset, if an empty file of pytest were its data."""
    toy.entry["source"] = {"kind": "package", "name": "pytest"}
    toy.entry["members"] = {"all": {"path": "pytest/py.typed", "sha256": sha256(b"")}}
    toy.write()
    return toy


def failure(toy) -> str:
    toy.write()
    with pytest.raises(GradevoError) as caught:
        toy.fetch()
    message = str(caught.value)
    assert message.startswith("toy: ")
    assert (
        f"requirements.lock, or put your own x_train, y_train, x_test, y_test at {toy.raw / 'toy.npz'}"
        in message
    )
    return message


def test_the_member_is_read(packaged):
    # An empty file is found and passes its checksum; that it holds no rows is the format's complaint.
    assert "pytest, member pytest/py.typed: expected lines with values, found none" in failure(packaged)


def test_the_package_is_not_installed(packaged):
    packaged.entry["source"]["name"] = "gradevo_toy"
    assert "expected the installed package gradevo_toy, found none" in failure(packaged)


def test_the_package_lacks_the_file(packaged):
    packaged.entry["members"]["all"]["path"] = "pytest/data.csv"
    assert (
        "pytest, member pytest/data.csv: expected a readable file of the package, found FileNotFoundError"
        in failure(packaged)
    )


def test_the_file_has_another_checksum(packaged):
    packaged.entry["members"]["all"]["sha256"] = "0" * 64
    assert f"pytest, member pytest/py.typed: expected SHA-256 {'0' * 64}, found e3b0c442" in failure(packaged)
