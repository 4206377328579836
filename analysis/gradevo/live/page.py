"""What the server answers: fragments of the page by templates, and what is new since a page last asked."""

import json
import math
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from bokeh.models import Range1d

from gradevo.config.experiment import Graph
from gradevo.live.bins import bins_of_epochs, epochs_together, parts_of_epoch
from gradevo.live.charts import Wanted, bins_kept, explorers_of, news_of, overlay, structure
from gradevo.live.depth import KEY, depth_chart, depth_news
from gradevo.live.folder import Folder, shown
from gradevo.live.follow import STATES, Follower
from gradevo.live.graph import graph_news, graph_of
from gradevo.live.growing import GrowingRun
from gradevo.numbers import number
from gradevo.report.charts.charts import charts_of
from gradevo.report.charts.explorer import Explorer
from gradevo.report.templating import templates

FACTS = {
    "state": "State",
    "epochs": "Epochs",
    "loss": "Loss, training data",
    "metric": "Metric",
    "left": "Time left",
}

State = list[int]
"""Of a run on a page: generation, epochs, epochs in a bin, bins in an epoch, series wanted, findings."""

MORE = 1.25
"""While there is more to read, a page gets the next part when there are so many times the epochs."""

BY_STEPS = ("steps", "batches")


class Page:
    """Answers for one folder."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._templates = templates("gradevo.live", "gradevo.report")

    def shell(self, scripts: list[str]) -> str:
        """The page without runs."""
        site = "Gradient evolution · live"
        page = self._templates.get_template("live.html")
        name = shown(Path(self._folder.path.resolve().name)) or "/"
        return page.render(folder=name, site=site, home="./", pages=[], scripts=scripts)

    def run(self, name: str) -> str | None:
        """Facts, charts and graph of one run, as HTML; None for one that is not there."""
        follower = self._folder.runs.get(name)
        if follower is None:
            return None
        run = follower.run
        explorers = explorers_of(run, follower.curves, {}) if run else []
        charts = None
        if run and explorers:
            last = max(run.epochs, 1)

            def depth(x: Range1d) -> Any:
                return depth_chart(run, x)

            ends = 0.5, last + 0.5
            charts = charts_of("run", explorers, ("Epoch", 1, last, 1), ends, {KEY: depth})
        threshold, _ = _threshold(run) if run else (None, False)
        return self._templates.get_template("run.html").render(
            name=name,
            heading=_heading(run) if run else name,
            remarks=run.remarks if run else "",
            structure=_signature(follower, explorers),
            facts={**FACTS, "metric": follower.told.metric_name.replace("_", " ").capitalize() or "Metric"},
            charts=charts,
            graph=graph_of(run) if run and run.graph.layers and explorers else None,
            edges=bool(run and run.has_edges),
            threshold=number(threshold) if threshold is not None else "",
        )

    def overlay(self) -> str | None:
        """The chart of all runs, as HTML; None without any."""
        explorers = overlay(self._folder.runs)
        if not explorers:
            return None
        last = _last(explorers)
        charts = charts_of("runs", explorers, ("Epoch", 1, last, 1), (0.5, last + 0.5))
        found = self._templates.get_template("overlay.html")
        return found.render(charts=charts, structure=_hash(structure(explorers)))

    def news(self, question: Mapping[str, Any]) -> dict[str, Any] | None:
        """What a page has not got yet; None where that is nothing.

        question: "revision" of the last answer; "run", the name of the chosen one; "shown" and "overlay", of
        both the "structure" and the "state" that the page has of them, or None; of the first also what is
        "wanted", key of a chart -> names of series.
        """
        if question.get("revision") == self._folder.revision:
            return None
        follower = self._folder.runs.get(str(question.get("run")))
        return {
            "rows": [_row(name, one) for name, one in self._folder.runs.items()],
            "run": self._run_news(str(question["run"]), follower, question.get("shown"))
            if follower
            else None,
            "overlay": self._overlay_news(question.get("overlay")),
        }

    def _run_news(self, name: str, follower: Follower, have: Any) -> dict[str, Any]:
        run = follower.run
        wanted = (have or {}).get("wanted") or {}
        explorers = explorers_of(run, follower.curves, wanted) if run else []
        signature = _signature(follower, explorers)
        told = {"name": name, "structure": signature, "revision": self._folder.revision}
        if run is None or not explorers or not have or have["structure"] != signature:
            return told
        state = _state(follower, run, wanted)
        if have["state"] == state:
            return told
        if have["state"] and follower.behind and run.epochs < MORE * have["state"][1]:
            return {**told, "revision": -1}  # the page has not got what there is
        of_epochs, of_steps = _kept(run, state, have["state"])
        threshold, relative = _threshold(run)
        return {
            **told,
            "state": state,
            "epochs": run.epochs,
            "explorers": [
                news_of(one, dict.fromkeys(one.x, of_steps if one.key in BY_STEPS else of_epochs))
                for one in explorers
            ],
            "depth": {**depth_news(run, of_steps), "names": [layer.id for layer in run.groups]},
            "graph": {
                **graph_news(run, follower.findings, of_epochs),
                "threshold": _median_of_edges(run) * threshold if relative else threshold,
            },
        }

    def _overlay_news(self, have: Any) -> dict[str, Any] | None:
        explorers = overlay(self._folder.runs)
        if len(self._folder.runs) < 2 or not explorers:
            return None
        signature = _hash(structure(explorers))
        told = {"structure": signature}
        if not have or have["structure"] != signature:
            return told
        runs = {name: self._folder.runs[name] for name in explorers[0].x}
        states = {name: _state(one, one.run, {}) for name, one in runs.items() if one.run}
        before = have["state"] or {}
        kept = {
            name: _kept(one.run, states[name], before.get(name))[0] for name, one in runs.items() if one.run
        }
        news = [news_of(one, kept) for one in explorers]
        return {**told, "state": states, "epochs": _last(explorers), "explorers": news}


def _row(name: str, follower: Follower) -> dict[str, Any]:
    told = follower.told
    numbers = {"loss": told.loss, "metric": told.metric, "left": follower.seconds_left}
    return {
        "name": name,
        "state": told.state,
        "words": STATES[told.state],
        "fault": told.fault,
        "epochs": told.epochs,
        "read": follower.run.epochs if follower.run else 0,
        "planned": told.planned,
        **{key: value if math.isfinite(value) else None for key, value in numbers.items()},
        "metric_name": told.metric_name,
        "found": sorted({one.check for one in follower.findings}),
        "judged": bool(follower.run and follower.run.layers and follower.run.epochs),
    }


def _heading(run: GrowingRun) -> str:
    return f"{run.experiment.heading}, seed {run.seed}"


def _last(explorers: list[Explorer]) -> int:
    return math.ceil(max(float(x[-1]) for one in explorers for x in one.x.values()))


def _state(follower: Follower, run: GrowingRun, wanted: Wanted) -> State:
    bins = epochs_together(run.epochs), parts_of_epoch(run.timeline)
    return [
        follower.generation,
        run.epochs,
        *bins,
        zlib.crc32(json.dumps(wanted).encode()),
        zlib.crc32(repr(follower.findings).encode()),
    ]


def _kept(run: GrowingRun, state: State, have: State | None) -> tuple[int, int]:
    if have is None or [have[0], have[4]] != [state[0], state[4]] or have[1] > run.epochs:
        return 0, 0
    kept = bins_kept(run, have[1], have[2], have[3])
    most = len(bins_of_epochs(run.timeline).edges) - 1  # where nothing is new
    return min(kept[0], most), kept[1]


def _signature(follower: Follower, explorers: list[Explorer]) -> str:
    return f"{follower.identity}-{_hash(structure(explorers))}"


def _hash(content: Any) -> str:
    return f"{zlib.crc32(json.dumps(content).encode()):08x}"


def _threshold(run: GrowingRun) -> tuple[float, bool]:
    """That of edges, as the experiment has it: a norm, or a multiple of the edges' median."""
    told = run.experiment.settings.get("graph")
    try:
        graph = Graph(**told) if isinstance(told, dict) else Graph()
    except ValueError:  # a loop may describe itself as it likes
        graph = Graph()
    return graph.threshold, graph.relative


def _median_of_edges(run: GrowingRun) -> float:
    means = np.nanmean(run.edges, axis=1) if run.edges.size else np.array([])
    known = means[np.isfinite(means)]
    return float(np.median(known)) if len(known) else 0.0
