import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Text
from typer.testing import CliRunner

import gradevo
from gradevo.cli.app import app
from gradevo.errors import GradevoError
from gradevo.pictures.examples.decision_surface.convergence import _colour, draw_convergence, spread
from gradevo.pictures.examples.decision_surface.record import Outcome, summary, tabulated
from gradevo.pictures.style.house import BLUE, GREEN, VERMILION

ALIVE = {"hidden/kernel": 0, "hidden/bias": 1}
DEAD = {"hidden/kernel": 0, "hidden/bias": [-1, 1]}


@pytest.fixture
def seeds(small_run):
    """Seed 5 converged after 2 of 9 epochs, seed 1 is stuck with a dead unit, seed 3 but for a batch."""
    return [
        small_run(seed=5, epochs=2, planned=9, losses=[0.5, 5e-4], weights=ALIVE, stop_below=1e-3).path,
        small_run(seed=1, losses=[0.9, 0.8, 0.7], weights=DEAD, stop_below=1e-3).path,
        small_run(
            seed=3,
            losses=[0.6, 0.5, 0.4],
            weights=ALIVE,
            batch_losses=[1, 1, 1, 1, 1, 1e-5, 1, 1, 1e-6],
            stop_below=1e-3,
        ).path,
    ]


def test_table_and_figure(seeds, xor, tmp_path):
    draw_convergence(seeds, xor, tmp_path / "t" / "convergence.csv", tmp_path / "figures")
    text = (tmp_path / "t" / "convergence.csv").read_text()
    assert text == (
        "seed,epochs,loss,accuracy,dead_hidden_units,converged,converged_at_epoch,"
        "first_epoch_with_last_batch_below\n"
        "1,3,0.7,0.75,1,False,,\n"
        "3,3,0.4,0.75,0,False,,2\n"
        "5,2,0.0005,0.75,0,True,2,\n"
    )
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == [
        "convergence.pdf",
        "convergence.png",
    ]


def test_the_same_bytes_whatever_the_order_of_runs(seeds, xor, tmp_path):
    for name, paths in (("a", seeds), ("b", seeds[::-1])):
        draw_convergence(paths, xor, tmp_path / name / "c.csv", tmp_path / name)
    for file in ("c.csv", "convergence.png", "convergence.pdf"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_the_threshold_can_be_chosen(seeds, xor, tmp_path):
    ends = draw_convergence(seeds, xor, tmp_path / "c.csv", tmp_path, threshold=0.45)
    assert [(end.seed, end.converged_at) for end in ends] == [(1, None), (3, 3), (5, 2)]


def test_command(seeds, xor, tmp_path):
    told = ["draw", "convergence", *map(str, seeds), "--data", str(xor), "--folder", str(tmp_path)]
    result = CliRunner().invoke(app, told)
    assert result.exit_code == 0, result.output
    files = ("convergence.csv", "figures/convergence.png", "figures/convergence.pdf")
    assert all((tmp_path / file).is_file() for file in files)
    assert result.output.splitlines() == [
        *(str(tmp_path / file) for file in files),
        "seed 1: stuck, 1 dead unit, loss 0.7000 after 3 epochs",
        "seed 3: stuck, no unit dead, loss 0.4000 after 3 epochs",
        "seed 5: converged, loss 0.0005 after 2 epochs",
        "1 of 3 converged (loss over all data below 0.001) · 1 with dead units · "
        "1 had an epoch whose last batch alone was below 0.001",
    ]


def test_one_seed_twice_and_other_experiments_are_refused(small_run, xor, tmp_path):
    one, same, other = small_run(seed=1), small_run(seed=1), small_run(seed=2, experiment={"title": "Other"})
    for paths, found in (((one, same), "found seed 1 again"), ((one, other), "found another experiment")):
        with pytest.raises(GradevoError, match=found):
            draw_convergence([run.path for run in paths], xor, tmp_path / "c.csv", tmp_path)
    assert list(tmp_path.iterdir()) == []


def end(seed=1, **changes):
    values = {"loss": 0.5, "metric": None, "dead": 0, "converged_at": None, "lucky_at": None, **changes}
    return Outcome(seed=seed, epochs=3, threshold=0.1, **values)


def test_a_table_without_a_metric():
    assert "accuracy" not in tabulated([end()])
    assert pd.isna(tabulated([end()])["converged_at_epoch"][0])


def test_colours_and_words_of_outcomes():
    assert [_colour(end()), _colour(end(dead=2)), _colour(end(converged_at=1, dead=1))] == [
        BLUE,
        VERMILION,
        GREEN,
    ]
    assert summary([end(dead=1), end(dead=2), end(lucky_at=4), end(converged_at=1)]).startswith(
        "1 of 4 converged"
    )


def test_labels_stay_where_there_is_room_and_move_apart_where_not():
    assert spread([0.1, 0.5, 0.9], 0.1) == [0.1, 0.5, 0.9]
    assert spread([0.5, 0.5], 0.1) == pytest.approx([0.5, 0.6])
    assert spread([0.98, 0.99, 1.0], 0.1) == pytest.approx([0.8, 0.9, 1.0])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30).map(sorted))
def test_labels_never_overlap(wanted):
    gap = 1 / 30
    places = np.array(spread(wanted, gap))
    assert (np.diff(places) >= gap - 1e-9).all()
    assert places[0] >= -1e-9
    assert places[-1] <= 1


def test_the_figure_without_a_table(seeds, xor):
    drawn = gradevo.figure("convergence", *seeds, data=xor, threshold=0.75)
    words = " ".join(text.get_text() for text in drawn.findobj(Text))
    assert "dotted: threshold 0.75" in words
    assert "seed 5: 0.001" in words
