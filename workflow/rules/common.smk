# The configuration, validated, and what the rules ask of it.
import shlex
from pathlib import Path

from snakemake.exceptions import WorkflowError

from gradevo import datasets
from gradevo.cli.check import known
from gradevo.config import NOT_TRAINING, parse_config
from gradevo.errors import GradevoError
from gradevo.pictures.figures import FIGURES

SOURCES = "data/sources.yaml"
RAW = "data/raw"

try:
    CONFIG = known(parse_config(config), Path(SOURCES), "config")
    DATA_SOURCES = datasets.read_sources(Path(SOURCES))
except GradevoError as error:
    raise WorkflowError(str(error)) from None

SOURCE_FILES = (".py", ".html", ".css", ".js")

# The library of this checkout, whether it is installed or not.
LIBRARY = shlex.quote(f"{workflow.basedir}/analysis")
shell.prefix(f"set -euo pipefail; export PYTHONPATH={LIBRARY}; ")

# The modules of the run file that decide what is written, and how it is continued.
RUNFILE_WRITING = (
    "schema",
    "graph",
    "writer",
    "rounding",
    "resume",
    "timeless",
    "lock",
)

EXPERIMENTS = {experiment.name: experiment for experiment in CONFIG.selected}
RESULTS = f"results/{CONFIG.name}"
COMPARISON = f"{RESULTS}/comparison"


# The files of every view, beside the experiment's figures.
VIEWS = {
    "flow": ("flow.gif", "flow.mp4"),
    "fit": ("fit.gif", "fit.mp4"),
    "descent": ("descent.gif", "descent.mp4"),
    "convergence": (
        "convergence.csv",
        "figures/convergence.png",
        "figures/convergence.pdf",
    ),
    "through_time": (
        "figures/gradient_through_time.png",
        "figures/gradient_through_time.pdf",
    ),
}


wildcard_constraints:
    experiment="|".join(EXPERIMENTS),
    dataset="|".join(DATA_SOURCES),
    seed="[0-9]+",
    view="flow|fit|descent",


def room(name, *modules):
    """Sources of a room of the library: declared as inputs, so that an edit reruns its rules.

    Changes in modules that a command imports, and in templates, do not trigger reruns by themselves.
    """
    folder = Path("analysis/gradevo") / name
    paths = [folder / f"{m}.py" for m in modules] or [
        path for path in folder.rglob("*") if path.suffix in SOURCE_FILES
    ]
    return sorted(str(path) for path in paths)


# What other pictures share with the figures.
FIGURES_SHARED = room("figures", "axes", "frame", "layers", "loss", "save", "style")

# What sets experiments side by side: median and range are those of the figures.
COMPARING = [*room("comparison"), *FIGURES_SHARED, *room("figures", "series", "steps")]


def shown(path, stem, category, **labels):
    """An output that Snakemake's own report shows, with the caption of our report."""
    return report(
        path,
        caption=f"../captions/{stem}.rst",
        category=category,
        subcategory="{experiment}" if "{experiment}" in path else None,
        labels={"picture": stem.replace("_", " "), **labels},
    )


def run_folder(experiment, seed):
    return f"{RESULTS}/{experiment.name}/seed-{seed}"


def all_records():
    return [
        f"{run_folder(e, seed)}/run.h5" for e in CONFIG.selected for seed in e.seeds
    ]


def all_statistics():
    return [
        f"{run_folder(e, seed)}/statistics.csv"
        for e in CONFIG.selected
        for seed in e.seeds
    ]


def all_figures():
    return [
        f"{RESULTS}/{name}/figures/{stem}.{suffix}"
        for name in names_with("figures")
        for stem in FIGURES
        for suffix in ("png", "pdf")
    ]


def all_animations():
    return [
        f"{RESULTS}/{name}/animation.{suffix}"
        for name in names_with("animation")
        for suffix in ("gif", "mp4")
    ]


def all_graphs():
    return [
        f"{RESULTS}/{name}/graph.{suffix}"
        for name in names_with("graph")
        for suffix in ("json", "png", "pdf", "gif", "mp4")
    ]


def all_views():
    """Further pictures of the experiments that ask for them, and of their comparison."""
    views = [
        f"{RESULTS}/{experiment.name}/{path}"
        for experiment in CONFIG.selected
        for view in experiment.views
        for path in VIEWS[view]
    ]
    views += [
        f"{RESULTS}/comparison/{dataset}/descents.{suffix}"
        for dataset in {e.dataset: None for e in experiments_with("descent")}
        for suffix in ("png", "pdf")
        if len(descents_on(dataset)) > 1
    ]
    return views


def all_comparisons():
    """What sets experiments side by side, as a paper needs it; nothing if none is compared."""
    if not names_with("comparison"):
        return []
    return [*rules.compare_experiments.output, *rules.judge_claims.output]


def report_artifacts():
    """Everything that the report shows, or reads the numbers of."""
    return [
        *(
            f"{run_folder(e, seed)}/{file}"
            for e in CONFIG.selected
            for seed in e.seeds
            for file in ("statistics.h5", "provenance.json")
        ),
        *all_figures(),
        *all_animations(),
        *all_graphs(),
        *all_views(),
        *all_comparisons(),
    ]


def compared_statistics(wildcards=None):
    """Statistics of every seed of the experiments that are compared."""
    return [
        f"{run_folder(EXPERIMENTS[name], seed)}/statistics.h5"
        for name in names_with("comparison")
        for seed in EXPERIMENTS[name].seeds
    ]


def descents_on(dataset):
    return [e for e in experiments_with("descent") if e.dataset == dataset]


def names_with(picture):
    return [name for name, one in EXPERIMENTS.items() if picture in one.pictures]


def experiments_with(view):
    return [experiment for experiment in CONFIG.selected if view in experiment.views]


def own_files(wildcards):
    """The user's files in data/raw, when there are any: adding or changing them reruns."""
    name = wildcards.dataset
    return datasets.user_files(name, DATA_SOURCES[name], Path(RAW))


def source_of(wildcards):
    """The dataset's part of sources.yaml: a change in another dataset's part reruns nothing."""
    return DATA_SOURCES[wildcards.dataset].model_dump_json()


def slice_of(wildcards):
    """What decides a training: adding a seed or a picture trains nothing that is there."""
    return EXPERIMENTS[wildcards.experiment].model_dump_json(exclude=NOT_TRAINING)


def records_of(wildcards):
    """Run files of every seed of the experiment."""
    experiment = EXPERIMENTS[wildcards.experiment]
    return [f"{run_folder(experiment, seed)}/run.h5" for seed in experiment.seeds]


def data_of(wildcards):
    return f"data/prepared/{EXPERIMENTS[wildcards.experiment].dataset}.npz"


def thresholds_of(wildcards):
    """Flags for the layer graph's threshold and those of health, as the experiment has them."""
    experiment = EXPERIMENTS[wildcards.experiment]
    health = experiment.health.model_dump()
    flags = [
        f"--threshold {experiment.graph.threshold}",
        *(["--relative"] if experiment.graph.relative else []),
        *(f"--{name} {value}" for name, value in health.items()),
    ]
    return " ".join(flags)


def statistics_of(wildcards):
    """Statistics of every seed of the experiment."""
    experiment = EXPERIMENTS[wildcards.experiment]
    return [
        f"{run_folder(experiment, seed)}/statistics.h5" for seed in experiment.seeds
    ]
