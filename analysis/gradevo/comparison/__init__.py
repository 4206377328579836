"""Many experiments side by side: curves on common axes, and tables."""

from gradevo.comparison.compare import compare
from gradevo.comparison.curves import Curve, curve
from gradevo.comparison.quantities import QUANTITIES, Quantity

__all__ = ["QUANTITIES", "Curve", "Quantity", "compare", "curve"]
