"""From a dataset's name to arrays, split and labelled."""

from gradevo.datasets.dataset import Dataset
from gradevo.datasets.fetch import fetch
from gradevo.datasets.own import user_files
from gradevo.datasets.prepared import load, save
from gradevo.datasets.sources import names, read_sources
from gradevo.datasets.splits import split, training_and_validation

__all__ = [
    "Dataset",
    "fetch",
    "load",
    "names",
    "read_sources",
    "save",
    "split",
    "training_and_validation",
    "user_files",
]
