"""The user's own files are watched: one more, one less or another content, and they are fetched again."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

CHANGES = ("added", "changed", "removed", "touched")
NAMES = [f"{kind}-{change}" for kind in ("images", "series") for change in CHANGES]


def put_image(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((3, 3), value, dtype=np.uint8)).save(path)


@pytest.fixture
def fetched(checkout: Any) -> Any:
    """A folder of images and a pair of tables for each change, which the pipeline takes for fetched."""
    raw, prepared = checkout.folder / "data/raw", checkout.folder / "data/prepared"
    prepared.mkdir()
    with (checkout.folder / "data/sources.yaml").open("a") as sources:
        for name in NAMES:
            sources.write(f"\n{name}: {{title: Mine, source: {{kind: own}}}}\n")
            (prepared / f"{name}.npz").touch()
    for change in CHANGES:
        for label in ("cat", "dog"):
            put_image(raw / f"images-{change}/{label}/0.png", 0)
            put_image(raw / f"images-{change}/{label}/1.png", 1)
        for part in ("TRAIN", "TEST"):
            (raw / f"series-{change}_{part}.tsv").write_text("1\t2\n2\t3\n")
    # As `make` would after fetching, without the seconds that Keras takes for each folder.
    done = checkout.snakemake("--touch", "--", *(f"data/prepared/{name}.npz" for name in NAMES))
    assert done.returncode == 0, done.stdout
    return checkout


def test_files_added_changed_and_removed_are_fetched_again_and_touched_ones_are_not(fetched: Any) -> None:
    raw = fetched.folder / "data/raw"
    put_image(raw / "images-added/dog/2.png", 2)
    put_image(raw / "images-changed/dog/1.png", 2)
    (raw / "images-removed/dog/1.png").unlink()
    (raw / "series-added.csv").write_text("1,2\n")  # one kind too many, which fetching will complain of
    (raw / "series-changed_TEST.tsv").write_text("1\t2\n2\t4\n")
    (raw / "series-removed_TEST.tsv").unlink()
    for path in (*(raw / "images-touched").rglob("*.png"), *raw.glob("series-touched*")):
        path.touch()
    planned = fetched.planned("--", *(f"data/prepared/{name}.npz" for name in NAMES))
    assert planned == {f"data/prepared/{name}.npz": "fetch_data" for name in NAMES if "touched" not in name}
