"""Where the numbers come from: data, configuration, versions, machine."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradevo.errors import GradevoError
from gradevo.report.artifacts import Material

DATA = {
    "name": "Dataset",
    "kind": "Kind",
    "package": "Package",
    "file": "File",
    "sha256": "SHA-256",
}
"""What is said of data: key -> words. Others that a file has follow with their own names."""


@dataclass(frozen=True)
class Origin:
    """Where the records of one experiment come from."""

    name: str
    seeds: tuple[int, ...]
    data: tuple[tuple[str, str], ...]
    """what -> value"""
    configuration: tuple[tuple[str, str], ...]
    """key -> value, nested ones with dots"""
    machine: tuple[tuple[str, str], ...]
    """architecture, processor, instruction sets, devices, threads, oneDNN, as far as they were recorded"""
    dataset: str
    """its name in the file of sources"""


@dataclass(frozen=True)
class Provenance:
    """Of all records that have one."""

    origins: tuple[Origin, ...]
    versions: tuple[tuple[tuple[tuple[str, str], ...], tuple[str, ...]], ...]
    """sets of (package, version), each with the experiments that were recorded with it"""


def read_provenance(materials: Sequence[Material]) -> Provenance:
    """Read every provenance.json.

    Runs of one experiment that differ in more than the seed have an entry each.

    Raises GradevoError if a file is no provenance.
    """
    origins: list[Origin] = []
    versions: dict[tuple[tuple[str, str], ...], dict[str, None]] = defaultdict(dict)
    for material in materials:
        seeds: dict[str, list[int]] = defaultdict(list)
        details: dict[str, dict[str, Any]] = {}
        for path in material.provenance:
            found = _read(path)
            key = json.dumps({name: value for name, value in found.items() if name != "seed"})
            seeds[key].append(int(found["seed"]))
            details[key] = found
            versions[_pairs(found["versions"])][material.name] = None
        origins += [_origin(material.name, tuple(seeds[key]), found) for key, found in details.items()]
    return Provenance(tuple(origins), tuple((pairs, tuple(names)) for pairs, names in versions.items()))


def datasets(provenance: Provenance) -> Mapping[str, Any]:
    """The data of all experiments as a table: heads, and a row for each file."""
    heads: dict[str, None] = {}
    rows: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for origin in provenance.origins:
        rows.setdefault(origin.data, []).append(origin.name)
        heads.update(dict.fromkeys(head for head, _ in origin.data if head != "Dataset"))
    return {
        "heads": list(heads),
        "rows": [
            {
                "name": dict(data).get("Dataset", ""),
                "experiments": list(dict.fromkeys(names)),
                "said": {head: dict(data).get(head, "–") for head in heads},
            }
            for data, names in rows.items()
        ],
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise GradevoError(f"{path}: expected JSON, found none ({error}); record the run again") from error
    for key, kind in {"experiment": dict, "seed": int, "data": dict, "versions": dict}.items():
        if not isinstance(found, dict) or not isinstance(found.get(key), kind):
            raise GradevoError(
                f"{path}: expected the provenance of a run with {key}, found none; record the run again"
            )
    return dict(found)


def _origin(name: str, seeds: tuple[int, ...], found: Mapping[str, Any]) -> Origin:
    data = found["data"]
    keys = [*(key for key in DATA if key in data), *(key for key in data if key not in DATA)]
    machine = {
        "Architecture": found.get("machine"),
        "Processor": found.get("processor") or None,
        "Instruction sets": found.get("instruction_sets"),
        "Devices": found.get("devices"),
        "Threads": found.get("threads"),
        "oneDNN": {"1": "on", "0": "off"}.get(str(found.get("onednn")), "TensorFlow's default"),
    }
    return Origin(
        name=name,
        seeds=seeds,
        data=tuple((DATA.get(key, key), _text(data[key])) for key in keys),
        configuration=_pairs(found["experiment"]),
        machine=tuple((key, _text(value)) for key, value in machine.items() if value is not None),
        dataset=str(data.get("name", "")),
    )


def _pairs(mapping: Mapping[str, Any], prefix: str = "") -> tuple[tuple[str, str], ...]:
    """Keys and values, those of mappings inside with dots: "optimizer.name"."""
    pairs: list[tuple[str, str]] = []
    for key, value in mapping.items():
        if isinstance(value, Mapping):
            pairs += _pairs(value, f"{prefix}{key}.")
        else:
            pairs.append((f"{prefix}{key}", _text(value)))
    return tuple(pairs)


def _text(value: object) -> str:
    """A value of JSON in words."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "none"
    return str(value)
