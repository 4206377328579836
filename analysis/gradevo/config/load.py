"""Reading configuration: from a file, from Snakemake's dictionary, from one JSON slice."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import yaml
from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from gradevo.config.experiment import Experiment, Frozen, Name
from gradevo.errors import GradevoError

MERGE = "tag:yaml.org,2002:merge"
"""YAML's `<<`: another mapping's keys, which the mapping's own replace."""

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
    """Read a configuration file; GradevoError with one line per mistake."""
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)
    except OSError as error:
        raise GradevoError(f"{path}: expected a configuration file, found none ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        problem = getattr(error, "problem", None) or "not UTF-8 text"
        raise GradevoError(f"{path}{line}: expected YAML, found a mistake: {problem}") from error
    return parse_config(data, str(path))


def parse_config(data: Any, source: str = "config") -> Config:
    """Validate a configuration mapping; ``source`` is named in the error's lines."""
    return _validate(Config, data, source)


def parse_experiment(data: Any, source: str = "experiment") -> Experiment:
    """Validate one experiment's slice, a mapping or its JSON text."""
    if isinstance(data, str):
        try:
            data = yaml.safe_load(data)  # JSON is YAML
        except yaml.YAMLError as error:
            raise GradevoError(f"{source}: expected one experiment as JSON, found {data!r}") from error
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
    # Behind "optimizer" the location repeats which one was chosen: no key of the file.
    keys = [key for before, key in zip(["", *location], location, strict=False) if before != "optimizer"]
    message = mistake["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    match mistake["type"]:
        case "extra_forbidden":
            message = "unknown key; remove it or mend its spelling"
        case "missing":
            message = "missing; add it"
        case "union_tag_invalid":
            keys.append("name")
            context = mistake["ctx"]
            message = f"expected one of {context['expected_tags']}, found {context['tag']!r}"
        case "value_error":
            pass
        case _:
            message = f"{message}, found {mistake['input']!r}"
    return ": ".join(part for part in (source, ".".join(keys), message) if part)


class _UniqueKeys(yaml.SafeLoader):
    """YAML in which a key given twice is a mistake instead of the last one winning."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == MERGE:
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, f"expected a word as a key, found {key!r}", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)
