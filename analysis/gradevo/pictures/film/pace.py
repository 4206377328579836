"""How long a frame stays."""

SECONDS = 20
"""So long plays an animation, or shorter: no epoch stays longer than a second.

Only beyond 1,000 epochs does it play longer: browsers show no more than 50 frames of a GIF a second.
"""


def centiseconds(epochs: int) -> int:
    """How long a frame stays: a second, or less in animations of more than `SECONDS` epochs; at least 2."""
    return max(2, min(100, 100 * SECONDS // max(epochs, 1)))
