"""How layers and edges of a graph look: sizes, widths, colours, dashes."""

from typing import Any

import numpy as np

from gradevo.pictures.layer_graph.scale import Scale
from gradevo.pictures.layer_graph.ways import RADIUS
from gradevo.pictures.style.house import GREEN, VERMILION

SMALLEST, NEUTRAL = 0.055, 0.06
"""Radii of a layer whose norm is at the low end of the scale, and of one without weights, in inches."""

THIN, THICK, WITHOUT = 0.9, 5.0, 0.7
"""Widths of edges at the ends of the scale, and of one without a value, in points."""

DASH = (0, (2.4, 1.3))
"""Dashes of an edge at or below the threshold, in line widths."""

FILL, ILL_FILL, HOLLOW, NO_VALUE = "#cfe2f0", "#fbe3b0", "#ffffff", "#b0b0b0"

BADGE = 0.075
"""Radius of a finding's badge."""

EDGE_LOOK: dict[bool | None, dict[str, Any]] = {
    False: {"color": GREEN, "linestyle": "-"},
    True: {"color": VERMILION, "linestyle": DASH},
    None: {"color": NO_VALUE, "linestyle": "-"},
}
"""Colour and line of an edge by `at_or_below`."""

STILL = 1.0
"""What never moves is drawn below everything that does: an animation need not draw it again."""

TEXT: dict[str, Any] = {"fontsize": 7, "parse_math": False, "ha": "center"}


def radius_of(norm: float, scale: Scale) -> float:
    """The radius of a layer with weights, in inches: its area is linear in the scale's share."""
    share = scale.share(norm)
    return float(np.sqrt(SMALLEST**2 + share * (RADIUS**2 - SMALLEST**2)))


def width_of(norm: float, scale: Scale) -> float:
    """The width of an edge with a value, in points: linear in the scale's share."""
    return THIN + scale.share(norm) * (THICK - THIN)
