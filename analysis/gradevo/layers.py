"""Layers: the nodes of a model's graph, what tensors they own and how they are connected.

As a matrix, a kernel's rows are its inputs (kernel positions times input channels) and its columns its
outputs, on whatever axis its framework has them; a vector is a row.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import prod
from typing import Any, Self

from numpy.typing import NDArray

LAST = -1


@dataclass(frozen=True)
class Layer:
    """A node of the graph.

    id: unique in the graph; kind: the layer's class, such as "Conv2D"; tensors: paths of its trainable
    tensors in the run file, none for a layer without weights; outputs: the axis of its kernels that counts
    their outputs, the last one unless the framework has them elsewhere; cancelled: those of the tensors whose
    effect a normalization behind the layer takes away again: where it normalizes by the batch, their gradient
    is zero, and what is recorded is rounding.
    """

    id: str
    kind: str
    tensors: tuple[str, ...] = ()
    outputs: int = LAST
    cancelled: tuple[str, ...] = ()


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
        told = asdict(self)
        for layer in told["layers"]:
            if layer["outputs"] == LAST:
                del layer["outputs"]
            if not layer["cancelled"]:
                del layer["cancelled"]
        return json.dumps(told)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The graph that ``to_json`` wrote."""
        found = json.loads(text)
        lists = ("tensors", "cancelled")
        layers = (
            Layer(**{**one, **{name: tuple(one[name]) for name in lists if name in one}})
            for one in found["layers"]
        )
        return cls(tuple(layers), tuple(Edge(**one) for one in found["edges"]))

    @property
    def owners(self) -> tuple[Layer, ...]:
        """The layers that own tensors, in the graph's order."""
        return tuple(layer for layer in self.layers if layer.tensors)

    @property
    def cancelled(self) -> frozenset[str]:
        """The tensors whose effect a normalization behind them takes away, see `Layer`."""
        return frozenset(tensor for layer in self.layers for tensor in layer.cancelled)

    def layers_of(self, tensors: Sequence[str]) -> list[Layer]:
        """The layers of these tensors, in the order of the tensors; each tensor is in one of them.

        A tensor that several layers share belongs to the first. Of tensors that no layer owns, as in a record
        without a graph, those with the same path before their last ``/`` are taken for a layer.

        >>> [layer.tensors for layer in LayerGraph().layers_of(["dense/kernel", "dense/bias", "scale"])]
        [('dense/kernel', 'dense/bias'), ('scale',)]
        """
        owner = {tensor: layer for layer in reversed(self.owners) for tensor in layer.tensors}
        groups: dict[str, list[str]] = {}
        known: dict[str, Layer] = {}
        for tensor in tensors:
            layer = owner.get(tensor) or Layer(tensor.rpartition("/")[0] or tensor, "")
            known[layer.id] = layer
            groups.setdefault(layer.id, []).append(tensor)
        return [replace(known[name], tensors=tuple(group)) for name, group in groups.items()]

    def outputs_of(self, tensor: str) -> int:
        """The axis of a tensor that counts its outputs."""
        return self.layers_of([tensor])[0].outputs


def role(tensor: str) -> str:
    """What a tensor is in its layer, the last part of its path: ``"conv2d/kernel"`` -> ``"kernel"``."""
    return tensor.rpartition("/")[2]


def _axes(count: int, outputs: int) -> list[int]:
    """The axes of a kernel in the order of its matrix: positions, inputs, outputs.

    A framework that has the outputs in front has them and the inputs before the positions.
    """
    axes = list(range(count))
    if outputs in (0, 1):
        return [*axes[2:], 1 - outputs, outputs]
    return [*(axis for axis in axes if axis != outputs % count), outputs % count]


def outputs_last(shape: tuple[int, ...], outputs: int = LAST) -> tuple[int, ...]:
    """A kernel's sides as positions, inputs, outputs: ``(64, 32, 3, 3)``, 0 -> ``(3, 3, 32, 64)``."""
    return tuple(shape[axis] for axis in _axes(len(shape), outputs)) if len(shape) > 1 else shape


def matrix_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of the matrix: ``(3, 3, 32, 64)`` -> ``(288, 64)``, ``(64,)`` -> ``(1, 64)``."""
    if len(shape) < 2:
        return 1, (shape[0] if shape else 1)
    return prod(shape[:-1]), shape[-1]


def as_matrix(tensor: NDArray[Any], outputs: int = LAST) -> NDArray[Any]:
    """A tensor as its matrix, ``matrix_shape(outputs_last(tensor.shape, outputs))``, a view if it can."""
    ordered = tensor.transpose(_axes(tensor.ndim, outputs)) if tensor.ndim > 1 else tensor
    return ordered.reshape(matrix_shape(ordered.shape))


def sides(shape: tuple[int, ...]) -> str:
    """The sides of the matrix, inputs × outputs, in words: ``"3·3·32 × 64"``; of a vector ``"64"``."""
    if len(shape) < 2:
        return str(matrix_shape(shape)[1])
    return "·".join(map(str, shape[:-1])) + f" × {shape[-1]}"
