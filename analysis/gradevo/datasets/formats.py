"""Parsers: the bytes of one file to features and targets. One small function per format."""

import gzip
from collections.abc import Callable, Mapping

import numpy as np

from gradevo.datasets.dataset import Array
from gradevo.datasets.origin import Origin
from gradevo.datasets.sources import Format

Parsed = tuple[Array, Array]


def csv(text: str) -> Parsed:
    """Numbers between commas, the target last. Gives (n, columns-1) and (n,), float64."""
    table = _table(text, delimiter=",")
    return table[:, :-1], table[:, -1]


def scikit_learn_csv(text: str) -> Parsed:
    """`csv` below one line of counts and class names, as scikit-learn keeps its small datasets."""
    return csv(text.partition("\n")[2])


def ucr_tsv(text: str) -> Parsed:
    """One series a line, values between tabs, its label first, as in the UCR archive."""
    table = _table(text, delimiter="\t")
    return table[:, 1:], table[:, 0]


FORMATS: Mapping[Format, Callable[[str], Parsed]] = {
    "csv": csv,
    "scikit-learn-csv": scikit_learn_csv,
    "ucr-tsv": ucr_tsv,
}


def parse(data: bytes, format: Format, member: str, origin: Origin) -> Parsed:
    """Parse a member's bytes, which are unpacked first if its path ends in .gz.

    Returns features (n, columns) and targets (n,), both float64. Raises GradevoError if the bytes are not of
    the format.
    """
    try:
        text = (gzip.decompress(data) if member.endswith(".gz") else data).decode("utf-8")
        return FORMATS[format](text)
    # A damaged file fails in gzip, zlib or numpy, each in its own way; all mean the same to the user.
    except Exception as error:
        raise origin.fault(f"{member} in the format {format}", f"{type(error).__name__}: {error}") from error


def _table(text: str, delimiter: str) -> Array:
    lines = text.splitlines()
    if not any(line.strip() for line in lines):
        raise ValueError("no lines")  # numpy merely warns
    return np.loadtxt(lines, delimiter=delimiter, dtype=np.float64, ndmin=2)
