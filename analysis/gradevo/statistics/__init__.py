"""Numbers per step, per epoch and per tensor, computed from a run file in one pass."""

from gradevo.statistics.names import EPOCH_STATISTICS, STEP_STATISTICS, TOTAL
from gradevo.statistics.store import Statistics

__all__ = ["EPOCH_STATISTICS", "STEP_STATISTICS", "TOTAL", "Statistics"]
