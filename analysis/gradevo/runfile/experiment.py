"""What a record says of its experiment, typed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

from gradevo.errors import GradevoError

T = TypeVar("T", bound=str | int)


@dataclass(frozen=True)
class RecordedOptimizer:
    """The optimizer of a training: its name, those of its settings that are numbers, its schedule's name."""

    name: str | None = None
    settings: Mapping[str, float] = field(default_factory=dict)
    schedule: str | None = None
    """of the learning rate; None where it is a number, or was not told"""

    @property
    def learning_rate(self) -> float | None:
        """None where it was not told, or is a schedule."""
        return self.settings.get("learning_rate")


@dataclass(frozen=True)
class RecordedExperiment:
    """An experiment as it was recorded; what was not told, or is of another type, is None or empty.

    settings: all that was told, keys that are not known here among them.
    """

    settings: Mapping[str, Any]
    name: str | None
    title: str | None
    dataset: str | None
    model: str | None
    loss: str | None
    batch_size: int | None
    metrics: tuple[str, ...]
    optimizer: RecordedOptimizer

    @classmethod
    def from_json(cls, text: str, file: Path) -> Self:
        """Read the attribute ``experiment`` of a run or statistics file.

        Raises `GradevoError`, which names the file, if the text is no JSON.

        >>> RecordedExperiment.from_json('{"name": "iris", "loss": 3}', Path("run.h5")).heading
        'iris'
        """
        try:
            told = json.loads(text)
        except (ValueError, TypeError, RecursionError) as error:
            raise GradevoError(
                f"{file}: attribute experiment: expected JSON, found {str(text)[:40]!r} ({error}); "
                "the file is damaged; record or analyse the run again"
            ) from error
        settings = told if isinstance(told, dict) else {}
        metrics = settings.get("metrics")
        return cls(
            settings=settings,
            name=_told(settings, "name", str),
            title=_told(settings, "title", str),
            dataset=_told(settings, "dataset", str),
            model=_told(settings, "model", str),
            loss=_told({"loss": _called(settings.get("loss"))}, "loss", str),
            batch_size=_told(settings, "batch_size", int),
            metrics=tuple(str(_called(metric)) for metric in metrics) if isinstance(metrics, list) else (),
            optimizer=_optimizer(settings.get("optimizer")),
        )

    def to_json(self) -> str:
        """All that was told, keys sorted: equal experiments give equal texts."""
        return json.dumps(self.settings, sort_keys=True)

    @property
    def heading(self) -> str:
        """The title, else the name, else "recording"."""
        return self.title or self.name or "recording"


def _told(settings: Mapping[str, Any], key: str, kind: type[T]) -> T | None:
    value = settings.get(key)
    if isinstance(value, str):  # half a surrogate pair can be told, and neither printed nor drawn
        value = value.encode("utf-8", "backslashreplace").decode()
    return value if isinstance(value, kind) and not isinstance(value, bool) and value != "" else None


def _called(told: object) -> object:
    """The name of a loss or metric that was told with arguments, ``{"name": "huber", "delta": 2}``."""
    return told.get("name") if isinstance(told, dict) else told


def _optimizer(told: object) -> RecordedOptimizer:
    if not isinstance(told, dict):
        return RecordedOptimizer(str(told) if told else None)
    numbers = {
        str(key): value
        for key, value in told.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    rate = told.get("learning_rate")
    schedule = _called(rate) if isinstance(rate, dict) else None
    return RecordedOptimizer(_told(told, "name", str), numbers, None if schedule is None else str(schedule))
