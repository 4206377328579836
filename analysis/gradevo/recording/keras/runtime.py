"""TensorFlow's switches: set here, before it loads or computes."""

import os
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

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

P = ParamSpec("P")
R = TypeVar("R")

_deterministic = False


def prepare(threads: int | None = None, deterministic: bool = True) -> None:
    """Make TensorFlow reproducible and keep it to ``threads`` threads.

    Must run before TensorFlow computes anything; it ignores OMP_NUM_THREADS. Two runs
    with the same number of threads on the same kind of machine agree to the last bit, if ``deterministic``;
    TensorFlow cannot take that back within a process. Raises GradevoError where it would have to.
    """
    global _deterministic
    if threads is not None:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    if deterministic:
        tf.config.experimental.enable_op_determinism()
        _deterministic = True
    elif _deterministic:
        raise GradevoError(
            "deterministic: expected True, since an earlier training of this process made all operations "
            "deterministic, found False; start a new process"
        )


def refusals_explained(function: Callable[P, R]) -> Callable[P, R]:
    """What trains, with a line of its own for an operation that has no deterministic kernel."""

    @wraps(function)
    def explained(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except (RuntimeError, tf.errors.OpError) as error:
            lines = [line for line in str(error).splitlines() if "determinis" in line]
            if not (_deterministic and lines):
                raise
            raise GradevoError(
                f"deterministic: expected operations that compute the same bits every time, found one that "
                f"cannot ({lines[0].strip()}); pass deterministic=False"
            ) from error

    return explained


def threads() -> int:
    """Threads that TensorFlow takes for one operation; 0 when it decides by itself."""
    return int(tf.config.threading.get_intra_op_parallelism_threads())


def devices() -> list[str]:
    """Kinds of the devices that TensorFlow computes on, such as ["CPU"]."""
    return sorted({device.device_type for device in tf.config.list_logical_devices()})
