"""README's blocks of other frameworks, as a reader would run them behind the first ones."""

import re
from pathlib import Path

import numpy as np
import pytest

import gradevo

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", ["torch", "jax"])
def test_the_block_of_a_framework(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(name, reason=f"{name} is not installed")
    (block,) = (one for one in BLOCKS if f"import {name}" in one)
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(1)
    exec(block, {"gradevo": gradevo, "np": np, "x": random.random((200, 3)), "y": random.random(200)})
    with gradevo.Run(tmp_path / f"{name}.h5") as run:
        assert (run.epochs, run.steps, run.stopped) == (5, 5, False)
        losses = run.step("loss")
        assert losses[-1] < losses[0]
