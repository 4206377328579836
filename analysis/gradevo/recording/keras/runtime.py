"""TensorFlow's switches: set here, before it loads or computes."""

import os

# oneDNN is off by default on some processors, and two to four times faster on
# convolutions; TensorFlow reads the variable while it is imported.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import keras

from gradevo.errors import GradevoError

if keras.backend.backend() != "tensorflow":
    raise GradevoError(
        f"record: expected Keras on TensorFlow, found {keras.backend.backend()}; "
        'call model.fit(…, callbacks=[gradevo.keras.GradientRecorder("run.h5")])'
    )

import tensorflow as tf


def prepare(threads: int | None = None) -> None:
    """Make TensorFlow reproducible and keep it to ``threads`` threads.

    Must run before TensorFlow computes anything; it ignores OMP_NUM_THREADS. Two runs
    with the same number of threads on the same kind of machine agree to the last bit.
    """
    if threads is not None:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_op_determinism()


def threads() -> int:
    """Threads that TensorFlow takes for one operation; 0 when it decides by itself."""
    return int(tf.config.threading.get_intra_op_parallelism_threads())


def devices() -> list[str]:
    """Kinds of the devices that TensorFlow computes on, such as ["CPU"]."""
    return sorted({device.device_type for device in tf.config.list_logical_devices()})
