"""Training a Keras model while every batch's gradient goes to a run file.

``record``      the public function
``runtime``     TensorFlow's switches, set before it loads
``batches``     the data on the device and the order of examples
``steps``       many optimizer steps in one compiled call
``evaluation``  metrics over a whole split in one compiled call
``state``       what resuming needs beside the weights
``identity``    when a partial file may be continued
"""

from .record import Epoch, record
from .runtime import prepare

__all__ = ["Epoch", "prepare", "record"]
