"""Recording of Keras models: in one's own ``fit``, or by ``record``."""

from typing import TYPE_CHECKING, Any

from gradevo.recording.keras.callback import GradientRecorder

if TYPE_CHECKING:
    from gradevo.recording.keras.record import record

__all__ = ["GradientRecorder", "record"]


def __getattr__(name: str) -> Any:
    """``record`` loads TensorFlow; the callback does with Keras' other backends, too."""
    if name == "record":
        from gradevo.recording.keras.record import record

        return record
    raise AttributeError(f"module 'gradevo.keras' has no attribute {name!r}")
