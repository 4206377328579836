"""``graph.json``: the layer graph as data; ``docs/graph.md`` describes every key."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from gradevo.atomic import atomic_file
from gradevo.health.finding import Finding
from gradevo.pictures.layer_graph.values import Connection, GraphValues, Node, Threshold, at_or_below
from gradevo.statistics.store import Statistics

FORMAT = "gradevo-graph"
VERSION = 1

STATES = {False: ("above", "green"), True: ("at or below", "red"), None: (None, None)}
"""State and colour of an edge by `at_or_below`."""


def write_graph(path: str | Path, run: Statistics, values: GraphValues) -> None:
    """Write ``graph.json``: valid JSON (NaN and infinity become null), the same bytes every time.

    The file appears under its name only when it is complete.
    """
    with atomic_file(Path(path)) as partial:
        partial.write_text(_text(document(run, values)), encoding="utf-8")


def document(run: Statistics, values: GraphValues) -> dict[str, Any]:
    """The contents of ``graph.json`` as dicts, lists, numbers, strings and None."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "experiment": run.experiment.name,
        "title": run.experiment.title,
        "seed": run.seed,
        "data_label": run.data_label,
        "epochs": values.epochs,
        "first_nonfinite_epoch": run.first_nonfinite_epoch,
        "activation_gradients_recorded": values.recorded,
        "threshold": _threshold(values.threshold),
        "nodes": [_node(node) for node in values.nodes],
        "edges": [_edge(edge, values.threshold) for edge in values.edges],
    }


def _text(contents: dict[str, Any]) -> str:
    """JSON with a line for every key, node and edge: lists of 500 epochs would be pages long."""
    lines = []
    for key, value in contents.items():
        if key in ("nodes", "edges"):
            rows = ",\n".join(f"  {_line(row)}" for row in value)
            lines.append(f" {_line(key)}: [\n{rows}\n ]" if value else f" {_line(key)}: []")
        else:
            lines.append(f" {_line(key)}: {_line(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _line(value: Any) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


def _threshold(threshold: Threshold) -> dict[str, Any]:
    return {
        "value": _number(threshold.value),
        "kind": "relative" if threshold.relative else "absolute",
        "factor": _number(threshold.factor),
        "median": _number(threshold.median),
    }


def _node(node: Node) -> dict[str, Any]:
    return {
        "id": node.layer.id,
        "kind": node.layer.kind,
        "tensors": list(node.layer.tensors),
        "gradient_norm": _number(node.norm),
        "highest_gradient_norm": _number(node.highest),
        "layer_cosine": _number(node.cosine),
        "findings": [_finding(found) for found in node.findings],
        "gradient_norms": [_number(norm) for norm in node.norms] if node.layer.tensors else None,
    }


def _edge(edge: Connection, threshold: Threshold) -> dict[str, Any]:
    state, colour = STATES[at_or_below(edge.norm, threshold)]
    states = [at_or_below(norm, threshold) for norm in edge.norms]
    valued = any(marked is not None for marked in states)
    return {
        "source": edge.edge.source,
        "target": edge.edge.target,
        "gradient_norm": _number(edge.norm),
        "state": state,
        "colour": colour,
        "epochs_at_or_below": sum(marked is True for marked in states) if valued else None,
        "gradient_norms": [_number(norm) for norm in edge.norms] if np.isfinite(edge.norm) else None,
    }


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "illness": found.check,
        "measure": found.measure,
        "value": _number(found.value),
        "threshold": _number(found.threshold),
        "epochs": list(found.epochs),
    }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
