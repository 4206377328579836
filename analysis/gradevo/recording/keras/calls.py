"""What a model is made of: the uses of its layers."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Call:
    """One use of a layer in a model.

    layer: what is called, a layer or one of Keras' operations (``x + y``). id: its node of the graph.
    inputs: of its flattened arguments, the place of each that another layer gives, and that layer's id.
    shape: of its first output, with the batch. arguments: names of its keyword arguments. sequence: of a
    recurrent layer, which of the inputs is the sequence, and times: its time steps; else None.
    leaves: whether what the layer gives is an output of the model.
    """

    layer: Any
    id: str
    inputs: tuple[tuple[int, str], ...]
    shape: tuple[int | None, ...] = ()
    arguments: tuple[str, ...] = ()
    sequence: int | None = None
    times: int | None = None
    leaves: bool = False
