"""gradevo: the reproducible record of how gradients evolve while a neural network learns.

``gradevo.record``        train a Keras model and keep every batch's gradient
``gradevo.keras``         keep them inside ``fit``
``gradevo.torch``         keep those of a loop in PyTorch
``gradevo.lightning``     of Lightning's trainer
``gradevo.transformers``  of Hugging Face's trainer
``gradevo.jax``           hand the gradients of a training in JAX to a recorder
``gradevo.Recorder``      keep every step's gradients of any training loop
``gradevo.Run``           read a run file
``gradevo.analyse``       turn a run file into statistics, ``gradevo.Statistics``
``gradevo.figure``        draw any picture of them, without a file
``gradevo.watch``         a page that follows records while they grow
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradevo.errors import GradevoError
    from gradevo.live.server import Watch as watch
    from gradevo.pictures.shown import figure
    from gradevo.recording.keras.record import record
    from gradevo.recording.recorder import Recorder
    from gradevo.runfile.reader import Run
    from gradevo.statistics.analyse import analyse
    from gradevo.statistics.store import Statistics

__all__ = ["GradevoError", "Recorder", "Run", "Statistics", "analyse", "figure", "record", "watch"]

_HOMES = {
    "GradevoError": "errors",
    "Recorder": "recording.recorder",
    "Run": "runfile.reader",
    "Statistics": "statistics.store",
    "analyse": "statistics.analyse",
    "figure": "pictures.shown",
    "record": "recording.keras.record",
}

# Called like a function.
_CLASSES = {"watch": ("live.server", "Watch")}

# A module each, which needs its framework.
FRAMEWORKS = ("jax", "keras", "lightning", "torch", "transformers")

# TensorFlow reads this while it is imported, which may be after gradevo and before record.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for: TensorFlow takes seconds to load."""
    if name in _HOMES:
        return getattr(import_module(f"gradevo.{_HOMES[name]}"), name)
    if name in _CLASSES:
        home, own = _CLASSES[name]
        return getattr(import_module(f"gradevo.{home}"), own)
    if name in FRAMEWORKS:
        try:
            return import_module(f"gradevo.{name}")
        except ModuleNotFoundError as error:
            raise __getattr__("GradevoError")(
                f"gradevo.{name}: expected {error.name} to be installed, found it missing; "
                f"pip install 'gradevo[{name}]'"
            ) from error
    raise AttributeError(f"module 'gradevo' has no attribute {name!r}")
