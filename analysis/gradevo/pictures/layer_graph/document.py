"""``graph.json``: the layer graph as data; ``docs/graph.md`` describes every key."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from gradevo.atomic import atomic_file
from gradevo.pictures.layer_graph.values import Connection, GraphValues, Node, Threshold, at_or_below
from gradevo.statistics.store import Statistics

STATES = {False: ("above", "green"), True: ("at or below", "red"), None: (None, None)}
"""State and colour of an edge by `at_or_below`."""


def write_graph(path: str | Path, run: Statistics, values: GraphValues) -> None:
    """Write ``graph.json``: valid JSON (NaN and infinity become null), the same bytes every time.

    A key, a node or an edge is a line: lists of 500 epochs would be pages long. The file appears under its
    name only when it is complete.
    """
    lines = []
    for key, value in document(run, values).items():
        if key in ("nodes", "edges") and value:
            rows = ",\n".join(f"  {_line(row)}" for row in value)
            lines.append(f" {_line(key)}: [\n{rows}\n ]")
        else:
            lines.append(f" {_line(key)}: {_line(value)}")
    with atomic_file(Path(path)) as partial:
        partial.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def document(run: Statistics, values: GraphValues) -> dict[str, Any]:
    """The contents of ``graph.json`` as dicts, lists, numbers, strings and None."""
    bound = values.threshold
    kind = "relative" if bound.relative else "absolute"
    contents = {
        "format": "gradevo-graph",
        "version": 1,
        "experiment": run.experiment.name,
        "title": run.experiment.title,
        "seed": run.seed,
        "data_label": run.data_label,
        "epochs": values.epochs,
        "first_nonfinite_epoch": run.first_nonfinite_epoch,
        "activation_gradients_recorded": values.recorded,
        "threshold": {"value": bound.value, "kind": kind, "factor": bound.factor, "median": bound.median},
        "nodes": [_node(node) for node in values.nodes],
        "edges": [_edge(edge, bound) for edge in values.edges],
    }
    return {key: _valid(value) for key, value in contents.items()}


def _node(node: Node) -> dict[str, Any]:
    told = ("measure", "value", "threshold", "epochs")
    return {
        "id": node.layer.id,
        "kind": node.layer.kind,
        "tensors": node.layer.tensors,
        "gradient_norm": node.norm,
        "highest_gradient_norm": node.highest,
        "layer_cosine": node.cosine,
        "findings": [
            {"illness": found.check, **{key: getattr(found, key) for key in told}} for found in node.findings
        ],
        "gradient_norms": node.norms.tolist() if node.layer.tensors else None,
    }


def _edge(edge: Connection, threshold: Threshold) -> dict[str, Any]:
    state, colour = STATES[at_or_below(edge.norm, threshold)]
    states = [at_or_below(norm, threshold) for norm in edge.norms]
    valued = any(marked is not None for marked in states)
    return {
        "source": edge.edge.source,
        "target": edge.edge.target,
        "gradient_norm": edge.norm,
        "state": state,
        "colour": colour,
        "epochs_at_or_below": states.count(True) if valued else None,
        "gradient_norms": edge.norms.tolist() if np.isfinite(edge.norm) else None,
    }


def _valid(value: Any) -> Any:
    """The value with null for numbers that JSON does not have."""
    if isinstance(value, dict):
        return {key: _valid(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_valid(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _line(value: Any) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False)
