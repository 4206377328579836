"""The user's own model file is watched: an edit trains its experiment again, and no other."""

from pathlib import Path
from typing import Any

import pytest

MODEL = "import keras\n\ndef layers(input_shape, outputs, seed):\n    return [keras.layers.Dense(outputs)]\n"
EXPERIMENTS = {"iris": "mine/net.py", "boston": "mine/other.py", "xor": "xor"}
CONFIG = (
    "--config",
    f"experiments=[{', '.join(EXPERIMENTS)}]",
    "definitions={iris: {model: mine/net.py}, boston: {model: mine/other.py}, xor: {seeds: [13]}}",
)


@pytest.fixture
def trained(checkout: Any) -> Any:
    """Two experiments with a file each and one without, which the pipeline takes for trained."""
    folder = checkout.folder
    (folder / "mine").mkdir()
    for path in ("mine/net.py", "mine/other.py"):
        (folder / path).write_text(MODEL)
    outputs = [
        *(f"data/prepared/{name}.npz" for name in EXPERIMENTS),
        *(f"results/smoke/{name}/seed-13/{file}" for name in EXPERIMENTS for file in FILES),
    ]
    for path in outputs:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    done = checkout.snakemake("--touch", "--forceall", *CONFIG, "--", "records")
    assert done.returncode == 0, done.stdout
    return checkout


FILES = ("run.h5", "provenance.json")


def trains(checkout: Any) -> set[str]:
    """The experiments that would be trained."""
    planned = checkout.planned(*CONFIG, "--", "records")
    assert set(planned.values()) <= {"train"}
    return {Path(file).parts[2] for file in planned}


def test_an_edited_model_is_trained_anew_and_a_touched_one_is_not(trained: Any) -> None:
    path = trained.folder / "mine/net.py"
    path.touch()
    assert trains(trained) == set()
    path.write_text(MODEL.replace("outputs)]", "outputs, name='out')]"))
    assert trains(trained) == {"iris"}
    path.write_text(MODEL)
    (trained.folder / "mine/other.py").write_text(MODEL + "\n# an edit\n")
    assert trains(trained) == {"boston"}
