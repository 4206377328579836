"""Many experiments side by side: curves on common axes, tables, and claims with verdicts."""

from gradevo.comparison.ensembles import Ensemble, open_ensembles

__all__ = ["Ensemble", "open_ensembles"]
