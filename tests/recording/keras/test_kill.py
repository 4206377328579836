"""Training killed by SIGKILL at random moments ends as if it had never stopped."""

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from gradevo import Run, analyse
from gradevo.pictures.catalogue import pictures_of
from gradevo.pictures.picture import Material


def contents(path: Path) -> dict[str, Any]:
    """Every dataset and attribute of an HDF5 file by its path."""
    found: dict[str, Any] = {}

    def take(name: str, item: h5py.Group | h5py.Dataset) -> None:
        # References say where in the file an axis lies.
        attributes = ((key, item.attrs[key]) for key in item.attrs if not key.endswith("_LIST"))
        found.update({f"{name}@{key}": value for key, value in attributes})
        if isinstance(item, h5py.Dataset):
            found[name] = item[()]

    with h5py.File(path, "r") as file:
        take("", file)
        file.visititems(take)
    return found


@pytest.mark.parametrize(("by", "kills"), [("record", 6), ("fit", 3)])
def test_a_run_killed_again_and_again_ends_equal_to_the_last_bit(by: str, kills: int, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed of the moments: {seed}")
    script = Path(__file__).with_name("train_killed.py")
    done = subprocess.run(
        [sys.executable, script, tmp_path, str(kills), str(seed), by],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    epochs = [int(line) for line in done.stdout.split()]
    print(f"complete epochs after each kill: {epochs}")
    assert len(epochs) == kills
    if by == "record":
        assert epochs == sorted(epochs), "a kill lost epochs that were complete"
    assert epochs[-1] > 0

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    left = {path.name for path in killed.iterdir() if not path.name.startswith("run.abandoned")}
    assert left - {"checkpoint"} == {"run.h5"}
    if by == "record":
        assert len(list(killed.iterdir())) == 1
    expected, found = contents(whole / "run.h5"), contents(killed / "run.h5")
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name, strict=True)

    for folder in (whole, killed):
        analyse(folder / "run.h5", folder / "statistics.h5", folder / "statistics.csv")
        material = Material([folder / "statistics.h5"], folder)
        for picture in pictures_of("figures"):
            picture.draw(material)
    files = [path.relative_to(whole) for path in whole.rglob("*") if path.is_file() and path.name != "run.h5"]
    assert len(files) > 2
    for file in files:
        assert (killed / file).read_bytes() == (whole / file).read_bytes(), file


@pytest.mark.parametrize("change", ["seed", "epochs", "loss"])
def test_the_partial_file_of_another_run_is_kept_and_not_continued(
    dense_case: Any, tmp_path: Path, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    from gradevo.recording.keras.record import Epoch, record

    def interrupt(epoch: Epoch) -> None:
        if epoch.epoch == 2:
            raise KeyboardInterrupt

    model, x, y = dense_case
    weights = model.get_weights()
    with pytest.raises(KeyboardInterrupt):
        record(model, x, y, tmp_path / "run.h5", epochs=4, on_epoch=interrupt)
    with Run(tmp_path / "run.partial.h5") as run:
        assert run.epochs == 2

    model.set_weights(weights)
    told: list[Epoch] = []
    other = {"seed": {"seed": 5, "epochs": 4}, "epochs": {"epochs": 3}, "loss": {"epochs": 4}}[change]
    if change == "loss":
        model.compile(model.optimizer, lambda y, p: 2 * (y - p) ** 2, metrics=["categorical_accuracy"])
    record(model, x, y, tmp_path / "run.h5", on_epoch=told.append, **other)
    assert told[0].epoch == 1
    assert told[0].resumed == 0
    (message,) = [record.message for record in caplog.records if record.name.startswith("gradevo")]
    assert "holds 2 complete epochs that cannot be continued (of another run, different: " in message
    with Run(tmp_path / "run.abandoned.h5") as run:
        assert run.epochs == 2
