"""The thresholds of health as options; the same for every command that looks for findings.

Their defaults are those of ``Thresholds``.
"""

from typing import Annotated

import typer

Exploding = Annotated[
    float, typer.Option(min=0, help="Exploding: highest norm of a batch's gradient above this.")
]
Growth = Annotated[
    float,
    typer.Option(min=0, help="Exploding: the same above so many times the network's norm in epoch 1."),
]
Dead = Annotated[
    float, typer.Option(min=0, help="Dead: highest norm of a batch's gradient at or below this.")
]
Vanishing = Annotated[
    float,
    typer.Option(
        min=0,
        max=1,
        help="Vanishing: mean norm at or below this share of the largest layer's behind it, "
        "or of the strongest time step's.",
    ),
]
Oscillating = Annotated[
    float,
    typer.Option(min=-1, max=1, help="Oscillating: mean cosine of successive gradients at or below this."),
]
