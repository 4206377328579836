"""A small report, made once."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw

from gradevo.claims.write import write_claims
from gradevo.comparison.summary import summarize, write_summary
from gradevo.pictures.film.film import film
from gradevo.pictures.style.frame import new_figure
from gradevo.report.write import write_report
from gradevo.statistics.ensembles import open_ensembles

TITLE = "Waves <b>& more</b>"


def draw_png(path: Path) -> Path:
    """A figure of some colours, 420 × 240 pixels."""
    image = Image.new("RGB", (420, 240), "white")
    ImageDraw.Draw(image).line([(20, 220), (200, 60), (400, 30)], fill="#0072b2", width=4)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


def draw_film(folder: Path, stem: str, frames: int = 12) -> tuple[Path, Path]:
    """A GIF and an MP4 of 400 × 200 pixels, 1.2 seconds, from white to blue."""
    figure = new_figure(4, 2)
    figure.set_dpi(100)
    blue = figure.patch

    def update(frame: int) -> None:
        blue.set_facecolor((1 - frame / (frames - 1), 1 - frame / (frames - 1), 1.0))

    gif, mp4 = folder / f"{stem}.gif", folder / f"{stem}.mp4"
    film(figure, update, frames, gif, mp4, centiseconds=10)
    return gif, mp4


def gradients(steps: int, seed: int, scale: float = 1.0) -> dict[str, np.ndarray]:
    """Random gradients of two layers."""
    random = np.random.default_rng(seed)
    shapes = {"dense/kernel": (3, 2), "dense/bias": (2,), "dense_1/kernel": (2, 1)}
    return {
        name: (scale * random.normal(size=shape))
        for name, shape in ((name, (steps, *shape)) for name, shape in shapes.items())
    }


@pytest.fixture(scope="session")
def runs(statistics_file: Callable[..., Path]) -> list[Path]:
    """Two seeds of an experiment of ten epochs, one of an experiment that stops after two."""
    settings = {
        "dataset": "sea",
        "model": "wave",
        "batch_size": 32,
        "loss": "mean_squared_error",
        "optimizer": {"name": "sgd", "learning_rate": 0.1, "momentum": 0.0},
    }
    losses = np.linspace(2.0, 0.5, 10)
    waves = [
        statistics_file(
            gradients(30, seed),
            3,
            "waves",
            seed,
            losses=losses + shift,
            metrics={"accuracy": np.linspace(0.25, 0.75, 10)},
            **{**settings, "title": TITLE},
        )
        for seed, shift in ((13, 0.0), (14, 0.5))
    ]
    return [*waves, statistics_file(gradients(2, 15, 1e5), 1, "still", 3, **settings)]


@pytest.fixture(scope="session")
def artifacts(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """All that the pipeline would hand to the report."""
    results = tmp_path_factory.mktemp("results") / "toy"
    films = draw_film(results / "waves", "animation")
    only_gif, _ = draw_film(results / "still", "descent")
    pictures = [
        draw_png(results / folder / f"{stem}.png")
        for folder, stem in (
            ("waves/figures", "loss"),
            ("waves", "graph"),
            ("still/figures", "something_new"),
            ("comparison", "evolution"),
            ("comparison/rain", "descents"),
        )
    ]
    comparison = results / "comparison"
    with open_ensembles(runs) as ensembles:
        summary = write_summary(summarize(ensembles), comparison / "summary.csv")
    write_claims(runs, comparison / "claims.csv", comparison / "claims.tex")
    outcomes = pd.DataFrame({"seed": [3, 4], "loss": [0.0001, 0.6], "converged": [True, False]})
    outcomes.to_csv(results / "still" / "convergence.csv", index=False)
    provenance = [write_provenance(results, name, seed) for name, seed in (("waves", 13), ("waves", 14))]
    return [
        *runs,
        *films,
        only_gif,
        *pictures,
        summary,
        comparison / "claims.csv",
        comparison / "claims.tex",
        results / "still" / "convergence.csv",
        *provenance,
    ]


def write_provenance(results: Path, name: str, seed: int, **changed: object) -> Path:
    """A provenance.json."""
    path = results / name / f"seed-{seed}" / "provenance.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    details = {
        "experiment": {"name": name, "optimizer": {"name": "sgd", "learning_rate": 0.1}, "keep_bits": None},
        "seed": seed,
        "data": {"name": "sea", "kind": "user-supplied copy", "file": "sea.npz", "sha256": "ab" * 32},
        "versions": {"python": "3.11.7", "keras": "3.15.1"},
        "machine": "x86_64",
        "processor": "Tide 7",
        "instruction_sets": ["X86_V2", "X86_V3"],
        "devices": ["CPU"],
        "threads": 1,
        "onednn": "1",
        **changed,
    }
    path.write_text(json.dumps(details), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def report(artifacts: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the report."""
    return write_report(artifacts, tmp_path_factory.mktemp("report") / "report").parent


@pytest.fixture(scope="session")
def provenance_file() -> Callable[..., Path]:
    """A function that writes a provenance.json: results folder, experiment, seed, and what is different."""
    return write_provenance
