"""Loss and metrics over a whole split, in one compiled call."""

from collections.abc import Callable

import keras
import tensorflow as tf

from gradevo.recording.batches import Examples

# Large enough to amortize a batch's overhead, small enough that activations stay small.
EVALUATION_BATCH = 256


def compile_evaluation(
    model: keras.Model, data: Examples, batch_size: int
) -> tuple[Callable[[Examples], dict[str, float]], list[str]]:
    """A function ``Examples -> metric name -> value``, and the metrics' names.

    The values are those of ``model.evaluate`` at the same batch size: the loss with its
    penalties, then the compiled metrics. It is traced once for splits of any length.
    """
    size = max(batch_size, EVALUATION_BATCH)
    # Keras creates the metrics' variables when it sees the first batch, and only then
    # knows their names.
    names = list(model.test_step(data.batch(tf.range(1, dtype=tf.int64))))

    def any_length(tensor: tf.Tensor) -> tf.TensorSpec:
        return tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype)

    @tf.function(
        input_signature=[
            tf.nest.map_structure(any_length, data.x),
            tf.nest.map_structure(any_length, data.y),
            tf.TensorSpec((), tf.int64),
        ]
    )
    def run(x: tf.Tensor, y: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
        model.reset_metrics()
        for start in tf.range(0, count, size):
            model.test_step(
                tf.nest.map_structure(lambda array: array[start : start + size], (x, y))  # noqa: B023
            )
        results = model.get_metrics_result()
        return tf.stack([tf.cast(results[name], tf.float64) for name in names])

    def evaluate(split: Examples) -> dict[str, float]:
        values = run(split.x, split.y, tf.constant(split.count, tf.int64)).numpy()
        return dict(zip(names, values.tolist(), strict=True))

    return evaluate, names
