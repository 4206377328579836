"""How far every step moved the weights, relative to their size."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from gradevo.errors import GradevoError
from gradevo.pictures.figures.per_step import PerStep
from gradevo.pictures.picture import figure_of_all_seeds
from gradevo.pictures.style.house import house_style
from gradevo.statistics.store import Statistics

CUSTOMARY = 1e-3
"""A ratio of updates to weights that is neither high nor low."""

SHOWN = PerStep(
    "update_to_weight_individual",
    subject="updates of the steps, relative to the weights",
    label="update / weight, ‖w⁽ˢ⁺¹⁾ − w⁽ˢ⁾‖₂ / ‖w[e−1]‖₂",
    total="all weights as one vector",
    guide=(CUSTOMARY, "10⁻³, customary"),
    counts_zeros=False,  # the optimizer skipped such a step, or only summed up its gradient
    learning_rate=True,
)


@house_style()
def draw(runs: Sequence[Statistics]) -> Figure:
    """Draw the update-to-weight ratio of every step, in total above and one panel per layer below.

    The learning rate gets a panel of its own where it varies. Raises `GradevoError` if a run did not record
    its updates.
    """
    for run in runs:
        if SHOWN.statistic not in run.step_series:
            raise GradevoError(
                f"{run.path}: expected the norms of every step's updates, found none; "
                "record with updates (updates: true, or updates=True), then analyse"
            )
    return SHOWN.draw(runs)


PICTURE = figure_of_all_seeds(
    "updates",
    draw,
    asked="figures",
    needs_updates=True,
    heading="Updates relative to the weights",
    link="Updates",
    alt="Line charts over all steps for {title}: norm of every step's update over the norm of the weights, "
    "above of all weights, below by layer and tensor, with a line at 0.001.",
    seen="How far every single step moved the weights, relative to their size: above all weights, below "
    "layer by layer, and the learning rate where it varies. The dashed line marks 10⁻³, a rule of thumb "
    "of the course notes CS231n (Stanford): far above it a learning rate may be too high, far below it "
    "too low. Where there are more steps than fit, a line is the median of several successive ones, and "
    "the band their range; steps that moved nothing do not count.",
    computed="‖w⁽ˢ⁺¹⁾ − w⁽ˢ⁾‖₂ of every step, as recorded, over ‖w[e−1]‖₂ of the weights with which the "
    "step's epoch began. No value in epochs that began with weights of 0, as most biases do in the first. "
    "Of more than 30 layers, 15 are shown: the largest, the smallest and the most unusual by their largest "
    "tensor.",
)
