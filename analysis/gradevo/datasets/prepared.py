"""Arrays of an .npz file that may be anything; a prepared dataset as such a file."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gradevo.atomic import atomic_file
from gradevo.datasets.dataset import ARRAYS, WEIGHTS, Array, Dataset, Task, assemble
from gradevo.datasets.files import check_file, check_unpacked
from gradevo.datasets.origin import Origin
from gradevo.errors import GradevoError


def read_npz(path: Path, names: Sequence[str], origin: Origin, *optional: str) -> dict[str, Array]:
    """Read the named arrays, whatever their shapes and types, in this order; nothing in the file is executed.

    Raises GradevoError if the file is unreadable or lacks one of them that is not `optional`.
    """
    arrays: dict[str, Array] = {}
    check_file(path, origin)
    try:
        # Not numpy.load: it takes a damaged archive for a pickle, and then advises to trust it.
        with zipfile.ZipFile(path) as archive:
            present = [member.removesuffix(".npy") for member in archive.namelist()]
            wanted = [f"{name}.npy" for name in (*names, *optional) if name in present]
            unpacked = sum(archive.getinfo(member).file_size for member in wanted)
            check_unpacked(path.stat().st_size, unpacked, origin)
            for name in (*names, *optional):
                if name in present:
                    with archive.open(f"{name}.npy") as member:
                        arrays[name] = np.lib.format.read_array(member, allow_pickle=False)
    except GradevoError:
        raise
    # zipfile, zlib and numpy fail in many ways on a damaged file; all mean the same to the user.
    except Exception as error:
        expected = (
            "a readable .npz archive of plain arrays (no pickled objects; save texts as by `y.astype(str)`)"
        )
        raise origin.fault(expected, f"{type(error).__name__}: {error}") from error
    if not arrays.keys() >= set(names):
        expected = f"the arrays {', '.join(names)} (of unsplit data, save a part of the rows as each)"
        raise origin.fault(expected, ", ".join(present) or "none")
    return arrays


class _Metadata(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: Literal["gradevo-dataset"] = "gradevo-dataset"
    version: Literal[2] = 2
    name: str
    title: str
    task: Task
    labels: tuple[str, ...] | None
    provenance: dict[str, str]
    # Written only where there are several: so all other files stay what they were.
    inputs: dict[str, tuple[int, ...]] | None = Field(default=None, exclude_if=lambda inputs: inputs is None)

    @model_validator(mode="after")
    def _labels_fit_the_task(self) -> Self:
        if (self.task == "classification") != (self.labels is not None):
            raise ValueError("labels belong to a classification, and only there")
        return self


def save(dataset: Dataset, path: Path) -> None:
    """Write the dataset to `path` (.npz, uncompressed); the same dataset gives the same bytes every time.

    The file appears whole or not at all. Raises GradevoError if it cannot be written.
    """
    metadata = _Metadata(
        name=dataset.name,
        title=dataset.title,
        task=dataset.task,
        labels=dataset.labels,
        provenance=dataset.provenance,
        inputs=None if dataset.inputs is None else dict(dataset.inputs),
    )
    arrays = {name: getattr(dataset, name) for name in ARRAYS}
    if dataset.w_train is not None:
        arrays[WEIGHTS] = dataset.w_train
    try:
        with atomic_file(path) as partial, partial.open("wb") as file:
            # savez dates every member 1980, so no clock enters the file.
            np.savez(file, allow_pickle=False, **arrays, metadata=np.array(metadata.model_dump_json()))
    except OSError as error:
        origin = Origin(dataset.name, path, "make room for it, or name another place")
        raise origin.fault("to write this file", f"{type(error).__name__}: {error.strerror}") from error


def load(path: Path) -> Dataset:
    """Read and check a dataset that `save` wrote. Needs no network and executes nothing from the file.

    Raises GradevoError if the file is missing, damaged, of another version, or breaks a promise of `Dataset`.
    """
    origin = Origin(path.stem, path, "remove the file, if there is one, and prepare the dataset again")
    arrays = read_npz(path, [*ARRAYS, "metadata"], origin, WEIGHTS)
    try:
        metadata = _Metadata.model_validate_json(str(arrays.pop("metadata")))
    except ValidationError as error:
        mistake = error.errors(include_url=False)[0]
        key = ".".join(map(str, mistake["loc"])) or "metadata"
        raise origin.fault("metadata of gradevo-dataset, version 2", f"{key}: {mistake['msg']}") from error
    x = arrays["x_train"]
    if x.ndim < 2:
        raise origin.fault("x_train of shape (rows, ...)", f"shape {x.shape}")
    return assemble(
        arrays,
        name=metadata.name,
        title=metadata.title,
        task=metadata.task,
        labels=metadata.labels,
        shape=x.shape[1:],
        dtype=x.dtype.name if x.dtype in (np.uint8, np.float64) else "float32",
        provenance=metadata.provenance,
        origin=origin,
        inputs=metadata.inputs,
    )
