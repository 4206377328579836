"""Many optimizer steps in one compiled call, and the metrics over a whole split in another.

A Python loop of eager steps spends most of its time outside the arithmetic: small models
run 20 times faster when TensorFlow loops itself and hands back a block of gradients.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import prod
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from gradevo.errors import GradevoError
from gradevo.recording.keras import state
from gradevo.recording.keras.batches import HOST, Examples, Nest
from gradevo.recording.keras.calls import Call
from gradevo.recording.keras.graph import through_time
from gradevo.recording.keras.optimizers import alters, applied_norms, inner_of, numbers_of, scale_of
from gradevo.recording.keras.taps import edge_norms, tapped, time_norms
from gradevo.runfile.schema import ACTIVATION_GRADIENTS

# Inputs of a batch of an evaluation, where the training's own batch is smaller: enough to amortize the
# batch's overhead for small examples, not so much that the activations of large ones leave the cache.
EVALUATION_BYTES = 64 << 10


class Block(NamedTuple):
    """Consecutive steps; k is smaller than asked for when a stop was asked for and met.

    gradients: ``(k, parameters)``, tensors flattened and joined in the model's order,
    before any clipping by the optimizer, in units of the loss. Zero in a step that the optimizer skipped
    because a scaled gradient overflowed. finite: ``(k,)``, whether the loss and every element of the gradient
    are. series: path in the run file -> k rows; "steps/updates" and "steps/applied" -> ``(k, tensors)``:
    the loss and the learning rate; where the loss is scaled, its scale and whether the step was skipped;
    where the steps were compiled with calls, norms of the gradients at the model's edges, and at the time
    steps of the input of recurrent layers.
    """

    gradients: NDArray[np.floating]
    finite: NDArray[np.bool_]
    series: dict[str, NDArray[np.floating]]


def loss_of(model: keras.Model, x: Nest, y: Nest) -> tf.Tensor:
    """The loss of a batch in training, by the arguments that the model's methods take, as in ``fit``."""
    predicted = state.forward(model, x, training=True)
    return model._compute_loss(x=x, y=targets(y), y_pred=predicted, sample_weight=None, training=True)


def targets(y: Nest) -> Nest:
    """The targets of a batch as Keras wants them: None where there are none."""
    return None if isinstance(y, tuple) and not y else y


def flattened(values: Sequence[Any], sizes: Sequence[int], kind: tf.DType) -> tf.Tensor:
    """The values of all variables in one tensor, ``(parameters,)``; zero where there is none."""
    parts = [
        tf.zeros([size], kind)
        if value is None
        else tf.cast(tf.reshape(tf.convert_to_tensor(value), [-1]), kind)
        for value, size in zip(values, sizes, strict=True)
    ]
    return tf.concat(parts, 0)


def norms_of(flat: tf.Tensor, sizes: Sequence[int]) -> tf.Tensor:
    """The Euclidean norms of joined arrays, ``(len(sizes),)``."""
    # Half the squares' sum, in one pass without a tensor of squares.
    return tf.sqrt(2 * tf.stack([tf.nn.l2_loss(part) for part in tf.split(flat, list(sizes))]))


def compiled(model: keras.Model, signature: Sequence[Any]) -> Callable[[Callable[..., Any]], Any]:
    """A decorator: trace a function now, unless the model is to run eagerly (``run_eagerly``)."""

    def trace(function: Callable[..., Any]) -> Any:
        if model.run_eagerly:
            return function
        # Without autograph, which would take longer to rewrite the function than TensorFlow to trace it.
        return tf.function(function, input_signature=signature, autograph=False).get_concrete_function()

    return trace


def compile_steps(
    model: keras.Model,
    data: Examples,
    batch_size: int,
    dtype: str,
    stop_on_nonfinite: bool,
    calls: Sequence[Call] = (),
    updates: bool = False,
) -> Callable[[NDArray[np.int64], int, int], Block]:
    """A function ``(order, first, count) -> Block`` that trains ``model`` in place.

    It takes steps ``first`` to ``first + count - 1`` of an epoch whose examples come in
    ``order``. With ``stop_on_nonfinite`` it returns after the first step whose loss or
    gradient is not finite (that step's update is still applied). calls: those whose inputs' gradients
    are to be recorded, too. updates: whether ‖w⁽ˢ⁺¹⁾−w⁽ˢ⁾‖₂ of every tensor is.
    """
    variables = model.trainable_variables
    sizes = [prod(variable.shape) for variable in variables]
    kind = tf.as_dtype(dtype)
    optimizer = model.optimizer
    scheduled = isinstance(
        inner_of(optimizer)._learning_rate, keras.optimizers.schedules.LearningRateSchedule
    )
    numbers = numbers_of(optimizer)[0 if scheduled else 1 :]
    paths = ["steps/loss", *(f"steps/{name}" for name in numbers)]
    clips = alters(inner_of(optimizer))
    norms = [*(["updates"] if updates else []), *(["applied"] if clips else [])]
    paths += [f"steps/{norm}" for norm in norms]
    if calls:
        paths += [ACTIVATION_GRADIENTS, *(f"through_time/{layer}" for layer in through_time(calls))]
    index = tf.TensorSpec((), tf.int64)

    def applied_of(gradient: Sequence[Any], flat: tf.Tensor, told: Mapping[str, Any]) -> tf.Tensor:
        """Norms of what the optimizer is to apply: (variables,); NaN where it applies nothing."""
        joined = partial(flattened, kind=kind)
        found = applied_norms(inner_of(optimizer), flat, variables, joined, norms_of)
        nothing = tf.constant([one is None for one in gradient])
        if "skipped" in told:
            nothing |= told["skipped"]
        return tf.where(nothing, tf.constant(float("nan"), kind), found)

    @compiled(model, [tf.TensorSpec((data.count,), tf.int64), index, index])
    def run(order: tf.Tensor, first: tf.Tensor, count: tf.Tensor) -> tuple[tf.Tensor, ...]:
        size = tf.cast(count, tf.int32)

        def unfinished(step: tf.Tensor, healthy: tf.Tensor, *_: tf.TensorArray) -> tf.Tensor:
            return (step < size) & healthy if stop_on_nonfinite else step < size

        def one_step(
            step: tf.Tensor, _: tf.Tensor, before: tf.Tensor, *records: tf.TensorArray
        ) -> tuple[Any, ...]:
            start = (first + tf.cast(step, tf.int64)) * batch_size
            x, y = data.batch(order[start : start + batch_size])
            with tf.GradientTape() as tape, tapped(calls, tape) as edges:
                loss = loss_of(model, x, y)
                scaled = optimizer.scale_loss(loss)
            gradient, flowing = tape.gradient(scaled, (list(variables), edges))
            flat = flattened(gradient, sizes, kind)
            flat, told = scale_of(optimizer, flat, gradient)
            if scaled is not loss:
                scale = tf.cast(told["loss_scale"], tf.float32)
                flowing = [None if g is None else tf.cast(g, tf.float32) / scale for g in flowing]
            values = [tf.cast(loss, kind), *(tf.cast(told[name], tf.float64) for name in numbers)]
            applied = [applied_of(gradient, flat, told)] if clips else []
            optimizer.apply(gradient, variables)
            healthy = tf.math.is_finite(loss) & tf.reduce_all(tf.math.is_finite(flat))
            values = [flat, healthy, *values]
            if updates:
                after = flattened(variables, sizes, kind)
                values.append(norms_of(after - before, sizes))
                before = after
            values += applied
            if calls:
                values += [edge_norms(flowing), *time_norms(calls, flowing)]
            written = [record.write(step, value) for record, value in zip(records, values, strict=True)]
            return (step + 1, healthy, before, *written)

        widths = [sum(len(call.inputs) for call in calls), *through_time(calls).values()] if calls else []
        empty = (
            tf.TensorArray(kind, size, element_shape=(sum(sizes),), clear_after_read=False),
            tf.TensorArray(tf.bool, size, element_shape=()),
            tf.TensorArray(kind, size, element_shape=()),
            *(tf.TensorArray(tf.float64, size, element_shape=()) for _ in numbers),
            *(tf.TensorArray(kind, size, element_shape=(len(variables),)) for _ in norms),
            *(tf.TensorArray(tf.float32, size, element_shape=(width,)) for width in widths),
        )
        before = flattened(variables, sizes, kind) if updates else tf.zeros((), kind)
        begin = (tf.constant(0), tf.constant(True), before)
        step, _, _, *taken = tf.while_loop(unfinished, one_step, (*begin, *empty))
        done = tf.range(step)
        return tuple(array.gather(done) for array in taken)

    def steps(order: NDArray[np.int64], first: int, count: int) -> Block:
        block = run(tf.constant(order, tf.int64), tf.constant(first, tf.int64), tf.constant(count, tf.int64))
        gradients, finite, *series = (part.numpy() for part in block)
        values = dict(zip(paths, series, strict=True))
        if not scheduled:  # nothing changes it within a call
            values["steps/learning_rate"] = np.full(len(finite), float(optimizer.learning_rate))
        return Block(gradients, finite, values)

    return steps


def compile_evaluation(
    model: keras.Model, splits: Sequence[Examples], batch_size: int
) -> tuple[Callable[[Examples], dict[str, float]], list[str]]:
    """A function ``Examples -> metric name -> value`` for the splits, and the metrics' names.

    The values are those of ``model.evaluate``: the loss with its penalties, then the compiled
    metrics. Batches are at least as large as in training, which a metric that is a mean over
    examples does not show. Traced once for all splits. Raises GradevoError for a metric that
    is not one number.
    """
    data = splits[0]
    fixed = state.fixed_batch(model)

    def one_step(x: Nest, y: Nest) -> Any:
        return model.test_step((x, y) if targets(y) is not None else (x,))

    try:
        with state.carrying_nothing(model):
            # Keras creates the metrics' variables when it sees the first batch.
            shown = one_step(*data.batch(tf.range(fixed or 1, dtype=tf.int64)))
    except (ValueError, TypeError, KeyError, tf.errors.InvalidArgumentError) as error:
        shapes = ", ".join(str(array.shape) for array in data.arrays)
        raise GradevoError(
            f"training data: expected data that the model and its loss take, found shapes {shapes} "
            f"({str(error).strip().splitlines()[0]})"
        ) from error
    for name, value in shown.items():
        if value.shape.rank or "/" in name:
            raise GradevoError(
                f"metric {name}: expected a metric that is one number and has no slash in its name, "
                f"found shape {tuple(value.shape)}; give it an average, another name, or leave it out"
            )
    names = list(shown)
    inputs = sum(array[:1].numpy().nbytes for array in tf.nest.flatten(data.x))
    size = fixed or max(batch_size, EVALUATION_BYTES // max(1, inputs))
    one_batch_each = all(split.count <= size for split in splits)

    def any_length(tensor: tf.Tensor) -> tf.TensorSpec:
        return tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype)

    specs = [tf.nest.map_structure(any_length, part) for part in (data.x, data.y)]

    @compiled(model, [*specs, tf.TensorSpec((), tf.int64)])
    def run(x: tf.Tensor, y: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
        def one_batch(start: tf.Tensor) -> tuple[tf.Tensor]:
            with tf.device(HOST):
                batch = tf.nest.map_structure(lambda array: array[start : start + size], (x, y))
            one_step(*batch)
            return (start + size,)

        model.reset_metrics()
        if one_batch_each:  # without a loop it is traced and run in half the time
            one_step(x, y)
        else:
            tf.while_loop(lambda start: start < count, one_batch, (tf.constant(0, tf.int64),))
        results = model.get_metrics_result()
        return tf.stack([tf.cast(results[name], tf.float64) for name in names])

    def evaluate(split: Examples) -> dict[str, float]:
        with state.carrying_nothing(model):
            values = run(split.x, split.y, tf.constant(split.count, tf.int64)).numpy()
        return dict(zip(names, values.tolist(), strict=True))

    return evaluate, names
