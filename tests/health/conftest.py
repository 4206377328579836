"""The fixtures of the statistics: findings are made from the same synthetic records."""

from ..statistics.conftest import naive, record

__all__ = ["naive", "record"]
