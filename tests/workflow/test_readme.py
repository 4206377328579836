"""What README and docs tell a reader to type works."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "data/README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def test_the_readmes_python_runs(tmp_path: Path, finished: tuple[object, str]) -> None:
    checkout, _ = finished
    reading, recording = blocks(ROOT / "README.md", "python")
    reading = reading.replace("results/default", f"{checkout.folder}/results/smoke")  # type: ignore[attr-defined]
    lines = "".join(blocks(ROOT / "README.md", "sh")).splitlines()
    commands = [line for line in lines if line.startswith("gradevo")]
    assert len(commands) == 2
    calls = [[sys.executable, "-c", reading], [sys.executable, "-c", recording]]
    calls += [[sys.executable, "-m", *command.split()] for command in commands]
    for call in calls:
        done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {
        "run.h5",
        "statistics.h5",
        "statistics.csv",
        "figures",
        "animation.gif",
        "animation.mp4",
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target
