"""Numbers as they are written on the pages."""

import math

from gradevo.pictures.style.axes import number as short

THIN = "\u202f"
"""A narrow space that does not break: between groups of three digits, before per cent."""


def number(value: float) -> str:
    """Three digits and a power of ten where needed: "0.0304", "3.18×10⁻⁴"; "–" where there is no value."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return short(value, decimals=2).replace("-", "−")


def percent(share: float) -> str:
    """A share in per cent with one decimal."""
    return "–" if math.isnan(share) else f"{100 * share:.1f}{THIN}%"


def spaced(whole: int) -> str:
    """A whole number in groups of three digits from 10,000 on."""
    text = f"{whole:,}".replace(",", THIN) if abs(whole) >= 10_000 else str(whole)
    return text.replace("-", "−")


def count(whole: int, noun: str) -> str:
    """Such as "1 tensor", "4 tensors"."""
    return f"{spaced(whole)} {noun}{'' if whole == 1 else 's'}"
