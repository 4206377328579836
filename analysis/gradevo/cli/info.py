"""``gradevo info``: what a run file holds, for people."""

from collections.abc import Iterator
from pathlib import Path

from gradevo.cli.options import RunFile
from gradevo.config.yaml_text import to_yaml
from gradevo.runfile.facts import COLUMNS, facts, tensor_rows
from gradevo.runfile.reader import Run


def command(run: RunFile) -> None:
    """Print what a run holds: epochs, steps, sizes, compression, data, versions, configuration."""
    print(describe(run))


def describe(path: Path) -> str:
    """Several lines of text: state, data, sizes, a table of the tensors, versions and configuration.

    A growing or killed run is described as far as it is. Raises GradevoError if the file is no run file.
    """
    with Run(path) as run:
        return "\n".join(_lines(run))


def _lines(run: Run) -> Iterator[str]:
    attributes = run.attributes
    yield str(run.path)
    for name, text in facts(run).items():
        yield f"  {name:<11} {text}"
    yield ""
    yield from _table(run)
    yield ""
    versions = {key.removesuffix("_version"): value for key, value in attributes.items() if "_version" in key}
    sections = {
        "versions": {**versions, "format": f"{attributes['format']} {attributes['version']}"},
        "data": run.data,
        "experiment": dict(run.experiment.settings),
    }
    yield from to_yaml(sections).splitlines()


def _table(run: Run) -> Iterator[str]:
    """The tensors, columns aligned."""
    rows = [COLUMNS, *tensor_rows(run)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, "<<>>>>", widths, strict=True)
        yield "  ".join(f"{cell:{side}{width}}" for cell, side, width in cells)
