"""What to run: YAML in, frozen and validated ``Experiment``s out."""

from .experiment import Adam, Experiment, Optimizer, Sgd
from .load import Config, parse_config, parse_experiment, read_config

__all__ = [
    "Adam",
    "Config",
    "Experiment",
    "Optimizer",
    "Sgd",
    "parse_config",
    "parse_experiment",
    "read_config",
]
