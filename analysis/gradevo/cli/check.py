"""``gradevo check``."""

from pathlib import Path

from gradevo.cli.known import known
from gradevo.cli.options import ConfigArgument, Sources
from gradevo.config.load import read_config


def command(config: ConfigArgument, sources: Sources = Path("data/sources.yaml")) -> None:
    """Validate a configuration file."""
    checked = known(read_config(config), sources, str(config))
    print(f"{config}: {checked.name}: {', '.join(checked.experiments)}")
