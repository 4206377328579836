"""What is exported: all that the catalogue lists, under unique names, with the numbers of the file."""

from pathlib import Path

import numpy as np
import pytest

from gradevo.export import tables as exported
from gradevo.export.tables import blocks, histogram, histograms, tables
from gradevo.statistics.catalogue import CATALOGUE
from gradevo.statistics.store import Statistics


def test_all_of_the_catalogue_and_nothing_by_name(statistics: Path) -> None:
    with Statistics(statistics) as run:
        found = list(tables(run))
        of_catalogue = [(one.level, one.statistic) for one in found]
        expected = [(one.level, one.name) for one in CATALOGUE if not one.needs]
        assert [one for one in expected if one not in of_catalogue] == []
        names = [(table.name(column), table.split) for table in found for column in table.columns]
        assert len(set(names)) == len(names)


def test_the_numbers_are_those_of_the_file(statistics: Path) -> None:
    with Statistics(statistics) as run:
        found = {
            (table.name(column), table.split): table.read(0, 9)[:, place].tolist()
            for table in tables(run)
            for place, column in enumerate(table.columns)
        }
    assert found["step.l2_norm_individual/gru/kernel", "train"] == [5, 2, 1, 10]
    assert found["step.l2_norm_individual/total", "train"] == [6, 3, 3, 10]
    assert found["step/loss", "train"][:3] == [4, 3, 2]
    assert np.isnan(found["step/loss", "train"][3])
    assert found["step/batch_size", "train"] == [32] * 4
    assert found["epoch.l1_norm/gru/kernel", "train"] == [5, 15]  # |3+0| + |4−2|, |1+6| + |0+8|
    assert found["layer.highest_gradient_norm/gru", "train"] == [np.sqrt(26), 10]
    assert found["derived/gradient_norm", "train"][0] == 1
    assert found["metric/loss", "train"] == [3.5, 1.5]
    assert found["metric/loss", "validation"] == [3.75, 2.5]
    assert found["through_time.gru/1", "train"] == [3, 7]
    edges = {name: values for (name, _), values in found.items() if name.startswith("edge")}
    assert edges == {  # not that out of the input, through which nothing flows
        "edge.gradient_norm/gru → out": [1, 1],
        "edge.gradient_norm/gru → out (2)": [2, 2],
    }


def test_blocks_cover_every_row_once(statistics: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Statistics(statistics) as run:
        steps = [table for table in tables(run) if table.axis == "step"]
        width = sum(len(table.columns) for table in steps)
        assert list(blocks(run, "step", steps)) == [(0, 4)]
        monkeypatch.setattr(exported, "BLOCK_BYTES", 3 * 8 * width)
        assert list(blocks(run, "step", steps)) == [(0, 3), (3, 4)]
        monkeypatch.setattr(exported, "BLOCK_BYTES", 1)
        assert list(blocks(run, "step", steps)) == [(0, 1), (1, 2), (2, 3), (3, 4)]


def test_histograms(statistics: Path) -> None:
    with Statistics(statistics) as run:
        found = dict(histograms(run))
    assert list(found) == ["gru/kernel", "gru/bias"]
    first, second = found["gru/kernel"]
    assert first.edges.tolist() == [1, 2, 3]  # 3 and −2 in [2, 4), 4 in [4, 8), and a 0
    assert (first.counts.tolist(), first.zeros, first.nonfinite, first.elements) == ([2, 1], 1, 0, 4)
    assert second.edges.tolist() == [0, 1, 2, 3, 4]  # 1, 6, 8, and a 0
    assert second.counts.tolist() == [1, 0, 1, 1]


def test_subnormal_and_nonfinite_elements_and_none_at_all() -> None:
    counts = np.zeros((2, 256), np.int64)
    counts[:, 0], counts[:, 255], counts[1, 1], counts[0, 254] = (4, 3), (2, 1), 5, 6
    found = histogram(counts, zeros=4)
    assert (found.edges[0], found.edges[1], found.edges[2], found.edges[-1]) == (-149, -126, -125, 128)
    assert (found.counts[0], found.counts[1], found.counts[-1]) == (3, 5, 6)
    assert (found.counts.sum(), found.zeros, found.nonfinite, found.elements) == (14, 4, 3, 21)
    counts[:] = 0
    counts[0, 0] = 7
    found = histogram(counts, zeros=7)
    assert (len(found.counts), len(found.edges), found.elements) == (0, 1, 7)
