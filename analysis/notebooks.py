"""The notebooks of ``docs/notebooks/``, run and stored with their outputs: ``python -m analysis.notebooks``.

Stored is what a reader wants to see: no times, no paths of this machine, no progress, nothing of stderr.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "docs" / "notebooks"
SECONDS = 600
"""For a cell."""

KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}


def execute(path: Path) -> Any:
    """Run a notebook in an empty folder that is gone afterwards; nothing is stored.

    Returns:
        The notebook with what its cells give.

    Raises:
        nbclient.exceptions.CellExecutionError: For a cell that fails.
    """
    notebook = nbformat.read(path, as_version=4)
    with TemporaryDirectory(prefix="gradevo-notebook-") as folder, _environment():
        NotebookClient(
            notebook,
            timeout=SECONDS,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": folder}},
        ).execute()
    notebook.metadata = nbformat.from_dict(KERNEL)
    for place, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{place + 1}", nbformat.from_dict({})
        if cell.cell_type == "code":
            cell.outputs = [one for one in cell.outputs if one.get("name") != "stderr"]
    return notebook


@contextmanager
def _environment() -> Iterator[None]:
    """What the kernel inherits: where gradevo lies, and no log of TensorFlow's."""
    before = dict(os.environ)
    root = Path(__file__).parents[1]
    paths = [str(root / "analysis"), *filter(None, [before.get("PYTHONPATH")])]
    os.environ |= {"PYTHONPATH": os.pathsep.join(paths), "TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before


def main(arguments: Sequence[str]) -> None:
    """Run the notebooks that are named, or all, and store them."""
    parser = argparse.ArgumentParser(prog="analysis.notebooks", description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, default=sorted(FOLDER.glob("*.ipynb")))
    for path in parser.parse_args(arguments).notebooks:
        nbformat.write(execute(path), path)
        print(f"{path}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
