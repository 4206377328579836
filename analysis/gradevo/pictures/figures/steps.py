"""Norms of single batches' gradients over the steps."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from gradevo.pictures.figures.per_step import PerStep
from gradevo.pictures.picture import figure_of_all_seeds
from gradevo.pictures.style.house import house_style
from gradevo.statistics.store import Statistics

SHOWN = PerStep(
    "l2_norm_individual",
    subject="norms of the batches' gradients",
    label="L2 norm (loss / weight)",
    total="total of all tensors",
)


@house_style()
def draw(runs: Sequence[Statistics]) -> Figure:
    """Draw the L2 norm of every batch's gradient, in total above and one panel per layer below."""
    return SHOWN.draw(runs)


PICTURE = figure_of_all_seeds(
    "batch_norms",
    draw,
    asked="figures",
    heading="Norms of the batches' gradients",
    link="Batch norms",
    alt="Line charts over all steps for {title}: L2 norm of every batch's gradient, above in total, below "
    "by layer and tensor.",
    seen="The norm of every single batch's gradient: above the total, below layer by layer. Where there are"
    " more steps than fit, a line is the median of several successive ones, and the band their range.",
    computed="‖g⁽ˢ⁾‖₂ at step s for every tensor, from the recorded gradients; the total is the sum over the "
    "tensors. Of more than 30 layers, 15 are "
    "shown: the largest, the smallest and the most unusual by their largest tensor.",
)
