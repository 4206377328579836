"""Numbers to text: in few characters, with units, with signs, and for LaTeX; without matplotlib."""

import math
from collections.abc import Callable, Iterable

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

THIN = "\u202f"
"""A narrow space that does not break: between groups of three digits, before per cent."""

MISSING = "–"


def number(value: float, decimals: int = 0) -> str:
    """A number in few characters, without mathematical markup.

    decimals: of the factor before a power of ten, at most.

    >>> number(0.02), number(500.2), number(3.18e-8), number(3.18e-8, decimals=2)
    ('0.02', '500', '3×10⁻⁸', '3.18×10⁻⁸')
    """
    if value == 0 or 1e-3 <= abs(value) < 999.5:
        return f"{value:.3g}"
    if 999.5 <= abs(value) < 1e4:
        return f"{value:.0f}"
    mantissa, exponent = f"{value:.{decimals}e}".split("e")
    return f"{float(mantissa):g}×{power(int(exponent))}"


def power(exponent: int) -> str:
    """A power of ten in letters: ``10⁻³``."""
    return "10" + str(exponent).translate(SUPERSCRIPT)


def true_minus(text: str) -> str:
    """The text with a minus in place of every hyphen."""
    return text.replace("-", "−")


def three_digits(value: float) -> str:
    """Three digits and a power of ten where needed, a true minus, a dash where there is no value.

    >>> three_digits(0.0304), three_digits(-3.18e-4), three_digits(float("nan"))
    ('0.0304', '−3.18×10⁻⁴', '–')
    """
    if math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return true_minus(number(value, decimals=2))


def norm_text(value: float) -> str:
    """A norm in few characters; "no value" for NaN."""
    if math.isnan(value):
        return "no value"
    return number(value) if math.isfinite(value) else "infinite"


def magnitude(value: float) -> str:
    """A number from 0 on in characters of keyboards: ``"0.0123"``, ``"1.2e-5"``, ``"0"``."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    if value >= 1e-3:
        return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}" if value < 100 else f"{value:.3g}"
    digits, _, exponent = f"{value:.1e}".partition("e")
    return f"{digits}e{int(exponent)}"


def decimal(value: float, places: int = 3) -> str:
    """A number with fixed decimals and a true minus; −0.000 is 0.000."""
    text = f"{value:.{places}f}"
    return true_minus(text.lstrip("-") if float(text) == 0 else text)


def signed(value: float, decimals: int = 2) -> str:
    """A number with its sign and a true minus: +0.94, −0.67; what rounds to zero has no sign: 0.00."""
    if not math.isfinite(value):
        return MISSING if math.isnan(value) else "+∞" if value > 0 else "−∞"
    text = f"{value:+.{decimals}f}"
    return true_minus(text[1:] if float(text) == 0 else text)


def percent(share: float) -> str:
    """A share in per cent with one decimal."""
    return MISSING if math.isnan(share) else f"{100 * share:.1f}{THIN}%"


def grouped(whole: int) -> str:
    """A whole number in groups of three digits from 10,000 on."""
    return true_minus(f"{whole:,}".replace(",", THIN) if abs(whole) >= 10_000 else str(whole))


def count(whole: int, noun: str) -> str:
    """Such as "1 tensor", "4 tensors"."""
    return f"{grouped(whole)} {noun}{'' if whole == 1 else 's'}"


def epoch_ranges(epochs: Iterable[int]) -> str:
    """Ascending epochs, consecutive ones merged.

    >>> epoch_ranges([4]), epoch_ranges([3, 4, 5, 20])
    ('epoch 4', 'epochs 3–5, 20')
    """
    ranges: list[list[int]] = []
    for epoch in epochs:
        if ranges and epoch == ranges[-1][-1] + 1:
            ranges[-1][1:] = [epoch]
        else:
            ranges.append([epoch])
    if not ranges:
        return "no epoch"
    one = len(ranges) == len(ranges[0]) == 1
    return f"epoch{'' if one else 's'} {', '.join('–'.join(map(str, ends)) for ends in ranges)}"


def in_bytes(size: int) -> str:
    """A number of bytes in three digits: ``"22.6 GB"``, ``"310 MB"``."""
    for exponent, unit in ((12, "TB"), (9, "GB"), (6, "MB"), (3, "kB")):
        scaled = size / 10**exponent
        if scaled >= 0.9995:
            digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
            return f"{scaled:.{digits}f} {unit}"
    return f"{size} B"


LatexForm = Callable[[float], str]
"""How a number is written in LaTeX."""


def latex_count(value: float) -> str:
    """A count: ``25,474``; one decimal where a median falls between two."""
    if not math.isfinite(value):
        return "--"
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def latex_number(value: float) -> str:
    r"""Three significant digits: ``0.0304``, ``2,631``, ``$-$0.120``, ``$3.20\times10^{-8}$``."""
    if not math.isfinite(value):
        return "--"
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{abs(value):.2e}".partition("e")
    if -4 <= int(exponent) < 5:
        digits = f"{abs(value):,.{max(2 - int(exponent), 0)}f}"
        return digits if value > 0 else f"$-${digits}"
    return rf"${'-' if value < 0 else ''}{mantissa}\times10^{{{int(exponent)}}}$"


def latex_percent(value: float) -> str:
    """A share in per cent, without the sign."""
    return latex_number(100 * value)


def latex_text(text: str) -> str:
    """Text for LaTeX: special characters escaped, superscripts as mathematics."""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    special |= {"²": "$^2$", "³": "$^3$"}
    special |= {char: f"\\{char}" for char in "&%$#_{}"}
    return "".join(special.get(char, char) for char in text)


def shortened(name: str, most: int = 36) -> str:
    """A name of at most `most` characters, its middle left out if it is longer."""
    half = (most - 1) // 2
    return name if len(name) <= most else f"{name[:half]}…{name[-half:]}"
