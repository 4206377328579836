"""The reader of ``statistics.h5``; ``docs/statistics.md`` describes the file.

::

    /            attrs: format, version, experiment (JSON), seed, record_every, record_epochs (if chosen),
                 first_nonfinite_step and _epoch (-1: none), data_label, graph (JSON)
    /columns     (T+1,) UTF-8 strings: the tensors in model order, then "total"
    /sizes       (T+1,) int64: numbers of elements
    /epoch_stop  (epochs,) int64: recorded steps by the end of every epoch
    /epochs/<statistic>                    (epochs, T+1) float64
    /steps/<statistic>                     (steps, T+1) float64; some only if what they need was recorded
    /steps/{epoch,batch_size,loss}         (steps,); learning_rate, too, if recorded beside updates
    /layers/<statistic>                    (epochs, L) float64: the layers that own tensors
    /spectrum/{energy,direction}           (1 or 6, r) float64, descending; attrs: totals, steps
    /folded/total                          (K, w) float32: gradients of every k-th step, folded; attr: every
    /folded/layers                         (K', L, w) float32: of every layer that owns tensors; attr: every
    /folded/weights                        (epochs+1, w) float32: w[e] − w[0], folded
    /exponents/<tensor>                    (epochs, 2, 256) int64: elements by sign (+, −) and exponent
    /zeros/<tensor>                        (epochs,) int64
    /edges/gradient_norm                   (epochs, E) float64, if recorded: the graph's edges
    /through_time/<layer>                  (epochs, T) float64, if recorded: a recurrent layer's time steps
    /metrics/{train,validation}/<name>     (epochs,) float64
    /gradients/<tensor>                    (epochs, *shape) float32
    /state/…                               of a run that still grows: what goes on from here needs
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import hdf5plugin  # noqa: F401  (registers the filter of /gradients)
import numpy as np
from numpy.typing import NDArray

from gradevo.display import html_of
from gradevo.errors import GradevoError
from gradevo.layers import LayerGraph
from gradevo.runfile.bytes import damage_explained
from gradevo.runfile.experiment import RecordedExperiment
from gradevo.runfile.seal import open_sealed
from gradevo.runfile.selection import Selection
from gradevo.statistics.catalogue import LEARNING_RATE, STEP_SCALARS, TOTAL, of_level
from gradevo.statistics.spectrum import SPECTRA, Spectrum
from gradevo.timeline import Timeline

FORMAT = "gradevo-statistics"
VERSION = 6

EDGES = "edges/gradient_norm"
THROUGH_TIME = "through_time"
FOLDED = "folded/total"
FOLDED_LAYERS = "folded/layers"
FOLDED_WEIGHTS = "folded/weights"
STATE = "state"
DIGESTS = "digests"
READ_BYTES = 2**20
"""Of rows of which a column is wanted."""

KEPT_BYTES = 2**25
"""A table up to this size is read once for all its columns: whoever wants one mostly wants the next, too."""


@dataclass(frozen=True)
class Folded:
    """Folded gradients of steps that lie evenly in time."""

    steps: NDArray[np.int64]
    """(K,): which of the recorded steps, from 0"""
    rows: NDArray[np.float32]
    """(K, w)"""


class Statistics:
    """A statistics file, opened for reading; nothing is read before it is asked for.

    Raises `GradevoError` if the file is missing, cannot be opened, or is of another
    format or version. A column is a tensor's path (``"conv2d/kernel"``) or ``"total"``.
    """

    @damage_explained(LookupError, ValueError, TypeError, ArithmeticError, StopIteration)
    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file = _open(self.path)
        attributes = self._file.attrs
        self.columns: tuple[str, ...] = tuple(self._file["columns"].asstr()[:].tolist())
        """The tensors, then ``"total"``."""
        self.tensors: tuple[str, ...] = self.columns[:-1]
        """The tensors' paths in model order."""
        self._sizes: list[int] = self._file["sizes"][:].tolist()
        self._datasets: dict[str, h5py.Dataset] = {}
        self._kept: tuple[tuple[str, str], NDArray[np.float64]] = ("", ""), np.empty((0, 0))
        self.steps: int = self._file["steps/loss"].shape[0]
        """The number of recorded steps."""
        names = (*STEP_SCALARS, LEARNING_RATE, *of_level("step"))
        self.step_series: tuple[str, ...] = tuple(name for name in names if name in self._file["steps"])
        """Names of what `step` gives."""
        self.epochs: int = next(iter(self._file["epochs"].values())).shape[0]
        """The number of complete epochs."""
        self.timeline = Timeline(self._file["epoch_stop"][:], self.steps)
        """Where the epochs begin and end among the steps."""
        self.selection = Selection.read(attributes)
        """Which batches are recorded steps."""
        self.experiment = RecordedExperiment.from_json(attributes["experiment"], self.path)
        self.seed = int(attributes["seed"])
        self.data_label = str(attributes["data_label"])
        """What everything drawn from the run must say: on the data, on rounded or missing gradients."""
        step, epoch = (int(attributes[f"first_nonfinite_{unit}"]) for unit in ("step", "epoch"))
        self.first_nonfinite_step: int | None = None if step < 0 else step
        """The first step, counted from 0, with a non-finite loss or gradient, or the next recorded one."""
        self.first_nonfinite_epoch: int | None = None if epoch < 0 else epoch
        """The epoch, counted from 1, of the first batch with a non-finite loss or gradient."""
        self.graph: LayerGraph = LayerGraph.from_json(attributes["graph"])
        """The model's layers, in the order of computation, and their connections."""
        self.layers: tuple[str, ...] = tuple(layer.id for layer in self.graph.owners)
        """The ids of the layers that own tensors, in the graph's order."""
        self.has_activation_gradients: bool = EDGES in self._file
        """Whether the run recorded the norms of what flows back through the graph's edges."""
        times = self._file.get(THROUGH_TIME, {})
        self.through_time: dict[str, int] = {
            layer.id: times[layer.id].shape[1] for layer in self.graph.layers if layer.id in times
        }
        """The recurrent layers recorded time step by time step -> number of these steps."""

    @property
    def file(self) -> h5py.File:
        """The open file."""
        return self._file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Statistics {self.path}: {self.epochs} epochs, {self.steps} steps>"

    def _repr_html_(self) -> str | None:
        """What Jupyter shows of a file that is open."""
        return html_of(self) if self._file else None

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def size(self, column: str = TOTAL) -> int:
        """The number of elements of a tensor, or of all together."""
        return self._sizes[self._column(column)]

    def shape(self, tensor: str) -> tuple[int, ...]:
        """The shape of a tensor; ``()`` for a scalar."""
        return tuple(self._gradients(tensor).shape[1:])

    @damage_explained()
    def epoch(self, statistic: str, column: str = TOTAL) -> NDArray[np.float64]:
        """An epoch statistic, (epochs,) float64; entry 0 belongs to epoch 1."""
        self._known(statistic, of_level("epoch"), "epoch statistic")
        return self._read("epochs", statistic, column)

    @damage_explained()
    def epoch_columns(self, statistic: str, start: int, stop: int) -> NDArray[np.float64]:
        """An epoch statistic of the epochs start+1 … stop in all columns: (stop − start, T+1) float64."""
        self._known(statistic, of_level("epoch"), "epoch statistic")
        values: NDArray[np.float64] = self._file["epochs"][statistic][start:stop]
        return values

    @damage_explained()
    def step(self, statistic: str, column: str = TOTAL) -> NDArray[Any]:
        """A step statistic, (steps,) float64; which there are, `step_series` says.

        ``"epoch"``, ``"batch_size"``, ``"loss"`` and ``"learning_rate"`` are one series for all columns, in
        the run file's dtype.
        """
        self._known(statistic, self.step_series, "step statistic")
        return self._read("steps", statistic, column)

    @damage_explained()
    def step_columns(self, statistic: str, start: int, stop: int) -> NDArray[np.float64]:
        """A step statistic of the steps start … stop−1 in all columns: (stop − start, T+1) float64.

        What is one series for all columns is one column, (stop − start, 1).
        """
        self._known(statistic, self.step_series, "step statistic")
        values = np.asarray(self._file["steps"][statistic][start:stop], dtype=np.float64)
        return values if values.ndim > 1 else values[:, None]

    def step_squares(self) -> NDArray[np.float64]:
        """‖g⁽ˢ⁾‖₂² of every step, all parameters as one vector: (steps,) float64."""
        squares = np.zeros(self.steps)
        with np.errstate(over="ignore"):
            for tensor in self.tensors:  # one series at a time: a record may have 50,000 steps
                squares += np.square(self.step("l2_norm_individual", tensor))
        return squares

    @damage_explained()
    def layer(self, statistic: str, layer: str) -> NDArray[np.float64]:
        """A statistic of all tensors of a layer as one vector, (epochs,) float64."""
        self._known(statistic, of_level("layer"), "layer statistic")
        self._known(layer, self.layers, "layer with tensors")
        values: NDArray[np.float64] = self._file["layers"][statistic][:, self.layers.index(layer)]
        return values

    @damage_explained()
    def folded(self, layer: str | None = None) -> Folded:
        """Gradients of every k-th step folded into w numbers, of all parameters or of a layer.

        Products and cosines of any two rows estimate those of the gradients: see `gradevo.statistics.fold`.
        At most 4,096 steps are kept, of layers 256, and fewer of networks with very many layers.
        """
        if layer is None:
            dataset = self._file[FOLDED]
            rows = dataset[:]
        else:
            self._known(layer, self.layers, "layer with tensors")
            dataset = self._file[FOLDED_LAYERS]
            rows = dataset[:, self.layers.index(layer)]
        return Folded(np.arange(len(rows)) * int(dataset.attrs["every"]), rows)

    @damage_explained()
    def folded_weights(self) -> NDArray[np.float32]:
        """w[e] − w[0] of all parameters, folded: (epochs + 1, w) float32, row 0 of zeros."""
        return np.asarray(self._file[FOLDED_WEIGHTS][:], dtype=np.float32)

    @damage_explained()
    def exponents(self, tensor: str) -> NDArray[np.int64]:
        """How many elements of the epoch's recorded batch gradients have which exponent: (epochs, 2, 256).

        Axis 1 is the sign, + before −. Bin b of axis 2 holds the elements whose size is at least 2^(b − 127)
        and less than 2^(b − 126); bin 0 zeros and what is less than 2⁻¹²⁶, bin 255 what is not finite.
        """
        self._known(tensor, self.tensors, "tensor")
        return np.asarray(self._file["exponents"][tensor][:], dtype=np.int64)

    @damage_explained()
    def zeros(self, tensor: str) -> NDArray[np.int64]:
        """How many elements of the epoch's recorded batch gradients are exactly 0: (epochs,)."""
        self._known(tensor, self.tensors, "tensor")
        return np.asarray(self._file["zeros"][tensor][:], dtype=np.int64)

    @damage_explained()
    def spectrum(self, kind: str) -> Spectrum:
        """How the energy of all steps' gradients is spread over their principal directions.

        kind: ``"energy"``, of the gradients as they are; ``"direction"``, of each divided by its norm. All
        tensors are one vector; the steps are the recorded ones of complete epochs.
        """
        self._known(kind, SPECTRA, "spectrum")
        dataset = self._file["spectrum"][kind]
        return Spectrum(dataset[:], dataset.attrs["totals"], int(dataset.attrs["steps"]), self.size())

    @damage_explained()
    def edge(self, index: int) -> NDArray[np.float64]:
        """The mean norm of what flows back through ``graph.edges[index]``, (epochs,) float64.

        NaN where no gradient exists (edges out of inputs), and everywhere if the run did not record it.
        """
        if not 0 <= index < len(self.graph.edges):
            raise GradevoError(f"{self.path}: no edge {index}; there are {len(self.graph.edges)}, from 0")
        if not self.has_activation_gradients:
            return np.full(self.epochs, np.nan)
        values: NDArray[np.float64] = self._file[EDGES][:, index]
        return values

    @damage_explained()
    def gradient_through_time(self, layer: str) -> NDArray[np.float64]:
        """Mean norms of the gradient of a recurrent layer's input at each time step: (epochs, T) float64."""
        self._known(layer, self.through_time, "layer recorded through time")
        values: NDArray[np.float64] = self._file[THROUGH_TIME][layer][:]
        return values

    @damage_explained()
    def metrics(self, split: str) -> dict[str, NDArray[np.float64]]:
        """The metrics on the split ``"train"`` or ``"validation"``: name -> (epochs,) float64."""
        self._known(split, tuple(self._file["metrics"]), "split")
        return {name: dataset[:] for name, dataset in self._file["metrics"][split].items()}

    @property
    def metric_names(self) -> list[str]:
        """The metrics beside the loss, in the order in which the experiment lists them."""
        names = [name for name in self.metrics("train") if name != "loss"]
        listed = self.experiment.metrics
        return sorted(names, key=lambda name: (listed.index(name) if name in listed else len(listed), name))

    @damage_explained()
    def gradient(self, tensor: str, epoch: int) -> NDArray[np.float32]:
        """The sum of the batch gradients of an epoch, counted from 1: (*shape) float32."""
        if not 1 <= epoch <= self.epochs:
            raise GradevoError(f"{self.path}: no epoch {epoch}; the complete epochs are 1 to {self.epochs}")
        return np.asarray(self._gradients(tensor)[epoch - 1], dtype=np.float32)

    def _gradients(self, tensor: str) -> h5py.Dataset:
        self._known(tensor, self.tensors, "tensor")
        # Looked up once: h5py resolves a path anew at every access, which takes as long as reading.
        if tensor not in self._datasets:
            self._datasets[tensor] = self._file["gradients"][tensor]
        return self._datasets[tensor]

    def _read(self, level: str, statistic: str, column: str) -> NDArray[Any]:
        """A column of a table, or a series that is one for all columns."""
        place = self._column(column)
        if self._kept[0] != (level, statistic):
            dataset = self._file[level][statistic]
            if dataset.ndim == 1:
                return np.asarray(dataset[:])
            if dataset.nbytes > KEPT_BYTES:
                return _column(dataset, place)
            self._kept = (level, statistic), dataset[:]
        return self._kept[1][:, place].copy()

    def _column(self, column: str) -> int:
        self._known(column, self.columns, "column")
        return self.columns.index(column)

    def _known(self, name: str, names: Collection[str], kind: str) -> None:
        if name not in names:
            raise GradevoError(f"{self.path}: no {kind} {name!r}; there are {', '.join(names)}")


def is_statistics(path: str | Path) -> bool:
    """Whether the file says that it is a statistics file, of whatever version; no if it cannot be read."""
    try:
        with h5py.File(path, "r") as file:
            return bool(file.attrs.get("format") == FORMAT)
    except OSError:
        return False


def _column(dataset: h5py.Dataset, column: int) -> NDArray[np.float64]:
    """A column, by whole rows: read alone, every value of it would be a call of HDF5's for the file."""
    values = np.empty(len(dataset))
    rows = max(1, READ_BYTES // (8 * dataset.shape[1]))
    for start in range(0, len(values), rows):
        values[start : start + rows] = dataset[start : start + rows][:, column]
    return values


def _open(path: Path) -> h5py.File:
    if not path.is_file():
        raise GradevoError(f"{path}: no such statistics file; make it from a run file with gradevo.analyse")
    try:
        file = open_sealed(path) or h5py.File(path, "r")
    except OSError as error:
        raise GradevoError(f"{path}: not a readable HDF5 file ({error})") from error
    found = (file.attrs.get("format"), file.attrs.get("version"))
    if found != (FORMAT, VERSION):
        file.close()
        raise GradevoError(
            f"{path}: expected format {FORMAT!r} version {VERSION}, found {found[0]!r} version {found[1]}; "
            "analyse the run file again"
        )
    return file
