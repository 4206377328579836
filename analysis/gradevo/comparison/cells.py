r"""Numbers and words as cells of a LaTeX table."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

MISSING = "--"

Form = Callable[[float], str]
"""How a number is written."""


class Number(NamedTuple):
    """Median and range over the seeds that have a value."""

    median: float
    low: float
    high: float
    seeds: int


def count(value: float) -> str:
    """A count: ``25,474``; one decimal where a median falls between two."""
    if not np.isfinite(value):
        return MISSING
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def decimal(value: float) -> str:
    r"""Three significant digits: ``0.0304``, ``2,631``, ``$-$0.120``, ``$3.20\times10^{-8}$``."""
    if not np.isfinite(value):
        return MISSING
    if value == 0:
        return "0"
    mantissa, exponent = f"{abs(value):.2e}".split("e")
    power = int(exponent)
    if -4 <= power < 5:
        digits = f"{abs(value):,.{max(2 - power, 0)}f}"
        return digits if value > 0 else f"$-${digits}"
    return rf"${'-' if value < 0 else ''}{mantissa}\times10^{{{power}}}$"


def percent(value: float) -> str:
    """A share in per cent, without the sign."""
    return decimal(100 * value)


def span(number: Number, form: Form) -> str:
    r"""The range, small: ``{\scriptsize 0.02--0.17}``; empty where one seed or one value is all there is."""
    if number.seeds < 2 or number.low == number.high:
        return ""
    between = " to " if number.low < 0 else "--"
    return rf"{{\scriptsize {form(number.low)}{between}{form(number.high)}}}"


def escaped(text: str) -> str:
    """Text for LaTeX: special characters escaped, superscripts as mathematics."""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    special |= {"²": "$^2$", "³": "$^3$"}
    special |= {char: f"\\{char}" for char in "&%$#_{}"}
    return "".join(special.get(char, char) for char in text)
