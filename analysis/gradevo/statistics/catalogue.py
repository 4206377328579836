"""All statistics, in the order in which files and pages list them.

To add one is to add its entry here, with the function that computes it: files, tables, charts, the report,
the comparison (if it is marked as compared) and the table in ``docs/statistics.md`` follow.
"""

from collections.abc import Iterator
from functools import cache, partial

from gradevo.statistics import derived, formulas
from gradevo.statistics.statistic import PER_WEIGHT, Level, RunValues, Statistic

TOTAL = "total"
"""The column that stands for all parameters together."""

ORDERS = (1, 2)
"""The orders k of the norms."""

STEP_SCALARS: tuple[str, ...] = ("epoch", "batch_size", "loss")
"""One value per step, taken over from the run file."""

LEARNING_RATE = "learning_rate"
"""Taken over, too, where updates were recorded, which it explains."""

SUBSCRIPTS = {1: "₁", 2: "₂"}
G = "g[e]: sum of the batch gradients of epoch e"
A = "A[e] = Σ g[i] over the epochs i ≤ e"


def _epoch_norms(order: int) -> Iterator[Statistic]:
    k = SUBSCRIPTS[order]
    path = f"Σ‖g[i]‖{k}"
    for per_element in (False, True):
        suffix, divided, words, size = (
            ("_standardized", " / n", " per element", "; n: elements of the tensor")
            if per_element
            else ("", "", "", "")
        )
        dissolved = f"({path} − ‖A[e]‖{k})" if per_element else f"{path} − ‖A[e]‖{k}"
        for name, kind, label, symbol, meaning, tells in (
            (
                f"l{order}_norm",
                "norms",
                "Gradient of the epoch",
                f"‖g[e]‖{k}",
                G,
                "how large the epoch's gradient is",
            ),
            (
                f"l{order}_norm_acc",
                "norms_acc",
                "Accumulated gradient",
                f"‖A[e]‖{k}",
                f"{A}; {G}",
                "how large the sum of all gradients so far is, what is left of them",
            ),
            (
                f"acc_l{order}_norm",
                "acc_norms",
                "Accumulated norm",
                path,
                f"sum over the epochs i ≤ e; {G}",
                "the length of the way so far, whatever its direction",
            ),
            (
                f"l{order}_dissolving_norm",
                "dissolving",
                "Dissolved norm",
                dissolved,
                f"sum over i ≤ e; {A}; {G}",
                "how much of the way the epochs' gradients took back from each other",
            ),
        ):
            yield Statistic(
                name + suffix,
                "epoch",
                f"{label}, L{order}{words}",
                f"{symbol}{divided}",
                tells
                + (", per element, so that small tensors count as much as large ones" if per_element else ""),
                formula=f"{symbol}{divided}, {meaning}{size}",
                unit=PER_WEIGHT,
                group=f"L{order} norms{words}",
                # What dissolved by epoch 1 is 0 but for rounding, which a logarithmic axis would blow up.
                logarithmic=False if kind == "dissolving" else None,
                compute=partial(formulas.epoch_norm, kind=kind, order=order, per_element=per_element),
                first=kind == "norms" and order == 2 and not per_element,
            )


def _step_norms(order: int) -> Iterator[Statistic]:
    symbol = f"‖g‖{SUBSCRIPTS[order]}"
    for per_element in (False, True):
        divided, words, size = (
            (" / n", " per element", "; n: elements of the tensor") if per_element else ("", "", "")
        )
        yield Statistic(
            f"l{order}_norm_individual" + ("_standardized" if per_element else ""),
            "step",
            f"Norm of a batch's gradient, L{order}{words}",
            f"{symbol}{divided}",
            f"how large the batch's gradient is{words}",
            formula=f"{symbol}{divided}, g: gradient of one batch{size}",
            unit=PER_WEIGHT,
            group="Norms",
            compute=partial(formulas.batch_norm, order=order, per_element=per_element),
        )


CATALOGUE: tuple[Statistic, ...] = (
    *(statistic for order in ORDERS for statistic in _epoch_norms(order)),
    Statistic(
        "highest",
        "epoch",
        "Highest element of the epoch's gradient",
        "max|g[e]| / c",
        "the largest element of the epoch's gradient",
        formula=f"max|g[e]| / c, {G}; c: the tensor's largest max|A[e]| of all epochs",
        group="Highest elements",
        compute=formulas.highest,
        of=RunValues,
    ),
    Statistic(
        "highest_acc",
        "epoch",
        "Highest element of the accumulated gradient",
        "max|A[e]| / c",
        "the largest element of the accumulated gradient",
        formula=f"max|A[e]| / c, {A}; c: the tensor's largest max|A[e]| of all epochs",
        group="Highest elements",
        compute=formulas.highest_acc,
        of=RunValues,
    ),
    Statistic(
        "update_to_weight",
        "epoch",
        "Update of an epoch relative to the weights",
        "‖Δw‖₂ / ‖w‖₂",
        "how far the epoch moved the weights, relative to their size",
        formula="‖w[e] − w[e−1]‖₂ / ‖w[e−1]‖₂, w[e]: weights after epoch e",
        group="Weights",
        compute=formulas.update_to_weight,
    ),
    *(statistic for order in ORDERS for statistic in _step_norms(order)),
    Statistic(
        "cosine",
        "step",
        "Cosine of successive gradients",
        "cosine",
        "whether successive gradients point the same way (1), at right angles (0) or back (−1)",
        formula="g·p / (‖g‖₂‖p‖₂), g: gradient of one batch, p: of the batch before; 1: same way, −1: back",
        group="Direction",
        compute=formulas.successive_cosine,
        first=True,
    ),
    Statistic(
        "sign_flip_rate",
        "step",
        "Sign flips",
        "share of elements",
        "how many elements turn round; zeros never flip. Such turns steer the step sizes of "
        "delta-bar-delta [1] and Rprop [2]",
        formula="share of elements with gᵢ·pᵢ < 0, g: gradient of one batch, p: of the batch before",
        group="Direction",
        compute=formulas.sign_flip_rate,
    ),
    Statistic(
        "density",
        "step",
        "Density",
        "density",
        "how evenly the gradient is spread: 1 if all elements are equally large, 1/n if only one is "
        "not zero [3]",
        formula="‖g‖₁² / (n‖g‖₂²), g: gradient of one batch; 1: all elements equally large, "
        "1/n: only one is not 0",
        group="Direction",
        compute=formulas.step_density,
    ),
    Statistic(
        "update_norm_individual",
        "step",
        "Norm of a step's update, L2",
        "‖w⁽ˢ⁺¹⁾ − w⁽ˢ⁾‖₂",
        "how far the step moved the weights",
        formula="‖w⁽ˢ⁺¹⁾ − w⁽ˢ⁾‖₂, w⁽ˢ⁾: weights before step s",
        unit="weight",
        group="Updates",
        compute=formulas.update_norm,
        needs="updates",
    ),
    Statistic(
        "update_to_weight_individual",
        "step",
        "Update of a step relative to the weights",
        "‖w⁽ˢ⁺¹⁾ − w⁽ˢ⁾‖₂ / ‖w[e−1]‖₂",
        "how far the step moved the weights, relative to their size; about 10⁻³ is customary [4]",
        formula="‖w⁽ˢ⁺¹⁾ − w⁽ˢ⁾‖₂ / ‖w[e−1]‖₂, w⁽ˢ⁾: weights before step s, w[e−1]: where its epoch e began",
        group="Updates",
        compute=formulas.step_update_to_weight,
        needs="updates",
    ),
    Statistic(
        "applied_to_gradient",
        "step",
        "Gradient left by clipping",
        "‖a‖₂ / ‖g‖₂",
        "which share of the gradient's norm clipping left: 1 where nothing was clipped",
        formula="‖a‖₂ / ‖g‖₂, g: gradient of one batch, a: what the optimizer applied of it; 1: all of it",
        group="Updates",
        compute=formulas.applied_to_gradient,
        needs="applied",
    ),
    Statistic(
        "gradient_norm",
        "layer",
        "Mean norm of batch gradients",
        "mean ‖G‖₂",
        "how large the layer's batch gradients are",
        formula="mean of ‖G‖₂ over the epoch's steps, G: gradient of all tensors of the layer as one vector",
        unit=PER_WEIGHT,
        compute=formulas.mean_norm,
        first=True,
    ),
    Statistic(
        "highest_gradient_norm",
        "layer",
        "Largest norm of batch gradients",
        "max ‖G‖₂",
        "the largest of them",
        formula="max ‖G‖₂ over the epoch's steps, G: gradient of all tensors of the layer as one vector",
        unit=PER_WEIGHT,
        compute=lambda values: values.highest,
    ),
    Statistic(
        "layer_cosine",
        "layer",
        "Mean cosine of successive gradients",
        "mean cosine",
        "whether successive gradients go on (1) or turn back (−1)",
        formula="mean of G·P / (‖G‖₂‖P‖₂) over the epoch's steps, P: the layer's gradient one step before",
        compute=formulas.mean_cosine,
    ),
    Statistic(
        "zero_share",
        "layer",
        "Steps without gradient",
        "share of steps",
        "whether the layer hears of the loss at all",
        formula="share of the epoch's steps in which the layer's gradient is exactly 0",
        compute=lambda values: values.zeros / values.steps,
    ),
    Statistic(
        "gradient_norm",
        "derived",
        "gradient norm, relative",
        "‖g‖₁ / ‖g‖₁ of first epoch",
        "by which factor the epoch's gradient has grown or shrunk since the first epoch",
        formula="Σ ‖g[e]‖₁/n over the tensors, divided by its value in the first epoch "
        "(l1_norm_standardized)",
        read=derived.gradient_norm,
        compared=True,
        logarithmic=True,
        caption="L1 norm per element of the epoch's gradient, which is the sum of its batches' gradients, "
        "relative to the first epoch.",
    ),
    Statistic(
        "dissolving_ratio",
        "derived",
        "dissolving ratio",
        "dissolved / accumulated",
        "which share of the epochs' gradients other epochs have taken back: 0 none, 1 all",
        formula="dissolving norm / accumulated norm, both L1 per element and summed over the tensors "
        "(l1_dissolving_norm_standardized / acc_l1_norm_standardized)",
        read=derived.dissolving_ratio,
        compared=True,
        is_share=True,
        caption="Share of the accumulated norm that has dissolved because the gradients of epochs cancel.",
    ),
    Statistic(
        "path_efficiency",
        "derived",
        "path efficiency",
        "‖Σg‖₂ / Σ‖g‖₂",
        "how straight the way is, batch by batch: 1 if all gradients point the same way; "
        "it counts what cancels within epochs, too",
        formula="‖A[e]‖₂ / Σ ‖g⁽ˢ⁾‖₂ over all batches so far, all parameters as one vector",
        read=derived.path_efficiency,
        compared=True,
        logarithmic=True,
        is_share=True,
        every_batch=True,
        caption="L2 norm of the sum of all batches' gradients so far over the sum of their norms, all "
        "parameters as one vector; 1 is a straight way.",
    ),
    Statistic(
        "highest",
        "derived",
        "highest element",
        "max|g| / largest max|A|",
        "how large the epoch's largest gradient element is in a typical tensor",
        formula="max|g[e]| divided by the tensor's largest max|A|, median over the tensors (highest)",
        read=partial(derived.tensor_median, statistic="highest"),
        compared=True,
        logarithmic=True,
        caption="Largest element of the epoch's gradient, relative to the largest accumulated element of the "
        "same tensor; median over the tensors.",
    ),
    Statistic(
        "highest_acc",
        "derived",
        "highest accumulated element",
        "max|A| / largest max|A|",
        "how far a typical tensor's largest accumulated element has come: 1 is its maximum",
        formula="max|A[e]| divided by its largest value of all epochs, median over the tensors (highest_acc)",
        read=partial(derived.tensor_median, statistic="highest_acc"),
        compared=True,
        is_share=True,
        caption="The same of the accumulated gradient.",
    ),
    Statistic(
        "cosine",
        "derived",
        "cosine of successive gradients",
        "cosine",
        "whether successive batches agree (1), are unrelated (0) or oppose each other (−1)",
        formula="g·p / (‖g‖₂‖p‖₂) of a batch's gradient g and the one before p, all parameters as "
        "one vector, mean over the epoch's batches",
        read=partial(derived.epoch_mean, statistic="cosine"),
        compared=True,
        every_batch=True,
        last_quarter=True,
        reference=0.0,
        caption="Cosine of the angle between the gradients of successive batches, mean over the epoch's "
        "batches; the grey line marks a right angle.",
    ),
    Statistic(
        "sign_flip_rate",
        "derived",
        "sign flips",
        "share of elements",
        "how many elements turn round from batch to batch; half of them if signs are random",
        formula="share of all elements whose sign is opposite to that in the batch before, "
        "mean over the epoch's batches",
        read=partial(derived.epoch_mean, statistic="sign_flip_rate"),
        compared=True,
        is_share=True,
        every_batch=True,
        last_quarter=True,
        reference=0.5,
        caption="Share of elements whose sign is opposite to that in the batch before, mean over the epoch's "
        "batches; the grey line marks one half.",
    ),
    Statistic(
        "update_to_weight",
        "derived",
        "update-to-weight ratio",
        "‖Δw‖₂ / ‖w‖₂",
        "how far an epoch moves the weights, relative to their size",
        formula="norm of an epoch's change of all weights, divided by the norm of the weights before it",
        read=partial(derived.total, statistic="update_to_weight"),
        compared=True,
        logarithmic=True,
        caption="Norm of the epoch's change of all weights over their norm.",
    ),
)


@cache
def of_level(level: Level) -> dict[str, Statistic]:
    """Name -> statistic, of one level."""
    return {one.name: one for one in CATALOGUE if one.level == level}


@cache
def compared() -> dict[str, Statistic]:
    """Name -> statistic, of those by which experiments are compared, in the order of their panels."""
    return {one.name: one for one in CATALOGUE if one.compared}
