"""Numbers per step, per epoch and per tensor, computed from a run file in one pass."""

from .analyse import analyse
from .elements import dissolving
from .names import EPOCH_STATISTICS, STEP_STATISTICS, TOTAL
from .store import Statistics
from .table import write_table

__all__ = [
    "EPOCH_STATISTICS",
    "STEP_STATISTICS",
    "TOTAL",
    "Statistics",
    "analyse",
    "dissolving",
    "write_table",
]
