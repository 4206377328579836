"""The pages on adding something, followed to the letter in a copy of the library."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from gradevo.layers import Layer, LayerGraph

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs/contributing"


class Copy:
    """A copy of the library, in which a page has been followed."""

    def __init__(self, folder: Path) -> None:
        self.library = folder / "analysis/gradevo"
        shutil.copytree(ROOT / "analysis/gradevo", self.library, ignore=shutil.ignore_patterns("__pycache__"))

    def blocks(self, page: str, language: str = "python") -> list[str]:
        return re.findall(rf"^ *```{language}\n(.*?)^ *```", (PAGES / page).read_text(), re.M | re.S)

    def insert(self, file: str, marker: str, lines: str) -> None:
        """Put lines behind the only line that begins like that."""
        path = self.library / file
        before = path.read_text()
        assert before.count(f"\n{marker}") == 1
        head, tail = before.split(f"\n{marker}")
        line, rest = tail.split("\n", 1)
        path.write_text(f"{head}\n{marker}{line}\n{lines}{rest}")

    def call(self, *arguments: object) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "gradevo", *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(self.library.parent)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path / "copy")


@pytest.fixture(scope="module")
def silent_half(statistics_file: Callable[..., Path]) -> Path:
    """Statistics of a layer that has no gradient in two of three steps; the run file stands beside."""
    gradients = np.tile([[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]], (4, 1))
    graph = LayerGraph((Layer("dense", "Dense", ("dense/kernel",)),))
    return statistics_file({"dense/kernel": gradients}, 3, "half", graph=graph)


def test_a_picture(copy: Copy, silent_half: Path, tmp_path: Path) -> None:
    module, line = copy.blocks("picture.md")
    (copy.library / "pictures/figures/sizes.py").write_text(module)
    copy.insert("pictures/catalogue.py", '    ("figures", "figures.loss"),', line)
    results = tmp_path / "results/half"
    printed = copy.call("draw", "figures", silent_half, "--folder", results).splitlines()
    assert str(results / "figures/sizes.png") in printed
    assert (results / "figures/sizes.png").stat().st_size > 1000
    report = tmp_path / "report"
    seed = results / "seed-13"
    seed.mkdir()
    shutil.copy2(silent_half, seed)
    copy.call("report", seed / "statistics.h5", *results.glob("figures/*.png"), "--folder", report)
    page = (report / "experiment-half.html").read_text()
    assert "A bar per tensor, as long as it has elements." in page
    assert page.index('id="loss"') < page.index('id="sizes"') < page.index('id="gradient_norms"')


def test_a_statistic(copy: Copy, silent_half: Path, tmp_path: Path) -> None:
    module, entry = copy.blocks("statistic.md")
    (copy.library / "statistics/evenness.py").write_text(module)
    catalogue = "statistics/catalogue.py"
    copy.insert(
        catalogue,
        "from gradevo.statistics import derived, formulas",
        "from gradevo.statistics import evenness\n",
    )
    copy.insert(catalogue, "        compute=formulas.step_density,\n    ),", entry)
    new = tmp_path / "statistics.h5"
    copy.call("statistics", silent_half.with_name("run.h5"), "--output", new)
    with h5py.File(new) as file:
        np.testing.assert_allclose(file["steps/unevenness"][:3, 0], [1 - 9 / 10, np.nan, np.nan])
        np.testing.assert_array_equal(file["steps/density"], h5py.File(silent_half)["steps/density"])
    copy.call("compare", new, "--folder", tmp_path)
    curves = pd.read_csv(tmp_path / "curves.csv")
    assert curves[curves.quantity == "unevenness"].value.tolist() == pytest.approx([0.1] * 4)
    assert "unevenness_last" in pd.read_csv(tmp_path / "summary.csv").quantity.tolist()
    copy.call("draw", "evolution", new, "--folder", tmp_path)
    assert (tmp_path / "evolution.png").exists()


def test_a_health_check(copy: Copy, silent_half: Path, tmp_path: Path) -> None:
    module, line = copy.blocks("check.md")
    (copy.library / "health/silent.py").write_text(module)
    record = copy.library / "health/record.py"
    copy.insert(
        "health/record.py",
        "from gradevo.health.oscillating import",
        "from gradevo.health.silent import Silent\n",
    )
    text = record.read_text()
    assert text.count("    Underflowing(),\n") == 1
    record.write_text(text.replace("    Underflowing(),\n", f"    Underflowing(),\n    {line.strip()}\n"))
    printed = copy.call("health", silent_half, "--output", tmp_path / "health.json")
    assert (
        "seed 13: silent: dense, epochs 1–4: share of steps without gradient, negative: -0.67 ≤ -0.5"
        in printed
    )
    (run,) = json.loads((tmp_path / "health.json").read_text())["runs"]
    assert [one["check"] for one in run["findings"]] == ["silent"]
    advice = copy.call("doctor", silent_half)
    assert "larger batches; fewer relu units that are off" in advice
    copy.call("draw", "graph", silent_half, "--folder", tmp_path, "--health", tmp_path / "health.json")
    contents = json.loads((tmp_path / "graph.json").read_text())
    assert contents["nodes"][0]["findings"][0]["illness"] == "silent"


def test_a_claim(copy: Copy, statistics_file: Callable[..., Path], tmp_path: Path) -> None:
    module, line = copy.blocks("claim.md")
    (copy.library / "claims/sparsity.py").write_text(module)
    copy.insert(
        "claims/judge.py",
        "from gradevo.claims.rules import",
        "from gradevo.claims.sparsity import SPARSITY_CLAIMS\n",
    )
    copy.insert("claims/judge.py", "    *LITERATURE_CLAIMS,", line)
    sparser = np.array([[1.0, 1 / step] for step in range(1, 13)])
    results = tmp_path / "results"
    seed = results / "half/seed-13"
    seed.mkdir(parents=True)
    shutil.copy2(statistics_file({"dense/kernel": sparser}, 1, "half"), seed)
    table = results / "comparison/claims.csv"
    copy.call("claims", seed / "statistics.h5", "--table", table, "--latex", tmp_path / "claims.tex")
    claims = pd.read_csv(table).set_index("claim")
    assert claims.verdict["gradients-get-sparse"] == "agrees"
    assert "gradients-get-sparse" in (tmp_path / "claims.tex").read_text()
    copy.call("report", seed / "statistics.h5", table, "--folder", tmp_path / "report")
    for page in ("claims.html", "experiment-half.html"):
        assert "gradients-get-sparse" in (tmp_path / "report" / page).read_text(), page


def test_a_dataset_and_a_model(copy: Copy, tmp_path: Path) -> None:
    (entry,), (module,) = copy.blocks("dataset.md", "yaml"), copy.blocks("model.md")
    sources, raw, data = tmp_path / "sources.yaml", tmp_path / "raw", tmp_path / "flats.npz"
    sources.write_text((ROOT / "data/sources.yaml").read_text() + "\n" + entry)
    raw.mkdir()
    rows = np.random.default_rng(13).uniform(0.5, 5, (60, 3))
    np.savetxt(raw / "flats.csv", rows, fmt="%.3f", delimiter=",")
    printed = copy.call("fetch", "flats", "--output", data, "--raw", raw, "--sources", sources)
    assert "flats: 54 + 6 rows of shape (2,), regression" in printed
    (copy.library / "models/narrow.py").write_text(module)
    (text,) = copy.blocks("model.md", "yaml")
    config = tmp_path / "mine.yaml"
    config.write_text(text)
    assert copy.call("check", config, "--sources", sources) == f"{config}: mine: flats\n"
    seed = tmp_path / "results/flats/seed-13"
    files = {name: seed / name for name in ("run.h5", "provenance.json", "statistics.h5", "statistics.csv")}
    copy.call(
        *("train", "flats", "--config", config, "--data", data, "--output", files["run.h5"]),
        *("--provenance", files["provenance.json"]),
    )
    copy.call(
        "statistics", files["run.h5"], "--output", files["statistics.h5"], "--table", files["statistics.csv"]
    )
    assert set(pd.read_csv(files["statistics.csv"]).tensor) == {
        *("hidden/kernel", "hidden/bias", "output/kernel", "output/bias", "total")
    }
    found = [files["statistics.h5"], files["provenance.json"]]
    copy.call("report", *found, "--folder", tmp_path / "report", "--sources", sources)
    page = (tmp_path / "report/experiment-flats.html").read_text()
    assert "Rents of flats" in page
    assert "narrow" in page
