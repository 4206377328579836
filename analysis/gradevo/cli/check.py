"""Configuration as the command line and the workflow read it: names checked against what exists."""

from pathlib import Path

from gradevo import datasets, models
from gradevo.config import Config, Experiment, parse_experiment, read_config
from gradevo.errors import GradevoError


def known(config: Config, sources: Path, source: str) -> Config:
    """The config, once every selected dataset and model is found to exist; one line per mistake."""
    lines = []
    for experiment in config.selected:
        for key, value, names in (
            ("dataset", experiment.dataset, datasets.names(sources)),
            ("model", experiment.model, models.names()),
        ):
            if value not in names:
                where = f"{source}: definitions.{experiment.name}.{key}"
                lines.append(f"{where}: expected one of {', '.join(names)}, found {value}")
    if lines:
        raise GradevoError("\n".join(lines))
    return config


def read(experiment: str, config: Path) -> Experiment:
    """An experiment given as JSON (the workflow) or by its name in a configuration file (people)."""
    if experiment.lstrip().startswith("{"):
        return parse_experiment(experiment)
    definitions = read_config(config).definitions
    if experiment not in definitions:
        raise GradevoError(f"{config}: expected one of {', '.join(definitions)}, found {experiment}")
    return definitions[experiment]
