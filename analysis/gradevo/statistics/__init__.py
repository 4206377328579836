"""Numbers per step, per epoch and per tensor, computed from a run file in one pass."""

from gradevo.statistics.analyse import analyse
from gradevo.statistics.elements import dissolving
from gradevo.statistics.ensembles import Ensemble, open_ensembles
from gradevo.statistics.names import EPOCH_STATISTICS, LAYER_STATISTICS, STEP_STATISTICS, TOTAL
from gradevo.statistics.spectrum import SPECTRA, Spectrum
from gradevo.statistics.store import Statistics, is_statistics
from gradevo.statistics.table import write_table

__all__ = [
    "EPOCH_STATISTICS",
    "LAYER_STATISTICS",
    "SPECTRA",
    "STEP_STATISTICS",
    "TOTAL",
    "Ensemble",
    "Spectrum",
    "Statistics",
    "analyse",
    "dissolving",
    "is_statistics",
    "open_ensembles",
    "write_table",
]
