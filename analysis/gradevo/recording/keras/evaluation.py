"""Loss and metrics over a whole split, in one compiled call."""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from gradevo.errors import GradevoError
from gradevo.recording.keras.batches import Examples

# Inputs of a batch, where the training's own batch is smaller: enough to amortize the batch's
# overhead for small examples, not so much that the activations of large ones leave the cache.
EVALUATION_BYTES = 64 << 10


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
    names = _names(model, data)
    inputs = sum(array[:1].numpy().nbytes for array in tf.nest.flatten(data.x))
    size = max(batch_size, EVALUATION_BYTES // max(1, inputs))
    one_batch_each = all(split.count <= size for split in splits)

    def any_length(tensor: tf.Tensor) -> tf.TensorSpec:
        return tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype)

    specs = [tf.nest.map_structure(any_length, part) for part in (data.x, data.y)]

    @tf.function(input_signature=[*specs, tf.TensorSpec((), tf.int64)], autograph=False)
    def run(x: tf.Tensor, y: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
        def one_batch(start: tf.Tensor) -> tuple[tf.Tensor]:
            model.test_step(tf.nest.map_structure(lambda array: array[start : start + size], (x, y)))
            return (start + size,)

        model.reset_metrics()
        if one_batch_each:  # without a loop it is traced and run in half the time
            model.test_step((x, y))
        else:
            tf.while_loop(lambda start: start < count, one_batch, (tf.constant(0, tf.int64),))
        results = model.get_metrics_result()
        return tf.stack([tf.cast(results[name], tf.float64) for name in names])

    traced = run.get_concrete_function()

    def evaluate(split: Examples) -> dict[str, float]:
        values = traced(split.x, split.y, tf.constant(split.count, tf.int64)).numpy()
        return dict(zip(names, values.tolist(), strict=True))

    return evaluate, names


def _names(model: keras.Model, data: Examples) -> list[str]:
    """Names of the metrics; Keras creates their variables when it sees the first batch."""
    results = model.test_step(data.batch(tf.range(1, dtype=tf.int64)))
    for name, value in results.items():
        if value.shape.rank or "/" in name:
            raise GradevoError(
                f"metric {name}: expected a metric that is one number and has no slash in its name, "
                f"found shape {tuple(value.shape)}; give it an average, another name, or leave it out"
            )
    return list(results)
