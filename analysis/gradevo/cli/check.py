"""``gradevo check``."""

from pathlib import Path

from gradevo.cli.known import known
from gradevo.cli.options import ConfigArgument, Sources
from gradevo.config.load import read_config
from gradevo.errors import GradevoError
from gradevo.models import build
from gradevo.tensorflow_log import silenced


def command(config: ConfigArgument, sources: Sources = Path("data/sources.yaml")) -> None:
    """Validate a configuration file, with what it asks of Keras and of models of your own."""
    checked = known(read_config(config), sources, str(config))
    mistakes = []
    with silenced():  # Keras takes seconds to load, so only now
        for experiment in checked.selected:
            try:
                build.check(experiment, f"{config}: definitions.{experiment.name}")
            except GradevoError as error:
                mistakes.append(str(error))
    if mistakes:
        raise GradevoError("\n".join(mistakes))
    print(f"{config}: {checked.name}: {', '.join(checked.experiments)}")
