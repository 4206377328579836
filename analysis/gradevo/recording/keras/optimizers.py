"""The optimizers of a model, and what they tell of a step, on any of Keras' backends."""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import keras
from keras import ops


def optimizers_of(model: keras.Model) -> dict[str, keras.Optimizer]:
    """The optimizers that a model and the models inside it hold, each with the prefix of its numbers.

    None for a single one. Of several, the names of the attributes that hold them.
    """
    found: dict[int, tuple[str, keras.Optimizer]] = {}
    for layer in model._flatten_layers():
        folder = "" if layer is model else f"{layer.name}_"
        for name, value in vars(layer).items():
            if isinstance(value, keras.optimizers.Optimizer):
                found.setdefault(id(value), (f"{folder}{name.lstrip('_')}", value))
            elif not name.startswith("_") and isinstance(value, list | tuple | dict):
                several = value.items() if isinstance(value, dict) else enumerate(value)
                for key, one in several:
                    if isinstance(one, keras.optimizers.Optimizer):
                        found.setdefault(id(one), (f"{folder}{name.lstrip('_')}_{key}", one))
    names: dict[str, keras.Optimizer] = {}
    for name, optimizer in found.values():
        prefix = f"{name}_" if len(found) > 1 else ""
        while prefix in names:
            prefix += "_"
        names[prefix.replace("/", "_")] = optimizer
    return names


def inner_of(optimizer: keras.Optimizer) -> keras.Optimizer:
    """The optimizer whose loss another one scales; else itself."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def alters(optimizer: keras.Optimizer) -> bool:
    """Whether an optimizer applies another gradient than it is handed: clipped, or the mean of several."""
    return bool(
        optimizer.clipnorm
        or optimizer.global_clipnorm
        or optimizer.clipvalue
        or optimizer.gradient_accumulation_steps
    )


def numbers_of(optimizer: keras.Optimizer) -> list[str]:
    """What `scale_of` tells of every step."""
    skips = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    scaled = ["loss_scale", "skipped"] if skips or optimizer.loss_scale_factor is not None else []
    return ["learning_rate", *scaled]


def scale_of(optimizer: keras.Optimizer, flat: Any, grads: Sequence[Any]) -> tuple[Any, dict[str, Any]]:
    """A gradient of the scaled loss in units of the loss itself, and numbers of the step.

    flat: the gradient, or a part of it. grads: all that the optimizer is handed. The gradient is zero in a
    step that the optimizer skips because one of them overflowed.
    """
    numbers = {"learning_rate": optimizer.learning_rate}
    one = ops.ones((), "float32")
    scaled = optimizer.scale_loss(one)
    if scaled is one:
        return flat, numbers
    scale = ops.cast(scaled, flat.dtype)
    skips = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    skipped = ops.logical_not(optimizer.check_finite(grads)) if skips else ops.zeros((), "bool")
    numbers |= {"loss_scale": scale, "skipped": skipped}
    return ops.where(skipped, ops.zeros_like(flat), flat / scale), numbers


def applied_norms(
    optimizer: keras.Optimizer,
    flat: Any,
    variables: Sequence[keras.Variable],
    flattened: Callable[[Sequence[Any], Sequence[int]], Any],
    norms_of: Callable[[Any, Sequence[int]], Any],
) -> Any:
    """The norms of what an optimizer is to apply of a gradient, computed beside it.

    Were its own tensors asked for, TensorFlow would compute other last bits of them.

    Args:
        optimizer: That does not scale a loss; see `inner_of`.
        flat: The gradient of the loss itself, of all variables joined, ``(parameters,)``.
        variables: Which it is of.
        flattened: Joins arrays, given their sizes. norms_of: The Euclidean norms of joined ones.

    Returns:
        ``(len(variables),)``; NaN in a step in which gradients are only accumulated.
    """
    sizes = [prod(variable.shape) for variable in variables]
    due = None
    every = optimizer.gradient_accumulation_steps
    if every:
        if optimizer.built:
            indices = [optimizer._get_variable_index(variable) for variable in variables]
            flat += flattened([optimizer._accumulated_gradients[i] for i in indices], sizes)
        flat /= every
        due = ops.equal((optimizer._iterations + 1) % every, 0)
    if optimizer.clipvalue and not (optimizer.clipnorm or optimizer.global_clipnorm):
        flat = ops.clip(flat, -optimizer.clipvalue, optimizer.clipvalue)
    norms = norms_of(flat, sizes)
    if optimizer.clipnorm:
        norms *= ops.minimum(1.0, optimizer.clipnorm / norms)  # as Keras does: NaN of what is infinite
    elif optimizer.global_clipnorm:
        norms *= ops.minimum(1.0, optimizer.global_clipnorm / ops.norm(norms))
    return norms if due is None else ops.where(due, norms, ops.full_like(norms, float("nan")))
