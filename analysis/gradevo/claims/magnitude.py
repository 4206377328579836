"""By how much a series changes, in words."""

from collections.abc import Sequence

import numpy as np

from gradevo.claims.observation import Array, Series


def change(seen: Sequence[Series]) -> str:
    """What the series do from the first tenth of the epochs to the last: median over the seeds."""
    words = seen[0].name + " " * bool(seen[0].name) + _change([series.values for series in seen])
    losses = [series.against for series in seen if series.against is not None]
    return f"{words} while the loss {_change(losses)}" if losses else words


def _change(series: Sequence[Array]) -> str:
    ends = np.array([_ends(values) for values in series])
    first, last = np.median(ends, axis=0)
    verb = "falls" if last < first else "rises"
    if (ends <= 0).any():
        return f"{verb} from {first:.3g} to {last:.3g}"
    with np.errstate(over="ignore"):
        ratio = float(np.median(ends[:, 1] / ends[:, 0]))
    verb = "falls" if ratio < 1 else "rises"
    if 0.995 <= ratio < 1.005:
        return "stays at its first tenth"
    if ratio < 1e-4:
        return f"{verb} to {ratio:.1e} of its first tenth"
    if ratio < 0.1:
        return f"{verb} to {100 * ratio:.2g} % of its first tenth"
    if ratio < 10:
        return f"{verb} to {100 * ratio:.0f} % of its first tenth"
    return f"{verb} to {ratio:.3g} times its first tenth"


def _ends(values: Array) -> tuple[float, float]:
    """The means of the first and the last tenth, at least one value each."""
    tenth = max(1, len(values) // 10)
    return float(values[:tenth].mean()), float(values[-tenth:].mean())
