"""Numbers per step, per epoch and per tensor, computed from a run file in one pass."""

from gradevo.statistics.analyse import analyse
from gradevo.statistics.elements import dissolving
from gradevo.statistics.names import EPOCH_STATISTICS, LAYER_STATISTICS, STEP_STATISTICS, TOTAL
from gradevo.statistics.store import Statistics
from gradevo.statistics.table import write_table

__all__ = [
    "EPOCH_STATISTICS",
    "LAYER_STATISTICS",
    "STEP_STATISTICS",
    "TOTAL",
    "Statistics",
    "analyse",
    "dissolving",
    "write_table",
]
