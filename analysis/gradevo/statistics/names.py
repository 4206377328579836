"""The names of all statistics, in the order in which files list them.

``docs/statistics.md`` gives every formula.
"""

TOTAL = "total"
"""The column that stands for all parameters together."""

ORDERS = (1, 2)
"""The orders k of the norms."""


def _norms(order: int) -> tuple[str, ...]:
    names = (
        f"l{order}_norm",
        f"l{order}_norm_acc",
        f"acc_l{order}_norm",
        f"l{order}_dissolving_norm",
    )
    return names + tuple(f"{name}_standardized" for name in names)


EPOCH_STATISTICS: tuple[str, ...] = (
    *(name for order in ORDERS for name in _norms(order)),
    "highest",
    "highest_acc",
    "update_to_weight",
)
"""One value per epoch and column."""

STEP_STATISTICS: tuple[str, ...] = (
    *(f"l{order}_norm_individual{suffix}" for order in ORDERS for suffix in ("", "_standardized")),
    "cosine",
    "sign_flip_rate",
    "density",
)
"""One value per step and column."""

LAYER_STATISTICS: tuple[str, ...] = ("gradient_norm", "highest_gradient_norm", "layer_cosine", "zero_share")
"""One value per epoch and layer that owns tensors."""

STEP_SCALARS: tuple[str, ...] = ("epoch", "batch_size", "loss")
"""One value per step, taken over from the run file."""
