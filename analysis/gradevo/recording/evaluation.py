"""Loss and metrics over a whole split, in one compiled call."""

from collections.abc import Callable

import keras
import tensorflow as tf

from gradevo.recording.batches import Examples

# Inputs of a batch, where the training's own batch is smaller: enough to amortize the batch's
# overhead for small examples, not so much that the activations of large ones leave the cache.
EVALUATION_BYTES = 64 << 10


def compile_evaluation(
    model: keras.Model, data: Examples, batch_size: int
) -> tuple[Callable[[Examples], dict[str, float]], list[str]]:
    """A function ``Examples -> metric name -> value``, and the metrics' names.

    The values are those of ``model.evaluate`` at the same batch size: the loss with its
    penalties, then the compiled metrics. It is traced once for splits of any length.
    """
    inputs = sum(array[:1].numpy().nbytes for array in tf.nest.flatten(data.x))
    size = max(batch_size, EVALUATION_BYTES // max(1, inputs))
    # Keras creates the metrics' variables when it sees the first batch, and only then
    # knows their names.
    names = list(model.test_step(data.batch(tf.range(1, dtype=tf.int64))))

    def any_length(tensor: tf.Tensor) -> tf.TensorSpec:
        return tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype)

    specs = [tf.nest.map_structure(any_length, part) for part in (data.x, data.y)]

    @tf.function(input_signature=[*specs, tf.TensorSpec((), tf.int64)], autograph=False)
    def run(x: tf.Tensor, y: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
        def one_batch(start: tf.Tensor) -> tuple[tf.Tensor]:
            model.test_step(tf.nest.map_structure(lambda array: array[start : start + size], (x, y)))
            return (start + size,)

        model.reset_metrics()
        tf.while_loop(lambda start: start < count, one_batch, (tf.constant(0, tf.int64),))
        results = model.get_metrics_result()
        return tf.stack([tf.cast(results[name], tf.float64) for name in names])

    def evaluate(split: Examples) -> dict[str, float]:
        values = run(split.x, split.y, tf.constant(split.count, tf.int64)).numpy()
        return dict(zip(names, values.tolist(), strict=True))

    return evaluate, names
