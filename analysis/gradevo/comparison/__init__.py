"""Many experiments side by side: curves on common axes, tables, and claims with verdicts."""

from gradevo.comparison.compare import compare
from gradevo.comparison.curves import Curve, curve
from gradevo.comparison.ensembles import Ensemble, open_ensembles
from gradevo.comparison.quantities import QUANTITIES, Quantity

__all__ = ["QUANTITIES", "Curve", "Ensemble", "Quantity", "compare", "curve", "open_ensembles"]
