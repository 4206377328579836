"""The report: from artifacts to a folder of pages, by the templates."""

import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from gradevo.atomic import atomic_folder
from gradevo.claims.judge import CLAIMS
from gradevo.datasets.sources import Source, read_sources
from gradevo.errors import GradevoError
from gradevo.metrics import SPLITS
from gradevo.report.artifacts import COMPARISON, Inventory
from gradevo.report.charts.charts import bokeh_scripts, charts_style
from gradevo.report.charts.comparison import comparison_charts
from gradevo.report.charts.experiment import experiment_charts
from gradevo.report.charts.maps import experiment_maps
from gradevo.report.experiments import (
    ShownExperiment,
    overview,
    show_comparison,
    show_experiment,
    summary,
)
from gradevo.report.media import Media
from gradevo.report.provenance import datasets, read_provenance
from gradevo.report.tables import MOST_ROWS, heading, read, table, wide
from gradevo.report.templating import STATIC, slug, templates
from gradevo.report.verdicts import SYMBOLS, read_verdicts, totals
from gradevo.statistics.catalogue import compared
from gradevo.statistics.ensembles import Ensemble, open_ensembles


def write_report(artifacts: Sequence[Path], folder: Path, sources: Path | None = None) -> Path:
    """Write the report of one results folder. The same artifacts give the same bytes.

    Args:
        artifacts: what is to be shown, recognized by the last components of their paths; experiments come in
            the order of their first artifacts, and what is absent is left out.
        folder: for the pages, which need no other files and no network. An earlier report in it is replaced
            when the new one is complete.
        sources: the file that describes the datasets, for their licences and citations.

    Returns:
        The report's ``index.html``.

    Raises:
        GradevoError: if an artifact is missing, unreadable or unknown, or if `folder` holds other files.
    """
    inventory = Inventory.of(artifacts)
    entries = read_sources(sources) if sources else {}
    statistics = [path for material in inventory.experiments.values() for path in material.statistics]
    with ExitStack() as files:
        ensembles = files.enter_context(open_ensembles(statistics)) if statistics else []
        partial = files.enter_context(atomic_folder(Path(folder)))
        _Report(inventory, ensembles, partial, entries).write()
    return Path(folder) / "index.html"


class _Report:
    def __init__(
        self,
        inventory: Inventory,
        ensembles: Sequence[Ensemble],
        folder: Path,
        sources: Mapping[str, Source],
    ) -> None:
        self._folder = folder
        self._sources = sources
        self._comparison = inventory.comparison
        self._ensembles = _by_folder(ensembles)
        self._materials = list(inventory.experiments.values())
        self._media = Media(folder)
        self._experiments = [
            show_experiment(material, self._ensembles.get(material.name), self._media)
            for material in self._materials
        ]
        claims = inventory.comparison.tables.get("claims")
        self._judged = read_verdicts(claims, {claim.id: claim for claim in CLAIMS}) if claims else []
        self._provenance = read_provenance(self._materials)
        self._scripts = bokeh_scripts() if ensembles else {}
        self._templates = templates("gradevo.report")
        self._templates.globals.update(
            site=f"Gradient evolution · {inventory.title}" if inventory.title else "Gradient evolution",
            pages=list(self._main_pages()),
            scripts=[],
            symbols=SYMBOLS,
            experiments=self._experiments,
        )

    def write(self) -> None:
        self._assets()
        self._page(
            "index.html",
            summary=summary(self._experiments),
            rows=list(overview(self._experiments)),
            tally=totals(self._judged) if self._judged else None,
        )
        for index in range(len(self._experiments)):
            self._experiment(index)
        if self._compares:
            self._compare()
        if self._judged:
            self._claims()
        if self._provenance.origins:
            self._origins()

    def _page(self, template: str, here: str = "", **context: Any) -> None:
        """Fill a template and write the page `here`, which is called as its template if not otherwise."""
        here = here or template
        page = self._templates.get_template(template).render(context, here=here)
        (self._folder / here).write_text(page, encoding="utf-8", newline="\n")

    @property
    def _compares(self) -> bool:
        tables = [stem for stem in self._comparison.tables if stem != "claims"]
        return bool(len(self._ensembles) > 1 or self._comparison.pictures or tables)

    def _main_pages(self) -> list[dict[str, str]]:
        there = {
            "index.html": ("Overview", True),
            "comparison.html": ("Comparison", self._compares),
            "claims.html": ("Claims", bool(self._judged)),
            "provenance.html": ("Provenance", bool(self._provenance.origins)),
        }
        return [{"file": file, "title": title} for file, (title, exists) in there.items() if exists]

    def _assets(self) -> None:
        assets = self._folder / "assets"
        assets.mkdir()
        for path in sorted(STATIC.iterdir()):
            shutil.copyfile(path, assets / path.name)
        if self._scripts:
            for name, text in self._scripts.items():
                (assets / name).write_text(text, encoding="utf-8", newline="\n")
            (assets / "charts.css").write_text(charts_style(), encoding="utf-8", newline="\n")

    def _experiment(self, index: int) -> None:
        experiment = self._experiments[index]
        neighbours: list[ShownExperiment | None] = [None, *self._experiments, None]
        ensemble = self._ensembles.get(experiment.name)
        interactive = experiment_charts(ensemble) if ensemble else None
        maps = experiment_maps(ensemble.runs[0]) if ensemble else None
        tallies = [(claim, claim.tally(experiment.name)) for claim in self._judged]
        claims = [(claim, tally) for claim, tally in tallies if tally]
        self._page(
            "experiment.html",
            experiment.file,
            experiment=experiment,
            splits=SPLITS,
            interactive=interactive,
            maps=maps,
            claims=claims,
            previous=neighbours[index],
            next=neighbours[index + 2],
            contents=_contents(experiment, bool(interactive), bool(maps), bool(claims)),
            scripts=list(self._scripts) if interactive or maps else [],
        )

    def _compare(self) -> None:
        ensembles = self._compared()
        interactive = comparison_charts(ensembles) if len(ensembles) > 1 else None
        there = {ensemble.name for ensemble in ensembles}
        self._page(
            "comparison.html",
            left_out=[name for name in self._ensembles if name not in there],
            pictures=show_comparison(self._comparison, self._media),
            interactive=interactive,
            tables=self._tables(),
            quantities=list(compared().values()) if ensembles else [],
            scripts=list(self._scripts) if interactive else [],
        )

    def _compared(self) -> list[Ensemble]:
        """The experiments of the comparison's summary; all of them where there is none."""
        path = self._comparison.tables.get("summary")
        names = self._ensembles.keys() if path is None else set(read(path).get("experiment", ()))
        return [ensemble for name, ensemble in self._ensembles.items() if name in names]

    def _tables(self) -> list[dict[str, Any]]:
        """The tables of the comparison with the files that hold them; none that is too long for a page."""
        shown = []
        for stem, path in sorted(self._comparison.tables.items(), key=lambda item: item[0] != "summary"):
            frame = read(path)
            if stem == "claims" or len(frame) > MOST_ROWS:
                continue
            sources = [path, *filter(None, [self._comparison.sources.get(stem)])]
            files = [{"file": self._taken(source), "words": _words(source)} for source in sources]
            shown.append(
                {"stem": stem, "heading": heading(stem), "table": wide(frame) or table(frame), "files": files}
            )
        return shown

    def _taken(self, source: Path) -> str:
        """Copy a file for download; its address."""
        dataset = "" if source.parent.name == COMPARISON else f"{source.parent.name}-"
        (self._folder / "data").mkdir(exist_ok=True)
        shutil.copyfile(source, self._folder / "data" / f"{dataset}{source.name}")
        return f"data/{dataset}{source.name}"

    def _claims(self) -> None:
        names = list(dict.fromkeys(row.experiment for claim in self._judged for row in claim.verdicts))
        groups = [
            ("The article's", [claim for claim in self._judged if claim.of_article]),
            ("The literature's", [claim for claim in self._judged if not claim.of_article]),
        ]
        self._page(
            "claims.html",
            judged=self._judged,
            groups=[(words, claims) for words, claims in groups if claims],
            names=names,
            totals=totals(self._judged),
            order={word: place for place, word in enumerate(SYMBOLS)},
            file=self._taken(self._comparison.tables["claims"]),
        )

    def _origins(self) -> None:
        remarks = [
            {"title": experiment.title, "text": remark}
            for experiment in self._experiments
            for remark in (experiment.facts.remarks if experiment.facts else ())
        ]
        names = dict.fromkeys(origin.dataset for origin in self._provenance.origins)
        self._page(
            "provenance.html",
            provenance=self._provenance,
            data=datasets(self._provenance),
            remarks=remarks,
            credits=[self._sources[name] for name in names if name in self._sources],
        )


def _by_folder(ensembles: Sequence[Ensemble]) -> dict[str, Ensemble]:
    """Name -> ensemble. Raises GradevoError if an experiment lies in a folder of another name."""
    for ensemble in ensembles:
        for run in ensemble.runs:
            folder = run.path.absolute().parent.parent.name
            if folder != ensemble.name:
                raise GradevoError(
                    f"{run.path}: expected statistics of the experiment {folder}, as the folder is called, "
                    f"found {ensemble.name}; rename the folder"
                )
    return {ensemble.name: ensemble for ensemble in ensembles}


def _contents(
    experiment: ShownExperiment, interactive: bool, maps: bool, claims: bool
) -> list[tuple[str, str]]:
    """Ids and names of the sections of an experiment's page."""
    contents = [("glance", "At a glance"), ("health", "Health")] if experiment.facts else []
    contents += [("charts", "Explore")] if interactive else []
    contents += [("maps", "Any two steps")] if maps else []
    contents += [(slug(shown.stem), shown.caption.link) for shown in experiment.pictures]
    return [*contents, *([("claims", "Claims")] if claims else [])]


def _words(path: Path) -> str:
    return {".csv": "CSV", ".tex": "LaTeX"}.get(path.suffix, path.suffix[1:].upper())
