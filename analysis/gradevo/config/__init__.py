"""What to run: YAML in, frozen and validated ``Experiment``s out."""

from gradevo.config.experiment import (
    NOT_TRAINING,
    REGRESSION,
    Adam,
    Experiment,
    Graph,
    Optimizer,
    Sgd,
    Thresholds,
    View,
)
from gradevo.config.load import Config, parse_config, parse_experiment, read_config

__all__ = [
    "NOT_TRAINING",
    "REGRESSION",
    "Adam",
    "Config",
    "Experiment",
    "Graph",
    "Optimizer",
    "Sgd",
    "Thresholds",
    "View",
    "parse_config",
    "parse_experiment",
    "read_config",
]
