# The configuration, validated, and what the rules ask of it and of the catalogues.
import shlex
from pathlib import Path

from snakemake.exceptions import WorkflowError

from gradevo import imports
from gradevo.cli.known import known
from gradevo.config.experiment import NOT_TRAINING
from gradevo.config.load import parse_config
from gradevo.datasets.own import user_files
from gradevo.datasets.sources import read_sources
from gradevo.errors import GradevoError
from gradevo.models.own import is_file
from gradevo.pictures.catalogue import jobs, modules_of, pictures, write_captions

SOURCES = "data/sources.yaml"
RAW = "data/raw"
CAPTIONS = Path(".snakemake/gradevo-captions").absolute()

try:
    CONFIG = known(parse_config(config), Path(SOURCES), "config")
    DATA_SOURCES = read_sources(Path(SOURCES))
except GradevoError as error:
    raise WorkflowError(str(error)) from None

write_captions(CAPTIONS)

# The library of this checkout, whether it is installed or not.
LIBRARY = shlex.quote(f"{workflow.basedir}/analysis")
shell.prefix(f"set -euo pipefail; export PYTHONPATH={LIBRARY}; ")

EXPERIMENTS = {experiment.name: experiment for experiment in CONFIG.selected}
RESULTS = f"results/{CONFIG.name}"
COMPARISON = f"{RESULTS}/comparison"


wildcard_constraints:
    experiment="|".join(EXPERIMENTS),
    dataset="|".join(DATA_SOURCES),
    seed="[0-9]+",


def sources_of(*modules):
    """Sources of a command: declared as inputs, so that an edit reruns its rules.

    Changes in modules that a command imports, and in templates, do not trigger reruns by themselves.
    """
    root = Path(workflow.basedir)
    return [
        str(path.relative_to(root)) for path in imports.sources_of("__main__", *modules)
    ]


def shown(path, stem, category, **labels):
    """An output that Snakemake's own report shows, with the caption of our report."""
    return report(
        path,
        caption=str(CAPTIONS / f"{stem}.rst"),
        category=category,
        subcategory="{experiment}" if "{experiment}" in path else None,
        labels={"picture": stem.replace("_", " "), **labels},
    )


def run_folder(experiment, seed):
    return f"{RESULTS}/{experiment.name}/seed-{seed}"


def of_all_seeds(experiment, file):
    return [f"{run_folder(experiment, seed)}/{file}" for seed in experiment.seeds]


def of_all_runs(*files):
    return [
        path
        for e in CONFIG.selected
        for file in files
        for path in of_all_seeds(e, file)
    ]


def asking_for(picture):
    return [
        experiment for experiment in CONFIG.selected if picture.asked_by(experiment)
    ]


def asking_on(picture, dataset):
    """The experiments on a dataset that ask for a picture which sets them side by side."""
    return [e for e in asking_for(picture) if e.dataset == dataset]


def files_of(picture):
    """The files of a picture, wherever it is asked for."""
    if picture.source.of == "comparison":
        folders = [COMPARISON] if asking_for(picture) else []
    elif picture.source.of == "dataset":
        datasets = dict.fromkeys(e.dataset for e in asking_for(picture))
        folders = [
            f"{COMPARISON}/{name}"
            for name in datasets
            if len(asking_on(picture, name)) > 1
        ]
    else:
        folders = [f"{RESULTS}/{experiment.name}" for experiment in asking_for(picture)]
    return [f"{folder}/{file}" for folder in folders for file in picture.files]


def all_records():
    return of_all_runs("run.h5")


def all_pictures(compares):
    """The files of all pictures: those of experiments, or those that compare experiments."""
    return [
        file
        for picture in pictures().values()
        if (picture.source.of == "comparison") == compares
        for file in files_of(picture)
    ]


def all_comparisons():
    """What sets experiments side by side, as a paper needs it; nothing if none is compared."""
    if not compared_statistics():
        return []
    return [
        *all_pictures(compares=True),
        *rules.compare_experiments.output,
        *rules.judge_claims.output,
    ]


def all_health():
    return [f"{RESULTS}/{name}/health.json" for name in EXPERIMENTS]


def report_artifacts():
    """Everything that the report shows, or reads the numbers of."""
    return [
        *of_all_runs("statistics.h5", "provenance.json"),
        *all_health(),
        *all_pictures(compares=False),
        *all_comparisons(),
    ]


def compared_statistics(wildcards=None):
    """Statistics of every seed of the experiments that are compared."""
    return [
        path
        for experiment in CONFIG.selected
        if "comparison" in experiment.pictures
        for path in of_all_seeds(experiment, "statistics.h5")
    ]


def own_files(wildcards):
    """The user's files in data/raw, when there are any: adding or changing them reruns."""
    name = wildcards.dataset
    return user_files(name, DATA_SOURCES[name], Path(RAW))


def source_of(wildcards):
    """The dataset's part of sources.yaml: a change in another dataset's part reruns nothing."""
    return DATA_SOURCES[wildcards.dataset].model_dump_json()


def slice_of(wildcards):
    """What decides a training: adding a seed or a picture trains nothing that is there."""
    return EXPERIMENTS[wildcards.experiment].model_dump_json(exclude=NOT_TRAINING)


def data_of(wildcards):
    return f"data/prepared/{EXPERIMENTS[wildcards.experiment].dataset}.npz"


def code_of_training(wildcards):
    """What trains, with the module or the user's file of the model."""
    model = EXPERIMENTS[wildcards.experiment].model
    if is_file(model):
        return [*sources_of("cli.train"), model]
    return sources_of("cli.train", f"models.{model}")


def thresholds_of(wildcards):
    """Flags for the thresholds of health, as the experiment has them."""
    health = EXPERIMENTS[wildcards.experiment].health.model_dump()
    return " ".join(f"--{name} {value}" for name, value in health.items())


def statistics_of(wildcards):
    """Statistics of every seed of the experiment."""
    return of_all_seeds(EXPERIMENTS[wildcards.experiment], "statistics.h5")
