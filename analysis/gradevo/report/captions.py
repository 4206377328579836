"""What each kind of picture shows, and how it was computed."""

import re
from dataclasses import dataclass
from pathlib import Path

from gradevo.pictures.figures.evolution import CAPTION as EVOLUTION


@dataclass(frozen=True)
class Caption:
    """The words to a kind of picture."""

    heading: str
    link: str
    """a word or two, for lists of contents"""
    alt: str
    """the picture in a sentence, for those who do not see it; {title} is the experiment's"""
    seen: str
    """what is seen"""
    computed: str
    """how it was computed"""


CAPTIONS: dict[str, Caption] = {
    "loss": Caption(
        "Loss and metrics",
        "Loss",
        "Line charts over the epochs for {title}: loss and metrics of the training and the validation set.",
        "Loss and metrics of the training set (blue) and, where there is one, of the validation set "
        "(orange).",
        "Both sets are evaluated in full after every epoch, with the weights at its end; the loss has a "
        "logarithmic axis where it spans more than 1.5 decades.",
    ),
    "gradient_norms": Caption(
        "Gradient norms",
        "Gradient norms",
        "Two line charts over the epochs for {title}, L1 and L2: norm of the epoch gradient, norm of "
        "the accumulated gradient, and accumulated norm, with the dissolving gap between the last two.",
        "The norm of each epoch's gradient (green), the norm of the sum of all gradients so far (blue), "
        "and the sum of the norms so far (vermilion). The gap between the last two is what dissolved: "
        "the part of the way that the gradients took back from each other.",
        "g[e] is the sum of the gradients of epoch e's batches, A[e] = Σ g[i] over i ≤ e. Shown are "
        "‖g[e]‖, ‖A[e]‖ and Σ‖g[i]‖, summed over the tensors; left L1, divided by each tensor's number "
        "of elements, right L2.",
    ),
    "highest_elements": Caption(
        "Highest gradient elements",
        "Highest elements",
        "Line charts over the epochs for {title}, one panel a layer: highest element of each tensor's "
        "gradient (solid) and accumulated gradient (dashed), as shares of the largest accumulated "
        "element.",
        "The largest element of the epoch's gradient (solid) and of the accumulated gradient (dashed), "
        "a panel for each layer, a colour for each role of a tensor.",
        "max|g[e]| and max|A[e]| over the elements of a tensor, both divided by the tensor's largest "
        "max|A[e]| over all epochs, so that in every run the dashed lines reach 1.",
    ),
    "batch_norms": Caption(
        "Norms of the batches' gradients",
        "Batch norms",
        "Line charts over all steps for {title}: L2 norm of every batch's gradient, above in total, "
        "below by layer and tensor.",
        "The norm of every single batch's gradient: above the total, below layer by layer. Where there "
        "are more steps than fit, a line is the median of several successive ones, and the band their "
        "range.",
        "‖g⁽ˢ⁾‖₂ at step s for every tensor, from the recorded gradients; the total is the sum over the "
        "tensors.",
    ),
    "animation": Caption(
        "The gradient of every parameter",
        "Animation",
        "Moving heatmaps for {title}, a frame an epoch: every tensor's gradient, dissolving gradient "
        "and accumulated gradient.",
        "Each row is a tensor, each column a kind of gradient: the epoch's own, what has dissolved, and "
        "what has accumulated. Dark is zero, yellow the largest value of that heatmap in all epochs.",
        "|g[e]|, Σ|g[i]| − |A[e]| and |A[e]|, element by element, of the first seed. Each heatmap has "
        "its own scale, fixed over the epochs; tensors larger than their heatmap are shown by the means "
        "of blocks.",
    ),
    "graph": Caption(
        "The layer graph",
        "Layer graph",
        "Layer graph of {title}: circles are layers, sized by the norm of their gradient; arrows are "
        "connections, as wide as the gradient that flows back through them.",
        "A circle is a layer, its area the norm of its gradient; an arrow is a connection, its width "
        "the norm of what flows back through it: green above the threshold, red and dashed at or below "
        "it. A badge with an orange rim marks a finding of health.",
        "‖∂L/∂w‖₂ of all tensors of a layer as one vector and ‖∂L/∂a‖₂ of the activations a on a "
        "connection, of the first seed: means over the batches of an epoch in the animation, over all "
        "epochs in the figure.",
    ),
    "gradient_through_time": Caption(
        "Gradients through time",
        "Through time",
        "Line chart and heatmap for {title}: norm of the gradient at every time step of the recurrent "
        "layer's input, over the time steps and over the epochs.",
        "How much of the gradient reaches each time step of the recurrent layer's input: left in the "
        "first, a middle and the last epoch, right over time steps and epochs. Where the earliest steps "
        "are many orders of magnitude below the latest, what happened early cannot be learned.",
        "‖∂L/∂xₜ‖₂ for the whole batch, x the layer's input at time step t, mean over the batches of an "
        "epoch.",
    ),
    "flow": Caption(
        "The network while it learns",
        "Network",
        "Animation for {title}: the network with the gradient of every weight on its edge, the gradient "
        "norms of its layers over the epochs, and its decision surface over the plane with the data.",
        "Left the network, every edge coloured and labelled by the magnitude of its gradient, rings for "
        "the biases; in the middle the norms of the layers' gradients; right what the network says of "
        "the plane, with misclassified points ringed and the lines at which hidden units switch on.",
        "Mean |g| of each weight over all batches of the epoch; layer norms are the mean ‖g‖₂ of its "
        "batches; the surface is the network's output with the weights after the epoch. First seed.",
    ),
    "fit": Caption(
        "Every number of the network",
        "Network",
        "Animation for {title}: data and fitted curve, loss, the network with weights and gradients on "
        "its edges, and every weight, bias and gradient as a number.",
        "Left the data, the fit and the loss; in the middle the network, its weights (wide) and their "
        "gradients (thin, flowing back); right every weight, bias and gradient as a number.",
        "Every picture is one moment: the weights before the step's update, and loss and gradients of "
        "exactly these weights. Every fifth step is shown.",
    ),
    "descent": Caption(
        "The descent, step by step",
        "Descent",
        "Animation for {title}: loss over the one weight with the tangent at the present weight and the "
        "step that follows, the fitted line with its residuals, and the step enlarged.",
        "Left the loss as a function of the only weight, with the tangent at the present weight and the "
        "step that it leads to; right the line with its residuals, and the step enlarged.",
        "Weights, losses and slopes are the recorded ones; the parabola is the loss of the data as a "
        "function of the weight. A step is the learning rate times the slope.",
    ),
    "convergence": Caption(
        "Which seeds converge",
        "Convergence",
        "Line chart for {title}: loss of every seed over the epochs, with the threshold; below, what "
        "each seed has learned of the plane.",
        "The loss of every seed over the epochs, with the threshold it was to get below; below it what "
        "each seed has learned, by ascending loss.",
        "The loss is that of all training data after the epoch; a unit is dead if it gives 0 for every "
        "example with the last weights.",
    ),
    "evolution": Caption(
        "How gradients evolve, on common axes",
        "Evolution",
        "Small multiples of all experiments over the training's progress from 0 to 1, a panel for each "
        "statistic.",
        EVOLUTION,
        "",
    ),
    "descents": Caption(
        "Learning rates about the edge of stability",
        "Descents",
        "Descents of one weight with several learning rates side by side: path on the loss parabola, "
        "loss over the steps, and the factor of a step over the learning rate with the edge of "
        "stability.",
        "The same start, one weight, several learning rates: the path on the loss, the loss over the "
        "steps, and by which factor a step changes the distance to the lowest point.",
        "On a parabola with curvature L″ a step with learning rate η multiplies that distance by 1 − "
        "η·L″, so everything beyond η = 2/L″ diverges; points are the recorded weights and losses.",
    ),
}

ORDER = (
    "loss",
    "animation",
    "flow",
    "fit",
    "descent",
    "convergence",
    "gradient_norms",
    "highest_elements",
    "batch_norms",
    "gradient_through_time",
    "graph",
)
"""The order of the pictures on an experiment's page; others follow by name."""


def caption(stem: str) -> Caption:
    """The caption of a picture; one made of the file's name for a kind that is not known."""
    words = stem.rsplit("/", 1)[-1].replace("_", " ").replace("-", " ")
    heading = words[:1].upper() + words[1:]
    alt = heading.replace("{", "{{").replace("}", "}}") + " of {title}."  # a file may have any name
    other = Caption(heading, heading, alt, f"{heading}.", "")
    return CAPTIONS.get(stem.rsplit("/", 1)[-1], other)


def in_order(stems: set[str]) -> list[str]:
    """Stems in the order of the page."""
    known = [stem for stem in ORDER if stem in stems]
    return [*known, *sorted(stems.difference(known))]


def as_rst(shown: Caption) -> str:
    """A caption as the reStructuredText that Snakemake's own report reads."""
    words = f"{shown.seen}\n\n{shown.computed}".strip()
    return re.sub(r"([|*`\\])", r"\\\1", words) + "\n"


def write_rst(folder: str | Path) -> None:
    """Write every caption as ``<stem>.rst``."""
    for stem, shown in CAPTIONS.items():
        (Path(folder) / f"{stem}.rst").write_text(as_rst(shown), encoding="utf-8", newline="\n")
