"""Which file belongs where."""

from pathlib import Path

import pytest

from gradevo.errors import GradevoError
from gradevo.report.artifacts import Inventory


def made(folder: Path, *names: str) -> list[Path]:
    paths = [folder / "default" / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return paths


def test_files_are_told_by_the_end_of_their_paths(tmp_path: Path) -> None:
    paths = made(
        tmp_path,
        "xor/flow.gif",
        "iris/seed-13/statistics.h5",
        "iris/seed-14/statistics.h5",
        "iris/seed-13/provenance.json",
        "iris/figures/loss.png",
        "iris/figures/loss.pdf",
        "iris/animation.mp4",
        "iris/graph.json",
        "xor/convergence.csv",
        "comparison/evolution.png",
        "comparison/claims.csv",
        "comparison/summary.tex",
        "comparison/rain/descents.png",
    )
    found = Inventory.of([*paths, paths[0]])
    assert found.title == "default"
    assert list(found.experiments) == ["xor", "iris"]  # in order of first appearance
    iris, xor = found.experiments["iris"], found.experiments["xor"]
    assert iris.statistics == paths[1:3]
    assert iris.provenance == [paths[3]]
    assert iris.pictures == {"loss": paths[4]}
    assert (iris.videos, iris.sources) == ({"animation": paths[6]}, {"graph": paths[7]})
    assert (xor.gifs, xor.tables) == ({"flow": paths[0]}, {"convergence": paths[8]})
    assert found.comparison.pictures == {"evolution": paths[9], "rain/descents": paths[12]}
    assert found.comparison.tables == {"claims": paths[10]}
    assert found.comparison.sources == {"summary": paths[11]}


def test_results_of_several_folders_have_no_common_title(tmp_path: Path) -> None:
    there = tmp_path / "b" / "paper" / "xor" / "graph.png"
    there.parent.mkdir(parents=True)
    there.write_text("")
    assert Inventory.of([*made(tmp_path / "a", "iris/graph.png"), there]).title == ""


@pytest.mark.parametrize(
    "name", ["iris/seed-13/run.h5", "iris/notes.png", "iris/figures/loss.svg", "iris/other.csv"]
)
def test_what_a_report_does_not_show_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(GradevoError, match=r"expected an artifact that the report shows .*leave it out"):
        Inventory.of(made(tmp_path, name))


def test_missing_and_double_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GradevoError, match="no such file"):
        Inventory.of([tmp_path / "default" / "iris" / "graph.png"])
    first, second = made(tmp_path / "a", "iris/graph.png"), made(tmp_path / "b", "iris/graph.png")
    with pytest.raises(GradevoError, match=r"expected one graph\.png of iris, found another"):
        Inventory.of([*first, *second])
    with pytest.raises(GradevoError, match="expected a file, found a folder"):
        Inventory.of([tmp_path])
    with pytest.raises(GradevoError, match="found none"):
        Inventory.of([])
