"""The chart of all experiments draws the comparison's curves."""

from pathlib import Path

import numpy as np

from gradevo.comparison.curves import curve
from gradevo.report.charts.comparison import comparison_explorers
from gradevo.statistics.catalogue import compared
from gradevo.statistics.ensembles import open_ensembles


def test_curves_of_the_comparison(wave: list[Path], broken: Path) -> None:
    with open_ensembles([*wave, broken]) as ensembles:
        (explorer,) = comparison_explorers(ensembles)
        found = 0
        for ensemble in ensembles:
            for name in compared():
                low, middle, high = curve(ensemble, name).spread()
                points = explorer.curves.get((name, ensemble.name))
                if points is None:
                    assert np.isnan(middle).all()
                    continue
                np.testing.assert_allclose(points.middle, middle, rtol=1e-15)
                np.testing.assert_array_equal(points.low, low)
                np.testing.assert_array_equal(points.high, high)
                np.testing.assert_allclose(explorer.x[ensemble.name], curve(ensemble, name).progress)
                found += 1
        assert found > len(compared())
    assert [quantity.name for quantity in explorer.quantities] == list(compared())
    assert explorer.shown == ("wave", "broken")
    assert explorer.places["wave"] == tuple(f"{share} % of the training" for share in (25, 50, 75, 100))
