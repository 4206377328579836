"""A model's layers and how they are connected, as the run file keeps them."""

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True)
class Layer:
    """A node of the graph.

    id: unique in the graph; kind: the layer's class, such as "Conv2D"; tensors: paths of its trainable
    tensors in the run file, none for a layer without weights.
    """

    id: str
    kind: str
    tensors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edge:
    """A connection: the output of the layer ``source`` enters the layer ``target``."""

    source: str
    target: str


@dataclass(frozen=True)
class LayerGraph:
    """Layers in the order of computation, and their connections.

    A model that is not made of connected layers (a subclass with a ``call`` of its own) has no edges.
    """

    layers: tuple[Layer, ...] = ()
    edges: tuple[Edge, ...] = ()

    def to_json(self) -> str:
        """The graph as JSON text; equal graphs give equal texts."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The graph that ``to_json`` wrote."""
        found = json.loads(text)
        layers = (Layer(one["id"], one["kind"], tuple(one["tensors"])) for one in found["layers"])
        return cls(tuple(layers), tuple(Edge(**one) for one in found["edges"]))
