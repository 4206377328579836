"""gradevo: the reproducible record of how gradients evolve while a neural network learns.

``gradevo.record``  train a Keras model and keep every batch's gradient
``gradevo.Run``     read a run file
``gradevo.analyse`` turn a run file into statistics
"""

import os
from typing import TYPE_CHECKING, Any

from gradevo.errors import GradevoError
from gradevo.runfile import Run
from gradevo.statistics import Statistics, analyse

if TYPE_CHECKING:
    from gradevo.recording.keras import record

__all__ = ["GradevoError", "Run", "Statistics", "analyse", "record"]

# TensorFlow reads this while it is imported, which may be after gradevo and before record.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


def __getattr__(name: str) -> Any:
    """Import ``record`` when it is first asked for: TensorFlow takes seconds to load."""
    if name == "record":
        from gradevo.recording.keras import record

        return record
    raise AttributeError(f"module 'gradevo' has no attribute {name!r}")
