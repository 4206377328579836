"""The report as files."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import h5py
import pytest
from typer.testing import CliRunner

from gradevo.atomic import size_of
from gradevo.cli.app import app
from gradevo.errors import GradevoError
from gradevo.report.write import write_report


class Outline(HTMLParser):
    """Headings, ids, addresses and images of a page."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        self.tags.append((tag, named))
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.ids += [value for key, value in attributes if key == "id" and value]
        self.addresses += [value for key, value in attributes if key in ("href", "src", "poster") and value]


@pytest.fixture(scope="module")
def outlines(report: Path) -> dict[str, Outline]:
    return {page.name: Outline(page) for page in report.glob("*.html")}


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_artifacts_give_the_same_bytes(report: Path, artifacts: list[Path], tmp_path: Path) -> None:
    index = write_report(artifacts, tmp_path / "elsewhere")
    assert index == tmp_path / "elsewhere" / "index.html"
    assert tree(index.parent) == tree(report)
    write_report(artifacts, tmp_path / "elsewhere")  # in the place of the other
    assert tree(index.parent) == tree(report)


def test_every_address_is_a_file_or_a_place_of_the_report(report: Path, outlines: dict[str, Outline]) -> None:
    assert len(outlines) == 6
    for page, outline in outlines.items():
        assert len(set(outline.ids)) == len(outline.ids), page
        for address in outline.addresses:
            file, _, place = address.partition("#")
            if file != "data:,":
                assert (report / (file or page)).is_file(), f"{page}: {address}"
            if place:
                assert place in outlines[file or page].ids, f"{page}: {address}"


def test_pages_are_built_for_every_reader(outlines: dict[str, Outline]) -> None:
    for page, outline in outlines.items():
        assert outline.headings[0] == 1, page
        assert outline.headings.count(1) == 1, page
        steps = [
            after - before for before, after in zip(outline.headings, outline.headings[1:], strict=False)
        ]
        assert max(steps, default=0) <= 1, page
        for tag, attributes in outline.tags:
            if tag == "img":
                assert attributes.get("alt") or page == "index.html", page  # there the words beside say it
                assert {"width", "height"} <= set(attributes), page
            if tag == "video":
                assert attributes.get("aria-label"), page
                assert {"controls", "muted", "loop", "playsinline", "poster"} <= set(attributes), page
            if tag == "table" and "sortable" in (attributes.get("class") or ""):
                assert ("caption", {}) in outline.tags or ("caption", {"class": "hidden"}) in outline.tags
        current = [a.get("href") for _, a in outline.tags if a.get("aria-current") == "page"]
        assert current == [page], page


def test_titles_are_text_and_no_markup(report: Path) -> None:
    page = (report / "experiment-waves.html").read_text(encoding="utf-8")
    assert "<h1>Waves &lt;b&gt;&amp; more&lt;/b&gt;</h1>" in page
    assert "<b>& more" not in page


def test_numbers_are_those_of_the_statistics(report: Path, runs: list[Path]) -> None:
    with h5py.File(runs[2], "r") as file:
        first, last = file["metrics/train/loss"][[0, -1]]
        steps, parameters = file["steps/loss"].shape[0], file["sizes"][-1]
    row = next(
        line
        for line in (report / "index.html").read_text(encoding="utf-8").splitlines()
        if line.startswith("<tr>") and "experiment-still" in line
    )
    for value in (parameters, steps, first, last):
        assert f'data-key="{value}"' in row or f'data-key="{float(value)!r}"' in row


def test_what_is_absent_is_left_out(runs: list[Path], tmp_path: Path) -> None:
    folder = write_report(runs[2:], tmp_path / "report").parent
    assert sorted(page.name for page in folder.glob("*.html")) == ["experiment-still.html", "index.html"]
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "claims.html" not in page
    assert "provenance.html" not in page


def test_pictures_without_statistics_are_shown(artifacts: list[Path], tmp_path: Path) -> None:
    only = [path for path in artifacts if path.name in ("loss.png", "animation.mp4")]
    folder = write_report(only, tmp_path / "report").parent
    page = Outline(folder / "experiment-waves.html")
    assert {tag for tag, _ in page.tags} >= {"img", "video"}
    assert not list((folder / "assets").glob("bokeh*"))


def test_statistics_in_the_folder_of_another_experiment_are_refused(runs: list[Path], tmp_path: Path) -> None:
    moved = tmp_path / "default" / "storm" / "seed-3" / "statistics.h5"
    moved.parent.mkdir(parents=True)
    shutil.copyfile(runs[2], moved)
    with pytest.raises(GradevoError, match=r"expected statistics of the experiment storm, .* found still"):
        write_report([moved], tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_licences_and_citations_come_from_the_sources(artifacts: list[Path], tmp_path: Path) -> None:
    sources = tmp_path / "sources.yaml"
    sources.write_text("sea: {title: The sea, source: {kind: own}, licence: Free & open, citation: A. Swell}")
    page = (write_report(artifacts, tmp_path / "report", sources).parent / "provenance.html").read_text(
        "utf-8"
    )
    assert "The sea" in page
    assert "A. Swell" in page
    assert "Free &amp; open" in page
    sources.write_text("sea: {}")
    with pytest.raises(GradevoError, match=r"sources\.yaml: sea"):
        write_report(artifacts, tmp_path / "report", sources)


def test_tables_of_datasets_do_not_hide_each_other(runs: list[Path], tmp_path: Path) -> None:
    tables = [tmp_path / "toy" / "comparison" / dataset / "rates.csv" for dataset in ("rain", "snow")]
    for number, path in enumerate(tables):
        path.parent.mkdir(parents=True)
        path.write_text(f"rate\n{number}\n")
    folder = write_report([*runs, *tables], tmp_path / "report").parent
    for number, dataset in enumerate(("rain", "snow")):
        assert (folder / "data" / f"{dataset}-rates.csv").read_text() == f"rate\n{number}\n"


@pytest.mark.parametrize("text", ["seed,loss\n3,1\n", "seed,converged\n3,True\n4,\n"])
def test_outcomes_that_are_none_are_refused(runs: list[Path], tmp_path: Path, text: str) -> None:
    path = tmp_path / "toy" / "still" / "convergence.csv"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(GradevoError, match=r"convergence\.csv: expected the columns seed and converged"):
        write_report([*runs, path], tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_the_command_prints_the_page_and_the_size(runs: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "report"
    result = CliRunner().invoke(app, ["report", str(runs[2]), "--folder", str(folder)])
    assert result.exit_code == 0
    number, size = size_of(folder)
    assert result.output.startswith(f"{folder / 'index.html'}: {number} files, ")
    assert 1_000_000 < size < 3_000_000  # BokehJS, mostly
