"""What is said of an experiment, by hand and from its statistics."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gradevo.health.record import Health
from gradevo.layers import Layer, LayerGraph
from gradevo.report.facts import Change, Facts
from gradevo.statistics.ensembles import open_ensembles


def facts_of(paths: list[Path]) -> Facts:
    with open_ensembles(paths) as (ensemble,):
        return Facts(ensemble, [Health.of(run) for run in ensemble.runs])


def test_first_and_last_values_are_medians_over_the_seeds(runs: list[Path]) -> None:
    facts = facts_of(runs[:2])
    loss, accuracy = facts.changes
    # seeds: 2.0 → 0.5 and 2.5 → 1.0
    assert (loss.metric, loss.split) == ("loss", "train")
    assert (loss.first, loss.last, loss.low, loss.high) == pytest.approx((2.25, 0.75, 0.5, 1.0))
    assert loss.words == "2.25 → 0.75"
    assert loss.range == "0.5 to 1"
    assert accuracy.words == "25.0\u202f% → 75.0\u202f%"
    assert facts.seeds == (13, 14)
    assert (facts.epochs, facts.steps, facts.parameters, facts.tensors) == ("10", "30", 10, 3)
    assert facts.sentence == (
        "The model wave, 10 parameters in 3 tensors, trained on sea for 10 epochs in batches of 32 "
        "by sgd, learning rate 0.1; 2 seeds."
    )


def test_an_issue_names_the_seeds_that_have_it(statistics_file: Callable[..., Path]) -> None:
    calm = {"dense/kernel": np.full((4, 2), 1.0)}
    wild = {"dense/kernel": np.array([[1.0, 1], [1, 1], [3e3, 4e3], [1, 1]])}  # epoch 3: norm 5000
    graph = LayerGraph((Layer("dense", "Dense", ("dense/kernel",)),), ())
    paths = [statistics_file(one, 1, "ill", seed, graph=graph) for seed, one in ((1, calm), (2, wild))]
    facts = facts_of(paths)
    (issue,) = (issue for issue in facts.issues if issue.check == "exploding")
    assert (issue.symbol, issue.layer, issue.seeds, issue.epochs) == ("↑", "dense", "1 of 2", "epoch 3")
    assert issue.worst == "5e+03 > 1000"
    assert "exploding" in facts.health
    assert facts_of(paths[:1]).health == "nothing found"


def test_what_was_not_judged_is_not_called_well(statistics_file: Callable[..., Path]) -> None:
    """Health is read off the layers, which a run without a layer graph does not know."""
    facts = facts_of([statistics_file({"w": np.full((4, 2), np.nan)}, 1, "unknown")])
    assert (facts.judged, facts.health) == (False, "not judged")


def test_runs_of_different_lengths_end_where_they_end(statistics_file: Callable[..., Path]) -> None:
    paths = [
        statistics_file({"w": np.ones((epochs, 1))}, 1, "ragged", seed, losses=np.linspace(1, last, epochs))
        for seed, epochs, last in ((1, 2, 0.5), (2, 5, 0.1))
    ]
    facts = facts_of(paths)
    assert (facts.epochs, facts.steps) == ("2–5", "2–5")
    assert facts.changes[0].last == pytest.approx(0.3)


def test_values_that_are_none_are_not_made_up() -> None:
    change = Change("loss", "train", 1.0, np.nan, np.nan, np.inf, 2)
    assert change.words == "1 → –"
    assert change.range == "– to ∞"


def test_a_schedule_of_learning_rates_is_named(statistics_file: Callable[..., Path]) -> None:
    rate = {"name": "cosine_decay", "initial_learning_rate": 0.1}
    optimizer = {"name": "adamw", "learning_rate": rate, "weight_decay": 0.01}
    path = statistics_file({"a": np.ones((4, 3))}, 2, "decay", 13, optimizer=optimizer)
    with open_ensembles([path]) as (ensemble,):
        assert Facts(ensemble, []).optimizer == "adamw, learning rate by cosine decay, weight decay 0.01"
