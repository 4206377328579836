"""What data/README.md tells a reader to do works, and what it says of the real sources is so."""

import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from gradevo.datasets.fetch import fetch
from gradevo.datasets.sources import Archive, Files, Wheel, read_sources

DATA = Path(__file__).parents[2] / "data"
README = (DATA / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def entries(tmp_path, monkeypatch):
    """A folder whose data/sources.yaml holds all entries of the page and nothing else."""
    monkeypatch.chdir(tmp_path)
    Path("data/raw").mkdir(parents=True)
    Path("data/sources.yaml").write_text("".join(blocks("yaml")))
    return yaml.safe_load("".join(blocks("yaml")))


def fetched(name: str):
    return fetch(name, Path("data/raw"), Path("data/sources.yaml"))


def test_the_examples(entries):
    (arrays,) = blocks("python")
    exec(arrays, {})
    mine = fetched("mine")
    assert (mine.x_train.shape, mine.x_test.shape, mine.classes) == ((180, 20), (20, 20), 3)

    (table,) = blocks("csv")
    header, *rows = table.splitlines(keepends=True)
    Path("data/raw/flats.csv").write_text(header + "".join(rows * 10))
    flats = fetched("flats")
    assert (flats.task, flats.x_train.shape, flats.x_test.shape) == ("regression", (27, 2), (3, 2))
    assert set(flats.y_train.tolist()) == {820, 1150, 560}
    lines = [f"{row.strip()},{number}\n" for number, row in enumerate(rows * 10)]
    Path("data/raw/flats-weighted.csv").write_text(f"{header.strip()},trust\n" + "".join(lines))
    weighted = fetched("flats-weighted")
    assert (weighted.x_train.shape, len(set(weighted.w_train.tolist()))) == ((27, 2), 27)

    lines = [f"{row.strip()},{'north' if number % 2 else ''},x\n" for number, row in enumerate(rows * 10)]
    Path("data/raw/flats-in-towns.csv").write_text(f"{header.strip()},town,street\n" + "".join(lines))
    towns = fetched("flats-in-towns")
    assert towns.x_train.shape == (27, 3)
    assert towns.provenance["texts"] == "one-hot: column 4 (town): north"

    rows = [f"{row},1,{row / 2},{row % 2}\n" for row in range(20)]
    Path("data/raw/pairs.csv").write_text("a,b,c,same\n" + "".join(rows))
    assert fetched("pairs").input_shape == {"left": (2,), "right": (1,)}

    for part in ("TRAIN", "TEST"):
        Path(f"data/raw/ecg200_{part}.tsv").write_text("-1\t0.5\t1\t2\n1\t0.25\t1\t2\n")
    assert fetched("ecg200").labels == ("-1", "1")

    for number in range(20):
        path = Path("data/raw/flowers", ["rose", "tulip"][number % 2], f"{number}.jpg")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((70 + number, 60, 3), number, dtype=np.uint8)).save(path)
    flowers = fetched("flowers")
    assert (flowers.x_train.shape, flowers.labels) == ((18, 64, 48, 3), ("rose", "tulip"))
    assert set(entries) == {"mine", "flats", "flats-in-towns", "flats-weighted", "pairs", "ecg200", "flowers"}


def test_all_that_is_downloaded_is_named():
    for name, entry in read_sources(DATA / "sources.yaml").items():
        source = entry.source
        if isinstance(source, Wheel | Archive):
            assert f"`raw/{source.file}`" in README, name
        elif isinstance(source, Files):
            assert f"`raw/{source.folder}/" in README, name
