"""Configuration as the command line and the workflow read it: names checked against what exists."""

from pathlib import Path

from gradevo.config.load import Config
from gradevo.datasets.sources import names as dataset_names
from gradevo.errors import GradevoError
from gradevo.models import build
from gradevo.models.own import is_file
from gradevo.pictures.catalogue import pictures


def known(config: Config, sources: Path, source: str) -> Config:
    """The config, once every dataset, model and picture that is selected is found to exist.

    Raises `GradevoError` with a line per mistake; `source` is named in them.
    """
    asked = tuple(dict.fromkeys(picture.asked for picture in pictures().values()))
    lines = []
    for experiment in config.selected:
        for key, values, names in (
            ("dataset", (experiment.dataset,), dataset_names(sources)),
            ("model", () if is_file(experiment.model) else (experiment.model,), build.names()),
            ("pictures", experiment.pictures, asked),
            ("views", experiment.views, asked),
        ):
            where = f"{source}: definitions.{experiment.name}.{key}"
            lines += [
                f"{where}: expected one of {', '.join(names)}, found {value}"
                for value in values
                if value not in names
            ]
        if is_file(experiment.model) and not Path(experiment.model).is_file():
            lines.append(
                f"{source}: definitions.{experiment.name}.model: expected a Python file, found none at "
                f"{experiment.model}"
            )
        lines += [
            f"{source}: definitions.{experiment.name}: views: {picture.asked} shows what "
            "activation_gradients records, found false; set it to true"
            for picture in pictures().values()
            if picture.needs_activation_gradients
            and picture.asked in (*experiment.pictures, *experiment.views)
            and not experiment.activation_gradients
        ]
    if lines:
        raise GradevoError("\n".join(lines))
    return config
