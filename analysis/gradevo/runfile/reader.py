"""Reading a run file: finished, growing, or left behind by a killed process."""

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import h5py
import hdf5plugin  # noqa: F401  registers the compression filters
import numpy as np

from gradevo.display import html_of
from gradevo.errors import GradevoError
from gradevo.layers import LayerGraph
from gradevo.runfile.bytes import damage_explained, open_left
from gradevo.runfile.chunks import RowReader
from gradevo.runfile.digest import intact
from gradevo.runfile.experiment import RecordedExperiment
from gradevo.runfile.lock import is_held
from gradevo.runfile.schema import ACTIVATION_GRADIENTS, DIGEST, FORMAT, NORMS, SPLITS, VERSION, final_path
from gradevo.runfile.seal import open_sealed
from gradevo.runfile.selection import Selection
from gradevo.timeline import Timeline

Array = np.ndarray[Any, Any]


class Run:
    """Read access to one run file; use it in a ``with`` block.

    Args:
        path: The run file, complete, growing, or left behind by a killed process.
        cache_bytes: Of decompressed chunks that HDF5 keeps of every tensor; None for its own 1 MiB or more,
            which is much where there are hundreds of tensors.

    Attributes:
        complete: Whether the file is complete, though the run may have ended early.
        tensors: Paths of the trainable tensors, in the model's order.
        epochs: Complete epochs.
        timeline: Where the epochs begin and end among the steps; they may differ in length.
        steps: Recorded steps. They exceed those of the complete epochs only in a run that ended within an
            epoch, such as at a non-finite gradient.
        epochs_planned: None where they were not known.
        selection: Which batches are recorded steps.
        keep_bits: Bits kept of the gradients' mantissas; None for all.
        graph: The model's layers and connections.
        through_time: Recurrent layers -> time steps whose gradients are recorded.
        stopped: Whether the run ended before all epochs planned were done: at a loss below ``stop_below``, at
            a non-finite gradient, or as its loop decided.
        first_nonfinite_step: First step (from 0) whose loss or gradient is not finite; None when all are.
            Where that batch was not recorded, the step is the next one, which may be beyond the last.
        first_nonfinite_epoch: Epoch (from 1) of that step.

    Raises:
        GradevoError: The file is missing, is no run file, or has another version.

    >>> import tempfile, gradevo.testing
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "run.h5"
    ...     _ = gradevo.testing.write_run(path, {"dense/kernel": np.ones((6, 4, 2))}, steps_per_epoch=3)
    ...     with Run(path) as run:
    ...         for tensor in run.tensors:
    ...             print(tensor, run.read_gradients(tensor, 0, run.steps).shape, run.dtype)
    dense/kernel (6, 4, 2) float32
    """

    @damage_explained(LookupError, ValueError, TypeError, ArithmeticError, MemoryError)
    def __init__(self, path: str | Path, *, cache_bytes: int | None = None) -> None:
        self.path = Path(path)
        self._file, left = _open(self.path)
        whole = _whole_epochs(self._file, self.path) if left else None
        attributes = self._file.attrs
        self.epochs_planned = int(attributes["epochs"]) or None
        # First: what is opened afterwards has all that these epochs need, while the file grows.
        self.complete = complete = not left and bool(self._file["complete"][()])
        self.epochs = int(self._file["epochs_complete"][()]) if whole is None else whole
        stops = self._file["epoch_stop"][: self.epochs]
        in_epochs = int(stops[-1]) if self.epochs else 0
        self.steps = len(self._file["step"]) if complete else in_epochs
        self.timeline = Timeline(stops, self.steps)
        ended_within = self.steps > in_epochs
        self.stopped = complete and (ended_within or self.epochs < (self.epochs_planned or 0))
        step, epoch = (int(self._file[f"first_nonfinite_{unit}"][()]) for unit in ("step", "epoch"))
        counts = 0 < epoch <= self.epochs + ended_within
        self.first_nonfinite_step = step if counts else None
        self.first_nonfinite_epoch = epoch if counts else None
        self.tensors: tuple[str, ...] = tuple(self._file["tensors"].asstr()[:])
        # Looked up once: h5py resolves a path anew at every access, which takes longer than
        # reading a small tensor.
        gradients, weights = self._file["gradients"], self._file["weights"]
        self._gradients = {name: RowReader(_dataset(gradients, name, cache_bytes)) for name in self.tensors}
        self._weights = {name: _dataset(weights, name, cache_bytes) for name in self.tensors}
        steps = self._file["steps"]
        self._norms = {kind: [steps[kind][name] for name in self.tensors] for kind in NORMS if kind in steps}
        self.selection = Selection.read(attributes)
        self.keep_bits = int(attributes["keep_bits"]) or None
        self.experiment = RecordedExperiment.from_json(attributes["experiment"], self.path)
        self.seed = int(attributes["seed"])
        self.data_label = str(attributes["data_label"])
        self.graph = LayerGraph.from_json(attributes["graph"])
        times = _group(self._file, "through_time")
        self.through_time: dict[str, int] = {layer: int(times[layer].shape[1]) for layer in times}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __repr__(self) -> str:
        return f"<Run {self.path}: {self.epochs} epochs, {self.steps} steps>"

    def _repr_html_(self) -> str | None:
        """What Jupyter shows of a file that is open."""
        return html_of(self) if self._file else None

    @property
    def dtype(self) -> str:
        """Of the gradients and weights, "float32" or "float64"."""
        return str(self._gradients[self.tensors[0]].dataset.dtype)

    @property
    def attributes(self) -> dict[str, Any]:
        """All root attributes: versions, seed, model, fingerprint and the like."""
        return dict(self._file.attrs)

    @property
    def stop_below(self) -> float | None:
        """The training loss below which the run was to end; None for a run of all its epochs."""
        told = self._file.attrs.get("stop_below")
        return None if told is None else float(told)

    @property
    def remarks(self) -> str:
        """What all that is drawn from the run must say, such as "user-supplied copy"; may be empty."""
        remarks = [self.data_label] if self.data_label else []
        if self.keep_bits is not None:
            remarks.append(f"gradients rounded to {self.keep_bits} bits")
        if self.selection:
            remarks.append(self.selection.words)
        return " · ".join(remarks)

    @property
    def data(self) -> dict[str, Any]:
        """Where the data come from, as the recording was told; empty when it was not."""
        told: dict[str, Any] = json.loads(self._file.attrs["data"])
        return told

    def shape(self, tensor: str) -> tuple[int, ...]:
        """Shape of a tensor, without the axis of steps."""
        return tuple(self._gradients[tensor].dataset.shape[1:])

    @damage_explained()
    def read_gradients(self, tensor: str, start: int, stop: int) -> Array:
        """Gradients of steps ``start`` to ``stop - 1``: ``(stop - start, *shape)``.

        Units: loss per unit of the parameter. float32 unless the model holds float64.
        """
        return self._gradients[tensor].read(start, min(stop, self.steps))

    @property
    def records_activation_gradients(self) -> bool:
        """Whether the run holds the norms of the gradients at the graph's edges."""
        return ACTIVATION_GRADIENTS in self._file

    @damage_explained()
    def activation_gradients(self, start: int, stop: int) -> Array:
        """‖∂loss/∂activation‖₂ at the graph's edges, steps ``start`` to ``stop - 1``: ``(steps, E)`` float32.

        Column e is what flows back through ``graph.edges[e]``, over the whole batch; NaN where no gradient
        exists. Unit: loss per unit of the activation. KeyError where it was not recorded.
        """
        norms: Array = self._file[ACTIVATION_GRADIENTS][start : min(stop, self.steps)]
        return norms

    @damage_explained()
    def gradients_through_time(self, layer: str, start: int, stop: int) -> Array:
        """‖∂loss/∂x_t‖₂ for the inputs x_t of a recurrent layer: ``(stop - start, T)`` float32.

        KeyError for layers that are not in ``through_time``.
        """
        norms: Array = self._file["through_time"][layer][start : min(stop, self.steps)]
        return norms

    def stored_bytes(self, tensor: str) -> int:
        """Size of a tensor's gradients in the file, compressed."""
        return int(self._gradients[tensor].dataset.id.get_storage_size())

    @damage_explained()
    def epoch_sum(self, tensor: str, epoch: int) -> Array:
        """Sum of the gradients of all batches of ``epoch`` (1 to ``epochs``): ``(*shape)`` float64.

        Only a run that does not record every step holds it; KeyError for others.
        """
        if not 1 <= epoch <= self.epochs:
            raise IndexError(f"epoch {epoch}: the run has epochs 1 to {self.epochs}")
        total: Array = self._file["epoch_sums"][tensor][epoch - 1]
        return total

    @damage_explained()
    def weights(self, tensor: str, row: int) -> Array:
        """Weights ``(*shape)``: row 0 before training, row e after epoch e (1 to ``epochs``)."""
        if not 0 <= row <= self.epochs:
            raise IndexError(f"weights row {row}: the run has rows 0 to {self.epochs}")
        weights: Array = self._weights[tensor][row]
        return weights

    @damage_explained()
    def read_weights(self, tensor: str, start: int, stop: int) -> Array:
        """The same of rows ``start`` to ``stop - 1``: ``(stop - start, *shape)``."""
        rows: Array = self._weights[tensor][start : min(stop, self.epochs + 1)]
        return rows

    @property
    def digests(self) -> Array:
        """Of every complete epoch the checksum of the rows that it added, ``(epochs,)`` uint64.

        Epochs that are equal have equal ones. Empty in files from before there were any.
        """
        digests: Array = self._file[DIGEST][: self.epochs] if DIGEST in self._file else np.empty(0, np.uint64)
        return digests

    @damage_explained()
    def step(self, name: str) -> Array:
        """One value per step, ``(steps,)``: "epoch" (from 1), "batch" (of the epoch, from 0), "batch_size" or
        "loss"; where they were recorded, "learning_rate", and "updates/<tensor>", ‖w⁽ˢ⁺¹⁾−w⁽ˢ⁾‖₂.

        KeyError for what was not recorded.
        """
        values: Array = self._file["steps"][name][: self.steps]
        return values

    @property
    def step_series(self) -> tuple[str, ...]:
        """Names of all that was recorded of every step as one number, which `step` gives."""
        return tuple(name for name, one in self._file["steps"].items() if isinstance(one, h5py.Dataset))

    @property
    def norms(self) -> tuple[str, ...]:
        """What was recorded of every step and tensor, of ``updates`` and ``applied``."""
        return tuple(self._norms)

    @damage_explained()
    def read_norms(self, kind: str, start: int, stop: int) -> Array:
        """The norms of one kind, a column per tensor, of steps ``start`` to ``stop - 1``: ``(steps, T)``.

        kind: "updates", ‖w⁽ˢ⁺¹⁾−w⁽ˢ⁾‖₂, in units of the parameter, or "applied", of the gradient that the
        optimizer applied, in loss per unit of the parameter. In the gradients' dtype; NaN where a step has
        none. KeyError for kinds that are not in ``norms``.
        """
        rows = slice(start, min(stop, self.steps))
        return np.stack([dataset[rows] for dataset in self._norms[kind]], axis=-1)

    @damage_explained()
    def metrics(self, split: str) -> dict[str, Array]:
        """Metrics of "train" or "validation" after every epoch: name -> ``(epochs,)`` float64.

        Evaluated over the whole split. Empty when the run had no such split.
        """
        if split not in SPLITS:
            raise KeyError(f"split {split!r}: expected one of {', '.join(SPLITS)}")
        group = _group(self._file["metrics"], split)
        return {name: group[name][: self.epochs] for name in group}


def _dataset(parent: h5py.Group, name: str, cache_bytes: int | None) -> h5py.Dataset:
    if cache_bytes is None:
        return parent[name]
    access = h5py.h5p.create(h5py.h5p.DATASET_ACCESS)
    slots, _, weight = access.get_chunk_cache()
    access.set_chunk_cache(slots, cache_bytes, weight)
    return h5py.Dataset(h5py.h5d.open(parent.id, name.encode(), access))


def _group(parent: h5py.Group, name: str) -> Any:
    """A group, empty where there is none: `get` would take a damaged one for none."""
    if name not in parent:
        return {}
    return parent[name]


def _open(path: Path) -> tuple[h5py.File, bool]:
    """Open for reading: a finished file, one that grows, or one that a process left, of which it says so."""
    if not path.is_file():
        raise GradevoError(f"{path}: no such run file; record one with `gradevo train` or gradevo.record()")
    final = final_path(path) == path
    try:
        sealed = open_sealed(path) if final else None  # a partial file may hold half of its seal
        file, state = (sealed, "closed") if sealed else _open_unsealed(path)
    except (OSError, RuntimeError) as error:
        raise GradevoError(
            f"{path}: expected a run file (HDF5), found something that HDF5 cannot open "
            f"({error}); record the run again"
        ) from error
    found = file.attrs.get("format"), file.attrs.get("version")
    if found != (FORMAT, VERSION):
        file.close()
        raise GradevoError(
            f"{path}: expected format {FORMAT!r} version {VERSION}, found {found[0]!r} version {found[1]}; "
            "record the run again or read it with the gradevo version that wrote it"
        )
    # A partial file that is closed, but held, is being sealed: it is whole.
    left_open = _is_unfinished(file) if final else not is_held(final_path(path.resolve()))
    unfinished = state == "closed" and not sealed and left_open
    return file, state == "left" or unfinished


def _is_unfinished(file: h5py.File) -> bool:
    """Whether a file that was closed is one that a run could go on from, such as one that was put aside."""
    return DIGEST in file and not file["complete"][()]


def _open_unsealed(path: Path) -> tuple[h5py.File, Literal["closed", "growing", "left"]]:
    try:
        return h5py.File(path, "r"), "closed"
    except BlockingIOError:  # open elsewhere
        growing = True
    except OSError as error:
        if "SWMR" not in str(error) and "already open" not in str(error):
            raise
        growing = is_held(final_path(path.resolve()))
    if growing:
        return h5py.File(path, "r", libver="latest", swmr=True), "growing"
    return open_left(path), "left"


def _whole_epochs(file: h5py.File, path: Path) -> int:
    """The complete epochs of a file that nobody writes; raises GradevoError where one of them has changed."""
    found = intact(file)
    if found.epochs < found.complete:
        raise GradevoError(
            f"{path}: expected {found.complete} complete epochs, found epoch {found.epochs + 1} changed "
            "since it was written: the file is damaged; take it from a copy, or start its training again"
        )
    return found.epochs
