"""``gradevo fetch``."""

from pathlib import Path
from typing import Annotated

import typer

from gradevo.cli.options import Raw, Sources
from gradevo.datasets import fetch, prepared


def command(
    dataset: Annotated[str, typer.Argument(help="Name in the sources file.")],
    output: Annotated[Path, typer.Option(help="Prepared dataset to write (.npz).")],
    raw: Raw = Path("data/raw"),
    sources: Sources = Path("data/sources.yaml"),
) -> None:
    """Find or download a dataset, check it and prepare it for training."""
    found = fetch.fetch(dataset, raw, sources)
    prepared.save(found, output)
    for note in found.notes:
        print(f"{dataset}: note: {note}")
    targets = f" of {found.outputs} targets" if found.outputs > 1 else ""
    task = f"{found.classes} classes" if found.classes else f"regression{targets}"
    print(
        f"{dataset}: {len(found.x_train)} + {len(found.x_test)} rows of shape {found.input_shape}, "
        f"{task}, from {found.provenance['file']} ({found.provenance['kind']})"
    )
