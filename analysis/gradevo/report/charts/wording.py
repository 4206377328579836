"""The statistics in words, with symbols and units, in the groups in which readers choose them.

``docs/statistics.md`` defines them; a statistic without words here would be missing in the report.
"""

from gradevo.pictures.figures.loss import LOSSES, METRICS
from gradevo.report.charts.explorer import Quantity
from gradevo.statistics.names import ORDERS

PER_WEIGHT = "(loss / weight)"
SUBSCRIPTS = {1: "₁", 2: "₂"}
G = "g[e]: sum of the batch gradients of epoch e"
A = "A[e] = Σ g[i] over the epochs i ≤ e"


def _epoch_norms(order: int, each: bool) -> list[Quantity]:
    k = SUBSCRIPTS[order]
    suffix, divided, spoken, unit = (
        ("_standardized", " / n", " per element", f"/ n {PER_WEIGHT}") if each else ("", "", "", PER_WEIGHT)
    )
    size = "; n: elements of the tensor" if each else ""
    path = f"Σ‖g[i]‖{k}"
    dissolved = f"({path} − ‖A[e]‖{k})" if each else f"{path} − ‖A[e]‖{k}"
    words = (
        (f"l{order}_norm", "gradient of the epoch", f"‖g[e]‖{k}", G),
        (f"l{order}_norm_acc", "accumulated gradient", f"‖A[e]‖{k}", f"{A}; {G}"),
        (f"acc_l{order}_norm", "accumulated norm", path, f"sum over the epochs i ≤ e; {G}"),
        (f"l{order}_dissolving_norm", "dissolved norm", dissolved, f"sum over i ≤ e; {A}; {G}"),
    )
    return [
        Quantity(
            name + suffix,
            f"{label[0].upper()}{label[1:]}, L{order}{spoken}",
            f"{symbol}{divided}, {meaning}{size}",
            f"{symbol} {unit}",
            f"L{order} norms{spoken}",
            # What dissolved by epoch 1 is 0 but for rounding, which a logarithmic axis would blow up.
            logarithmic=False if "dissolving" in name else None,
        )
        for name, label, symbol, meaning in words
    ]


EPOCHS: tuple[Quantity, ...] = (
    *(
        quantity
        for order in reversed(ORDERS)
        for each in (False, True)
        for quantity in _epoch_norms(order, each)
    ),
    Quantity(
        "highest",
        "Highest element of the epoch's gradient",
        f"max|g[e]| / c, {G}; c: the tensor's largest max|A[e]| of all epochs",
        "max|g[e]| / c",
        "Highest elements",
    ),
    Quantity(
        "highest_acc",
        "Highest element of the accumulated gradient",
        f"max|A[e]| / c, {A}; c: the tensor's largest max|A[e]| of all epochs",
        "max|A[e]| / c",
        "Highest elements",
    ),
    Quantity(
        "update_to_weight",
        "Update relative to the weights",
        "‖w[e] − w[e−1]‖₂ / ‖w[e−1]‖₂, w[e]: weights after epoch e",
        "‖Δw‖₂ / ‖w‖₂",
        "Weights",
    ),
)
"""The epoch statistics, L2 first: its totals are what most readers know."""

TOTAL_OF_SUMS = "Total: the sum over the tensors; of the update, all weights as one vector."


def _step_norms(order: int) -> list[Quantity]:
    symbol = f"‖g‖{SUBSCRIPTS[order]}"
    return [
        Quantity(
            f"l{order}_norm_individual",
            f"Norm of a batch's gradient, L{order}",
            f"{symbol}, g: gradient of one batch",
            f"{symbol} {PER_WEIGHT}",
            "Norms",
        ),
        Quantity(
            f"l{order}_norm_individual_standardized",
            f"Norm of a batch's gradient, L{order} per element",
            f"{symbol} / n, g: gradient of one batch; n: elements of the tensor",
            f"{symbol} / n {PER_WEIGHT}",
            "Norms",
        ),
    ]


STEPS: tuple[Quantity, ...] = (
    Quantity(
        "cosine",
        "Cosine of successive gradients",
        "g·p / (‖g‖₂‖p‖₂), g: gradient of one batch, p: of the batch before; 1: same way, −1: back",
        "cosine",
        "Direction",
    ),
    Quantity(
        "sign_flip_rate",
        "Sign flips",
        "share of elements with gᵢ·pᵢ < 0, g: gradient of one batch, p: of the batch before",
        "share of elements",
        "Direction",
    ),
    Quantity(
        "density",
        "Density",
        "‖g‖₁² / (n‖g‖₂²), g: gradient of one batch; 1: all elements equally large, 1/n: only one is not 0",
        "density",
        "Direction",
    ),
    *(quantity for order in reversed(ORDERS) for quantity in _step_norms(order)),
)

LAYERS: tuple[Quantity, ...] = (
    Quantity(
        "gradient_norm",
        "Mean norm of batch gradients",
        "mean of ‖G‖₂ over the epoch's steps, G: gradient of all tensors of the layer as one vector",
        f"mean ‖G‖₂ {PER_WEIGHT}",
    ),
    Quantity(
        "highest_gradient_norm",
        "Largest norm of batch gradients",
        "max ‖G‖₂ over the epoch's steps, G: gradient of all tensors of the layer as one vector",
        f"max ‖G‖₂ {PER_WEIGHT}",
    ),
    Quantity(
        "layer_cosine",
        "Mean cosine of successive gradients",
        "mean of G·P / (‖G‖₂‖P‖₂) over the epoch's steps, P: the layer's gradient one step before",
        "mean cosine",
    ),
    Quantity(
        "zero_share",
        "Steps without gradient",
        "share of the epoch's steps in which the layer's gradient is exactly 0",
        "share of steps",
    ),
)


def metric(name: str, loss: str) -> Quantity:
    """A metric, or the loss of that name in Keras, in the words of the figures."""
    words = LOSSES.get(loss, "loss") if name == "loss" else METRICS.get(name, name.replace("_", " "))
    words = words.replace("(%)", "(share)")  # the numbers are those of the file
    short, _, rest = words.partition(":")
    axis = f"{short} ({rest.rpartition('(')[2]}" if "(" in rest else words
    words = words[0].upper() + words[1:]
    return Quantity(name, words, words, axis, zero=False)
