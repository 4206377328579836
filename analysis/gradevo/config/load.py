"""Reading configuration: from a file, from Snakemake's dictionary, from one JSON slice."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from gradevo.config.experiment import Experiment, Frozen, Name
from gradevo.config.yaml_text import read_yaml
from gradevo.errors import GradevoError, one_line, shown

RESERVED = ("comparison", "logs", "report")
"""Folders beside those of the experiments."""

T = TypeVar("T", bound=Frozen)


class Config(Frozen):
    """A whole configuration file.

    name: first folder under ``results/``; experiments: the ones to run, by name;
    definitions: all experiments that may be run.
    """

    name: Name
    experiments: tuple[Name, ...] = Field(min_length=1)
    definitions: dict[Name, Experiment]

    @model_validator(mode="before")
    @classmethod
    def _name_the_definitions(cls, data: Any) -> Any:
        """Give each definition its key as its name."""
        if isinstance(data, Mapping) and isinstance(data.get("definitions"), Mapping):
            definitions = {
                key: {"name": key, **value} if isinstance(value, Mapping) else value
                for key, value in data["definitions"].items()
            }
            return {**data, "definitions": definitions}
        return data

    @model_validator(mode="after")
    def _selected_are_defined(self) -> Self:
        for name in self.experiments:
            if name not in self.definitions:
                known = ", ".join(self.definitions) or "none"
                raise ValueError(f"experiments: expected defined experiments ({known}), found {name}")
        if len(set(self.experiments)) < len(self.experiments):
            raise ValueError("experiments: expected each name once, found one twice; remove it")
        for key, experiment in self.definitions.items():
            if key in RESERVED:
                raise ValueError(
                    f"definitions.{key}: expected another name, found that of a folder of results"
                )
            if experiment.name != key:
                raise ValueError(
                    f"definitions.{key}.name: expected {key}, found {experiment.name}; remove it"
                )
        return self

    @property
    def selected(self) -> tuple[Experiment, ...]:
        """The experiments to run, in the order of the list."""
        return tuple(self.definitions[name] for name in self.experiments)


def read_config(path: Path) -> Config:
    """Read a configuration file.

    Raises:
        GradevoError: With one line per mistake, which names the file and the key or line.
    """
    return parse_config(read_yaml(path), str(path))


def parse_config(data: Any, source: str = "config") -> Config:
    """Validate a configuration mapping.

    Raises:
        GradevoError: With one line per mistake, each of which names `source`.
    """
    return _validate(Config, data, source)


def parse_experiment(data: Any, source: str = "experiment") -> Experiment:
    """Validate one experiment, a mapping or its JSON text.

    Raises:
        GradevoError: With one line per mistake, each of which names `source`.
    """
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError as error:
            raise GradevoError(f"{source}: expected one experiment as JSON, found {shown(data)}") from error
    return _validate(Experiment, data, source)


def _validate(kind: type[T], data: Any, source: str) -> T:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        lines = [_line(source, mistake) for mistake in error.errors(include_url=False)]
        raise GradevoError("\n".join(lines)) from error


def _line(source: str, mistake: ErrorDetails) -> str:
    """One of pydantic's mistakes as "file: key: what was expected, what was found"."""
    location = [str(key) for key in mistake["loc"]]
    # Behind "learning_rate" the location says what it was taken for: no key of the file.
    taken = ("learning_rate", "number"), ("learning_rate", "schedule")
    keys = [key for before, key in zip(["", *location], location, strict=False) if (before, key) not in taken]
    message = mistake["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    match mistake["type"]:
        case "extra_forbidden":
            message = "unknown key; remove it or mend its spelling"
        case "missing":
            message = "missing; add it"
        case "model_type":
            message = f"expected a name and arguments, such as {{name: …}}, found {shown(mistake['input'])}"
        case "value_error":
            pass
        case _:
            message = f"{message}, found {shown(mistake['input'])}"
    return one_line(": ".join(part for part in (source, ".".join(keys), message) if part))
