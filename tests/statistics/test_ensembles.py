"""Grouping statistics files by experiment, and what is refused."""

import re
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from gradevo.errors import GradevoError
from gradevo.statistics.ensembles import open_ensembles

GRADIENTS = {"dense/kernel": np.ones((4, 3))}


def test_runs_are_grouped_in_order(statistics_file: Callable[..., Path]) -> None:
    paths = [
        statistics_file(GRADIENTS, 2, "wave", 14, title="A wave"),
        statistics_file(GRADIENTS, 2, "calm", 13),
        statistics_file(GRADIENTS, 2, "wave", 13, title="A wave"),
    ]
    with open_ensembles(paths) as (wave, calm):
        assert (wave.name, wave.title, [run.seed for run in wave.runs]) == ("wave", "A wave", [14, 13])
        assert (calm.name, [run.seed for run in calm.runs]) == ("calm", [13])
        assert calm.runs[0].epochs == 2


def test_what_does_not_belong_together_is_refused(statistics_file: Callable[..., Path]) -> None:
    one, same = (statistics_file(GRADIENTS, 2, "wave", 13) for _ in range(2))
    other = statistics_file({"dense/bias": np.ones((4, 3))}, 2, "wave", 14)
    nameless = statistics_file(GRADIENTS, 2, "wave", 15)
    with h5py.File(nameless, "r+") as file:
        file.attrs["experiment"] = "{}"
    for paths, message in (
        ([], "found none"),
        ([one, same], f"{same}: expected one file for each seed, found seed 13 here and in {one}"),
        ([one, other], f"{other}: expected the tensors of {one}"),
        ([nameless], f"{nameless}: expected the statistics of an experiment"),
        ([one.with_name("none.h5")], "no such statistics file"),
    ):
        with pytest.raises(GradevoError, match=re.escape(message)), open_ensembles(paths):
            pass
