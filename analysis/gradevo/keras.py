"""Recording of Keras models: in one's own ``fit``, or by ``record``."""

from gradevo.recording.keras.callback import GradientRecorder
from gradevo.recording.keras.record import record

__all__ = ["GradientRecorder", "record"]
