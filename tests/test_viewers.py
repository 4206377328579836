"""Every block of Python in ``docs/viewers.md``, with numbers that are known."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradevo.cli.export import command as export
from gradevo.statistics.analyse import analyse
from gradevo.testing import write_run

TEXT = (Path(__file__).parents[1] / "docs" / "viewers.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_every_block_runs_and_gives_what_numpy_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    gradients = np.random.default_rng(13).normal(size=(6, 4, 2)).astype(np.float32)
    losses = np.arange(6, 0, -1.0)
    run = write_run(Path("run.h5"), {"dense/kernel": gradients}, 3, losses=losses)
    analyse(run, "statistics.h5", "statistics.csv")
    export(run, parquet=Path("run.parquet"))
    namespace: dict[str, Any] = {}
    for block in BLOCKS:
        exec(block, namespace)
    flat = gradients.reshape(6, -1).astype(np.float64)
    norms = np.linalg.norm(flat, axis=1)
    cosines = (flat[1:] * flat[:-1]).sum(axis=1) / norms[1:] / norms[:-1]
    np.testing.assert_allclose(namespace["cosine"]["dense/kernel"].to_numpy()[1:], cosines)
    np.testing.assert_allclose(namespace["sizes"], norms, rtol=1e-6)
    np.testing.assert_array_equal(namespace["loss"], losses[:4])
    sums = np.linalg.norm(flat.reshape(2, 3, -1).sum(axis=1), axis=1)
    np.testing.assert_allclose(namespace["norms"]["dense/kernel"].to_numpy(), sums)
    assert namespace["figure"].axes[0].get_title() == "mine"
    assert Path("norms.svg").stat().st_size > 1000
    assert len(BLOCKS) == 4


def test_names_in_the_table_are_those_of_the_export(tmp_path: Path) -> None:
    from gradevo.export.tables import tables
    from gradevo.layers import Layer, LayerGraph
    from gradevo.statistics.store import Statistics

    graph = LayerGraph((Layer("dense", "Dense", ("dense/kernel",)),))
    run = write_run(tmp_path / "run.h5", {"dense/kernel": np.ones((2, 1))}, 1, graph=graph)
    analyse(run, tmp_path / "statistics.h5")
    with Statistics(tmp_path / "statistics.h5") as statistics:
        names = {table.name(column) for table in tables(statistics) for column in table.columns}
    cells = re.findall(r"`((?:step|epoch|layer|derived|metric)[./][\w./]+)`", TEXT)
    assert len(cells) >= 6
    assert set(cells) - names <= {"step/learning_rate"}  # where updates were recorded
