"""The pipeline as a user runs it: what it makes, and what it runs again.

All that needs the finished pipeline stands here, since files of tests are shared out among processes.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gradevo import Run
from gradevo.config.load import read_config
from gradevo.imports import sources_of
from gradevo.pictures.catalogue import jobs, modules_of

ROOT = Path(__file__).parents[2]
HEALTH = "health.json"
RECORDS = ("run.h5", "statistics.h5", "statistics.csv", "provenance.json")
ARTIFACTS = {
    "figures": (
        "figures/loss.png",
        "figures/gradient_norms.pdf",
        "figures/highest_elements.png",
        "figures/batch_norms.pdf",
        "figures/depth.png",
    ),
    "animation": ("animation.gif", "animation.mp4"),
    "graph": ("graph.json", "graph.png", "graph.pdf", "graph.gif", "graph.mp4"),
}
VIEWS = (
    "forda-gru/figures/gradient_through_time.png",
    "forda-gru/figures/gradient_through_time.pdf",
    "boston/figures/updates.png",
    "boston/figures/updates.pdf",
    "xor/flow.gif",
    "xor/flow.mp4",
    "xor/convergence.csv",
    "xor/figures/convergence.png",
    "xor/figures/convergence.pdf",
    "parabola/fit.gif",
    "parabola/fit.mp4",
    "rain/descent.gif",
    "rain-diverging/descent.mp4",
    "comparison/rain/descents.png",
    "comparison/rain/descents.pdf",
)
COMPARISON = (
    "comparison/evolution.png",
    "comparison/evolution.pdf",
    "comparison/curves.csv",
    "comparison/summary.csv",
    "comparison/summary.tex",
    "comparison/claims.csv",
    "comparison/claims.tex",
)
REPORT = ("report/index.html",)
# Enough for questions about what runs again; asking takes as long as there are experiments.
SOME = ("--config", "experiments=[iris, xor]")
# A comparison of some experiments is another one than of all.
TOGETHER = {"compare_experiments", "judge_claims", "compare_evolution", "write_report"}
STATISTICS = {"judge_health", "draw_figures", "draw_animation", "draw_graph"}
VIEWING = {"draw_flow", "draw_convergence"}
ALL = {"train", "analyse", *STATISTICS, *VIEWING}
# Of small networks; tests/views compares their bytes, and they take long.
FILMS = ("flow.", "fit.", "descent.")
# Clocks may enter these only.
CLOCKS = {".log", ".jsonl"}


def results(folder: Path) -> dict[str, bytes]:
    root = folder / "results/smoke"
    paths = [path for path in root.rglob("*") if path.is_file() and path.suffix not in CLOCKS]
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(paths)}


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Names of the files that are not in both, or not equal."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def test_every_artifact_of_every_experiment_is_made(finished: Any) -> None:
    checkout, _ = finished
    made = results(checkout.folder)
    config = read_config(checkout.folder / "config/smoke.yaml")
    expected = {
        *(
            f"{one.name}/{artifact}"
            for one in config.selected
            for picture in one.pictures
            for artifact in ARTIFACTS.get(picture, ())
        ),
        *(
            f"{one.name}/seed-{seed}/{file}"
            for one in config.selected
            for seed in one.seeds
            for file in RECORDS
        ),
        *(f"{one.name}/{HEALTH}" for one in config.selected),
        *VIEWS,
        *COMPARISON,
        *REPORT,
    }
    assert expected <= made.keys()
    assert all(made.values())
    assert "iris/figures/updates.png" not in made  # its updates are not recorded
    with Run(checkout.folder / "results/smoke/iris/seed-13/run.h5") as run:
        assert (run.epochs, run.timeline.per_epoch, run.experiment.name) == (4, 9, "iris")
    with Run(checkout.folder / "results/smoke/cifar100/seed-13/run.h5") as run:
        # 54 training images in batches of 16: batches 0 and 2.
        assert (run.steps, run.step("batch").tolist(), run.keep_bits) == (2, [0, 2], 7)


def test_progress_is_shown_while_it_runs(finished: Any) -> None:
    _, printed = finished
    assert "iris: epoch 1/4  loss " in printed
    assert "boston: epoch 3/3  loss " in printed
    assert "ms/step" in printed
    assert "Traceback" not in printed
    assert "cuda" not in printed.lower()


def test_provenance_names_what_was_run_and_no_place_or_time(finished: Any) -> None:
    checkout, _ = finished
    text = (checkout.folder / "results/smoke/boston/seed-13/provenance.json").read_text()
    provenance = json.loads(text)
    assert provenance["seed"] == 13
    assert provenance["experiment"]["optimizer"] == {"name": "adam", "learning_rate": 0.05}
    assert provenance["data"]["kind"] == "user-supplied copy"
    assert len(provenance["data"]["sha256"]) == 64
    assert provenance["threads"] == 1
    assert provenance["instruction_sets"]
    other = json.loads((checkout.folder / "results/smoke/mnist/seed-13/provenance.json").read_text())
    assert other["threads"] == 2
    assert {"python", "gradevo", "tensorflow", "keras", "numpy"} <= provenance["versions"].keys()
    assert str(checkout.folder) not in text
    assert os.uname().nodename not in text


def test_a_second_run_has_nothing_to_do(finished: Any) -> None:
    checkout, _ = finished
    assert "Nothing to be done" in checkout.snakemake().stdout


def test_two_runs_from_scratch_are_equal_to_the_byte(finished: Any, tmp_path: Path) -> None:
    checkout, _ = finished
    first = results(checkout.folder)
    other = tmp_path / "elsewhere"
    shutil.copytree(checkout.folder, other)
    shutil.rmtree(other / "results")
    shutil.rmtree(other / "data/prepared")
    shutil.rmtree(other / ".snakemake")
    twin = type(checkout).__new__(type(checkout))
    twin.folder = other
    # A convolution with dropout, a recurrent network, shuffled batches, float64.
    chosen = ("mnist", "forda-gru", "xor", "parabola", "rain")
    selection = ("--config", f"experiments=[{', '.join(chosen)}]")
    first = {
        name: content
        for name, content in first.items()
        if name.split("/")[0] in chosen and not name.split("/")[1].startswith(FILMS)
    }
    done = twin.snakemake(*selection, "--", *(f"results/smoke/{name}" for name in first))
    assert done.returncode == 0, done.stdout
    second = results(other)
    assert differing(first, {name: second.get(name, b"") for name in first}) == []


@pytest.mark.parametrize(
    ("file", "rerun"),
    [
        ("analysis/gradevo/pictures/figures/norms.py", {"draw_figures"}),
        ("analysis/gradevo/pictures/heatmaps/maps.py", {"draw_animation"}),
        ("analysis/gradevo/pictures/layer_graph/document.py", {"draw_graph"}),
        ("analysis/gradevo/pictures/examples/network.py", VIEWING),
        ("analysis/gradevo/pictures/style/panels.py", {"draw_figures", "draw_graph"}),
        ("analysis/gradevo/health/dead.py", {"judge_health", "draw_graph"}),
        ("analysis/gradevo/statistics/fold.py", {"analyse", "draw_flow", "draw_convergence", *STATISTICS}),
        ("analysis/gradevo/recording/keras/steps.py", ALL),
        ("analysis/gradevo/runfile/resume.py", ALL),
        ("analysis/gradevo/runfile/reader.py", ALL - {"train"}),
        ("analysis/gradevo/datasets/download.py", {"fetch_data", *ALL}),
        ("analysis/gradevo/datasets/splits.py", {"fetch_data", *ALL}),
        ("analysis/gradevo/models/iris.py", {"train", "analyse", *STATISTICS}),
        ("requirements.lock", ALL),
        ("README.md", set()),
    ],
)
def test_an_edit_reruns_what_it_concerns(finished: Any, file: str, rerun: set[str]) -> None:
    checkout, _ = finished
    path = checkout.folder / file
    before = path.read_bytes() if path.exists() else b""
    try:
        path.write_bytes(before + b"\n# an edit\n")
        assert checkout.jobs(*SOME) - TOGETHER == rerun
    finally:
        path.write_bytes(before)


@pytest.mark.parametrize(
    ("file", "rerun"),
    [
        ("analysis/gradevo/comparison/latex.py", {"compare_experiments", "write_report"}),
        ("analysis/gradevo/claims/inference.py", {"judge_claims", "write_report"}),
        (
            "analysis/gradevo/pictures/examples/descent/quadratic.py",
            {"draw_descent", "draw_descents", "write_report"},
        ),
        ("analysis/gradevo/report/templates/base.html", {"write_report"}),
        ("analysis/gradevo/report/charts/static/charts.js", {"write_report"}),
    ],
)
def test_an_edit_concerns_what_sets_experiments_side_by_side(
    finished: Any, file: str, rerun: set[str]
) -> None:
    checkout, _ = finished
    path = checkout.folder / file
    before = path.read_bytes()
    try:
        path.write_bytes(before + b"\n")
        assert checkout.jobs() == rerun
    finally:
        path.write_bytes(before)


def declared(arguments: list[str]) -> set[str]:
    """The sources that the workflow's rules declare for a command."""
    command, first = arguments[:2]
    modules = [f"cli.{command}"]
    if command == "draw":
        modules += modules_of(first)
    if command == "report":
        modules += [module for job in jobs() for module in modules_of(job)]
    if command == "train":
        modules.append(f"models.{json.loads(first)['model']}")
    return {str(path.relative_to(ROOT)) for path in sources_of("__main__", *modules)}


def test_rules_declare_the_sources_that_their_commands_load(finished: Any) -> None:
    """Neither fewer, which would leave an artifact as it was, nor others, which would make it for nothing."""
    checkout, _ = finished
    loaded: dict[str, set[str]] = {}
    expected: dict[str, set[str]] = {}
    for path in (checkout.folder / "traces").iterdir():
        trace = json.loads(path.read_text())
        arguments = trace["arguments"]
        key = " ".join(arguments[: 2 if arguments[0] == "draw" else 1])
        files = {str(Path(file).relative_to(checkout.folder)) for file in trace["loaded"]}
        sources = {file for file in declared(arguments) if file.endswith(".py")}
        assert files <= sources, (key, files - sources)
        loaded[key] = loaded.get(key, set()) | files
        expected[key] = expected.get(key, set()) | sources
    assert {"fetch", "train", "statistics", "health", "compare", "claims", "report"} < loaded.keys()
    assert {key.split()[1] for key in loaded if key.startswith("draw ")} == set(jobs())
    assert {key for key in loaded if expected[key] - loaded[key] != {"analysis/gradevo/__main__.py"}} == set()


def test_a_touch_reruns_nothing(finished: Any) -> None:
    checkout, _ = finished
    files = [checkout.folder / "requirements.lock", *(checkout.folder / "data/raw").iterdir()]
    for path in [*files, *(checkout.folder / "analysis/gradevo").rglob("*.py")]:
        path.touch()
    assert checkout.jobs() == set()


DELETED = (
    "iris/figures/loss.png",
    "iris/animation.mp4",
    "xor/graph.pdf",
    "xor/figures/convergence.png",
    "comparison/evolution.pdf",
    "comparison/claims.csv",
    "report/index.html",
)


def test_what_was_deleted_comes_back_from_the_records_without_tensorflow(finished: Any) -> None:
    checkout, _ = finished
    before = results(checkout.folder)
    poison = [checkout.folder / f"analysis/{name}.py" for name in ("tensorflow", "keras")]
    try:
        for path in poison:
            path.write_text("raise ImportError('nothing that is drawn needs this')\n")
        for name in DELETED:
            (checkout.folder / "results/smoke" / name).unlink()
        done = checkout.snakemake("--", "report")
    finally:
        for path in poison:
            path.unlink()
    assert done.returncode == 0, done.stdout
    assert "rule: draw_figures" in done.stdout.lower()
    assert "epoch 1/" not in done.stdout
    assert differing(results(checkout.folder), before) == []


def test_make_figures_redraws_without_training(finished: Any) -> None:
    """Even where the record is out of date: editing a model must not cost a training here."""
    checkout, _ = finished
    folder = checkout.folder
    for file in ("Makefile", "pyproject.toml"):
        shutil.copy2(ROOT / file, folder / file)
    if not (folder / ".venv").exists():
        (folder / ".venv").mkdir()
        for part in Path(sys.prefix).iterdir():
            if part.name != "ready":
                (folder / ".venv" / part.name).symlink_to(part)
    (folder / ".venv/ready").touch()
    before = results(folder)
    model = folder / "analysis/gradevo/models/iris.py"
    source = model.read_text()
    model.write_text(source + "\n# an edit\n")
    drawn = [folder / "results/smoke/iris" / name for name in ("figures/loss.png", "animation.gif")]
    dates = [path.stat().st_mtime_ns for path in drawn]
    try:
        done = subprocess.run(
            ["make", "figures", "ARGS=--configfile config/smoke.yaml --config experiments='[iris, rain]'"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        assert "epoch 1/" not in done.stdout
        assert all(path.stat().st_mtime_ns > date for path, date in zip(drawn, dates, strict=True))
        assert differing(results(folder), before) == []
    finally:
        model.write_text(source)


def test_a_change_of_one_experiment_concerns_that_one_only(finished: Any) -> None:
    checkout, _ = finished
    config = checkout.folder / "config/smoke.yaml"
    before = config.read_text()
    try:
        config.write_text(before.replace("epochs: 3", "epochs: 5"))
        planned = checkout.planned()
        assert planned["results/smoke/boston/seed-13/run.h5"] == "train"
        assert not [file for file in planned if "/iris/" in file]
        config.write_text(before.replace("seeds: [13]", "seeds: [13, 14]", 1))
        planned = checkout.planned()
        assert [file for file, rule in planned.items() if rule == "train"] == [
            "results/smoke/iris/seed-14/run.h5",
            "results/smoke/iris/seed-14/provenance.json",
        ]
        assert planned["results/smoke/iris/figures/loss.png"] == "draw_figures"
    finally:
        config.write_text(before)


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def test_the_readmes_python_runs(tmp_path: Path, finished: tuple[object, str]) -> None:
    checkout, _ = finished
    reading, *ways, torch, jax = blocks(ROOT / "README.md", "python")
    assert len(ways) == 3
    assert "import torch" in torch  # tests/frameworks runs these two
    assert "import jax" in jax
    reading = reading.replace("results/default", f"{checkout.folder}/results/smoke")  # type: ignore[attr-defined]
    lines = "".join(blocks(ROOT / "README.md", "sh")).splitlines()
    commands = [line for line in lines if line.startswith("gradevo")]
    assert len(commands) == 2
    calls = [[sys.executable, "-c", reading], [sys.executable, "-c", "".join(ways)]]
    calls += [[sys.executable, "-m", *command.split()] for command in commands]
    for call in calls:
        done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    for name in ("run.h5", "fit.h5", "loop.h5"):
        with Run(tmp_path / name) as run:
            assert (run.epochs, run.stopped) == (5, False)
    assert {path.name for path in tmp_path.iterdir()} == {
        "run.h5",
        "fit.h5",
        "loop.h5",
        "statistics.h5",
        "statistics.csv",
        "figures",
        "animation.gif",
        "animation.mp4",
    }
