"""The findings of runs, judged once and written down: ``health.json``."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite, nan
from pathlib import Path
from typing import Any, Self

from gradevo.atomic import atomic_file
from gradevo.config.experiment import Thresholds
from gradevo.errors import GradevoError
from gradevo.health.check import Check, Finding, Judged
from gradevo.health.dead import Dead
from gradevo.health.exploding import Exploding
from gradevo.health.oscillating import Oscillating
from gradevo.health.precision import LayerPrecision, Loss, Underflowing, precision
from gradevo.health.vanishing import Vanishing, VanishingThroughTime
from gradevo.statistics.store import Statistics

FORMAT, VERSION = "gradevo-health", 2

CHECKS: tuple[Check, ...] = (
    Exploding(),
    Dead(),
    Vanishing(),
    VanishingThroughTime(),
    Oscillating(),
    Underflowing(),
)
"""All checks, the gravest first."""

SYMBOLS = {check.name: check.symbol for check in CHECKS}
"""Name of a check -> its mark."""


@dataclass(frozen=True)
class Health:
    """What was found in one run, and what that is worth."""

    title: str
    seed: int
    epochs: int
    """complete ones"""
    steps_per_epoch: int
    record_every: int
    layers: int
    """that own tensors; health is theirs, so without any nothing is judged"""
    remarks: str
    first_nonfinite_epoch: int | None
    looked_for: tuple[tuple[str, str], ...]
    """(check, what it looked for) in lines"""
    findings: tuple[Finding, ...]
    precision: tuple[LayerPrecision, ...]
    """what formats of lower precision lose of the layers' gradients"""

    @classmethod
    def of(cls, statistics: Statistics, limits: Thresholds | None = None) -> Self:
        """Judge a run by these thresholds, the default ones without."""
        chosen = limits or Thresholds()
        lines = ((check.name, line) for check in CHECKS for line in check.looked_for(statistics, chosen))
        return cls(
            title=statistics.experiment.heading,
            seed=statistics.seed,
            epochs=statistics.epochs,
            steps_per_epoch=statistics.timeline.per_epoch,
            record_every=statistics.selection.every,
            layers=len(statistics.layers),
            remarks=statistics.data_label,
            first_nonfinite_epoch=statistics.first_nonfinite_epoch,
            looked_for=tuple(lines),
            findings=tuple(findings(statistics, chosen)),
            precision=tuple(precision(statistics, chosen)),
        )


def findings(statistics: Judged, limits: Thresholds | None = None) -> list[Finding]:
    """Everything found in the complete epochs, the gravest first, layers in the graph's order.

    A run that was stopped at a non-finite gradient also has the epoch in which that happened. Empty for a
    healthy run, and for one without complete epochs or without layers.
    """
    chosen = limits or Thresholds()
    return [one for check in CHECKS for one in check.find(statistics, chosen) if one.epochs]


def check_of(found: Finding) -> Check:
    """The check that a finding is of."""
    alike = [check for check in CHECKS if check.name == found.check]
    return next((check for check in alike if check.measure == found.measure), alike[0])


def write_health(statistics: Sequence[Path], limits: Thresholds, path: Path) -> list[Health]:
    """Judge the runs of an experiment, a statistics file per seed, and write ``health.json``.

    The file appears when it is complete; values that are not finite are null. Returns what was written.
    Raises `GradevoError` if a statistics file cannot be read.
    """
    judged = []
    for file in statistics:
        with Statistics(file) as run:
            judged.append(Health.of(run, limits))
    contents = {
        "format": FORMAT,
        "version": VERSION,
        "thresholds": {name: _number(value) for name, value in limits.model_dump().items()},
        "runs": [_described(one) for one in judged],
    }
    with atomic_file(path) as partial:
        text = json.dumps(contents, indent=1, ensure_ascii=False, allow_nan=False)
        partial.write_text(text + "\n", encoding="utf-8")
    return judged


def read_health(path: Path) -> list[Health]:
    """Read ``health.json``, a `Health` per seed; values that are not finite are NaN.

    Raises `GradevoError` if the file is missing or another one.
    """
    try:
        contents = json.loads(path.read_text(encoding="utf-8"))
        found = contents["format"], contents["version"]
        if found != (FORMAT, VERSION):
            raise ValueError(f"format {found[0]!r} version {found[1]}")
        return [_health(one) for one in contents["runs"]]
    except OSError as error:
        raise GradevoError(
            f"{path}: expected findings of health, found no file ({error.strerror}); "
            "make it with `gradevo health`"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise GradevoError(
            f"{path}: expected format {FORMAT!r} version {VERSION}, found another file ({error}); "
            "make it again with `gradevo health`"
        ) from error


def _described(health: Health) -> dict[str, Any]:
    described = asdict(health)
    described["findings"] = [{**one, "value": _number(one["value"])} for one in described["findings"]]
    return described


def _health(described: dict[str, Any]) -> Health:
    found = tuple(
        Finding(
            **{**one, "epochs": tuple(one["epochs"]), "value": nan if one["value"] is None else one["value"]}
        )
        for one in described["findings"]
    )
    lost = tuple(
        LayerPrecision(**{**one, "losses": tuple(Loss(**loss) for loss in one["losses"])})
        for one in described["precision"]
    )
    lines = tuple(map(tuple, described["looked_for"]))
    return Health(**{**described, "findings": found, "precision": lost, "looked_for": lines})


def _number(value: float) -> float | None:
    return value if isfinite(value) else None
