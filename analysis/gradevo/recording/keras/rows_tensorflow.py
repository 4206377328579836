"""Rows of a variable, which TensorFlow's compiled train step fills."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from gradevo.recording.keras.rows import NAN, Batch, StepRows, joined
from gradevo.recording.keras.steps import flattened, norms_of


class VariableRows(StepRows):
    """`StepRows` on TensorFlow: they wait on the device, in a ``tf.Variable`` of ``rows`` rows."""

    def __init__(self, model: keras.Model, *args: Any, **options: Any) -> None:
        super().__init__(model, *args, **options)
        self._boxes: dict[str, tf.Variable] = {}
        with tf.init_scope():
            self._block = tf.Variable(tf.zeros((self.rows, self._width), self._dtype), trainable=False)
            self._count = tf.Variable(0, dtype=tf.int64, trainable=False)
            self._zero = tf.constant(0, tf.int64)

    def fetch(self) -> NDArray[Any]:
        """The rows since it was last asked, ``(k, width)``."""
        with tf.init_scope():
            # TensorFlow's own operations: the calls around them take longer than an epoch of a small network
            # can spare.
            resource = self._count.handle
            count = int(tf.raw_ops.ReadVariableOp(resource=resource, dtype=tf.int64))
            tf.raw_ops.AssignVariableOp(resource=resource, value=self._zero)
            rows = tf.raw_ops.ResourceGather(
                resource=self._block.handle, indices=np.arange(count), dtype=self._block.dtype
            )
            return np.asarray(memoryview(rows))

    def _batch(self) -> Batch:
        return Batch(None if tf.executing_eagerly() else tf.compat.v1.get_default_graph())

    def _cast(self, number: Any) -> tf.Tensor:
        return tf.cast(number, self._dtype)

    def _flattened(self, values: Sequence[Any], sizes: Sequence[int]) -> tf.Tensor:
        return flattened(values, sizes, tf.as_dtype(self._dtype))

    def _norms_of(self, flat: tf.Tensor, sizes: Sequence[int]) -> tf.Tensor:
        return norms_of(flat, sizes)

    def _examples(self, data: Any) -> Any:
        """The examples of a batch, by the first of its tensors that has an axis; None where none has."""
        for leaf in tf.nest.flatten(data):
            if isinstance(leaf, tf.RaggedTensor):
                return leaf.nrows()
            if isinstance(leaf, tf.SparseTensor):
                return leaf.dense_shape[0]
            if hasattr(leaf, "shape"):
                shape = tf.TensorShape(leaf.shape)
                if shape.rank is None or (shape.rank and shape[0] is None):
                    return tf.shape(leaf)[0]
                if shape.rank:
                    return shape[0]
        return None

    def _keep(self, batch: Batch, name: str, value: Any, how: str = "") -> None:
        """Keep what is known of a batch.

        What is computed in a graph inside the step's (a condition, a loop, a function) cannot be read
        outside of it: it goes through a variable.
        """
        here = None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()
        if here is batch.graph:
            super()._keep(batch, name, value, how)
            return
        self._given.add(name)
        value = self._cast(value)
        if name not in self._boxes:
            with tf.init_scope():
                initial = tf.fill(value.shape, self._cast(_missing(name)))
                self._boxes[name] = tf.Variable(initial, trainable=False)
        box = self._boxes[name]
        box.assign(joined(box, value, how))

    def _write(self, batch: Batch) -> None:
        row = self._row(self._unboxed(batch.known))
        tf.raw_ops.ResourceScatterUpdate(
            resource=self._block.handle, indices=self._count.read_value(), updates=row
        )
        self._count.assign_add(1)

    def _unboxed(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """What is known, that which went through variables with it; these begin anew."""
        found = dict(known)
        for name, box in self._boxes.items():
            value = box.read_value()
            how = {"gradient": "add", "applied": "fill"}.get(name, "")
            found[name] = joined(value, known[name], how or "fill") if name in known else value
            box.assign(tf.fill(box.shape, self._cast(_missing(name))))
        return found


def _missing(name: str) -> float:
    """What stands for what a batch does not give: a loss that does not depend on a tensor has gradient 0."""
    return 0.0 if name == "gradient" else NAN
