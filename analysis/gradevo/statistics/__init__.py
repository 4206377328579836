"""Numbers per step, per epoch and per tensor, computed from a run file in one pass."""

from gradevo.statistics.analyse import analyse
from gradevo.statistics.elements import dissolving
from gradevo.statistics.health import Finding, findings
from gradevo.statistics.names import EPOCH_STATISTICS, LAYER_STATISTICS, STEP_STATISTICS, TOTAL
from gradevo.statistics.spectrum import SPECTRA, Spectrum
from gradevo.statistics.store import Statistics, is_statistics
from gradevo.statistics.table import write_table
from gradevo.statistics.wording import epoch_ranges, health_lines

__all__ = [
    "EPOCH_STATISTICS",
    "LAYER_STATISTICS",
    "SPECTRA",
    "STEP_STATISTICS",
    "TOTAL",
    "Finding",
    "Spectrum",
    "Statistics",
    "analyse",
    "dissolving",
    "epoch_ranges",
    "findings",
    "health_lines",
    "is_statistics",
    "write_table",
]
