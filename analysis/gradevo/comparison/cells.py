"""Median and range as cells of a LaTeX table."""

from typing import NamedTuple

from gradevo.numbers import LatexForm


class Number(NamedTuple):
    """Median and range over the seeds that have a value."""

    median: float
    low: float
    high: float
    seeds: int


def span(number: Number, form: LatexForm) -> str:
    r"""The range, small: ``{\scriptsize 0.02--0.17}``; empty where one seed or one value is all there is."""
    if number.seeds < 2 or number.low == number.high:
        return ""
    between = " to " if number.low < 0 else "--"
    return rf"{{\scriptsize {form(number.low)}{between}{form(number.high)}}}"
