"""Where README and docs lead."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from gradevo import Run

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "data/README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_ways_to_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of README, one after the other, as a reader would run them; JAX's where it is installed."""
    text = (ROOT / "README.md").read_text()
    section = text[text.index("## Record your own training") :].split("\n## ")[0]
    blocks = re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL)
    assert len(blocks) == 4
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks:
        if "import jax" in block and find_spec("jax") is None:
            continue
        exec(block, names)
    for path in tmp_path.glob("*.h5"):
        if path.name != "statistics.h5":
            with Run(path) as run:
                assert (run.epochs, run.stopped) == (5, False)
    recorded = {path.name for path in tmp_path.iterdir()}
    assert {"run.h5", "fit.h5", "loop.h5", "statistics.h5", "statistics.csv"} <= recorded
