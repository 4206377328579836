"""A small network read from a run file, with its forward pass in NumPy."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gradevo.errors import GradevoError
from gradevo.runfile.reader import Run

LEAK = 0.2
"""Slope of Keras' ``leaky_relu`` below zero."""


def _softmax(z: NDArray[np.float64]) -> NDArray[np.float64]:
    exponentials = np.exp(z - z.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return shares


ACTIVATIONS: Mapping[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "leaky_relu": lambda z: np.where(z > 0, z, LEAK * z),
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "sigmoid": lambda z: np.exp(-np.logaddexp(0, -z)),  # does not overflow
    "softmax": _softmax,
    "softplus": lambda z: np.logaddexp(0, z),
    "tanh": np.tanh,
}
"""Keras' names of the activations that a `Network` may have: ``(n, units)`` -> ``(n, units)``."""


@dataclass(frozen=True)
class DenseLayer:
    """One Dense layer: activation(x · kernel + bias).

    kernel ``(inputs, units)`` and bias ``(units,)`` are paths of tensors in the run file; a layer without a
    bias has None.
    """

    name: str
    inputs: int
    units: int
    activation: str
    kernel: str
    bias: str | None


@dataclass(frozen=True)
class Network:
    """A Sequential network of Dense layers and its weights at every epoch of a run.

    It reads from the run file, which must stay open as long as weights are asked for.
    """

    run: Run
    layers: tuple[DenseLayer, ...]

    @classmethod
    def of(cls, run: Run) -> Self:
        """Read the layers from the run's description of its model; needs no Keras.

        Raises GradevoError when the model is anything else than Dense layers in sequence, all recorded, with
        activations of `ACTIVATIONS`.
        """
        text = str(run.attributes.get("model") or "null")
        model = json.loads(text)
        if not isinstance(model, dict) or model.get("class_name") != "Sequential":
            raise _fault(run, "a Sequential model", _kind(model))
        described = [part for part in model["config"]["layers"] if part["class_name"] != "InputLayer"]
        if not described:
            raise _fault(run, "at least one Dense layer", "a model without layers")
        return cls(run, tuple(_dense(run, part) for part in described))

    @property
    def inputs(self) -> int:
        """Features that enter the first layer."""
        return self.layers[0].inputs

    @property
    def units(self) -> list[int]:
        """Widths from the inputs to the output."""
        return [self.inputs, *(layer.units for layer in self.layers)]

    @property
    def first_hidden(self) -> int:
        """Units of the first hidden layer; 0 in a network without one."""
        return self.layers[0].units if len(self.layers) > 1 else 0

    def weights(self, row: int) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Kernel ``(inputs, units)`` and bias ``(units,)`` of each layer: row 0 before training, row e after
        epoch e.

        float64, whatever the run's type; a layer without a bias has zeros.
        """
        read = self.run.weights
        return [
            (
                read(layer.kernel, row).astype(np.float64),
                np.zeros(layer.units) if layer.bias is None else read(layer.bias, row).astype(np.float64),
            )
            for layer in self.layers
        ]

    def outputs(self, x: NDArray[Any], row: int) -> list[NDArray[np.float64]]:
        """What each layer gives for the examples ``x (n, inputs)`` with the weights of that row.

        A list of ``(n, units)`` float64 arrays, one per layer; the last is the network's output. Weights that
        are not finite, or too large, give outputs that are not finite, without a warning.
        """
        values: NDArray[np.float64] = np.asarray(x, dtype=np.float64)
        if values.ndim != 2 or values.shape[1] != self.inputs:
            raise _fault(
                self.run, f"examples of shape (n, {self.inputs})", f"{values.shape}; choose its data"
            )
        found = []
        with np.errstate(over="ignore", invalid="ignore"):
            for layer, (kernel, bias) in zip(self.layers, self.weights(row), strict=True):
                values = ACTIVATIONS[layer.activation](values @ kernel + bias)
                found.append(values)
        return found


def _dense(run: Run, described: Mapping[str, Any]) -> DenseLayer:
    """The layer as Keras describes it, compared with the tensors of the run."""
    config = described["config"]
    name = str(config["name"])
    if described["class_name"] != "Dense":
        raise _fault(run, "Dense layers only", f"layer {name!r} of class {described['class_name']}")
    activation = config["activation"]
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        found = _kind(activation) if isinstance(activation, dict) else str(activation)
        raise _fault(run, f"activations among {', '.join(ACTIVATIONS)}", f"{found} in layer {name!r}")
    kernel = f"{name}/kernel"
    bias = f"{name}/bias" if config["use_bias"] else None
    missing = [tensor for tensor in (kernel, bias) if tensor and tensor not in run.tensors]
    if missing:
        raise _fault(run, f"the record of {' and '.join(missing)}", f"tensors {', '.join(run.tensors)}")
    inputs, units = run.shape(kernel)
    return DenseLayer(name, inputs, units, activation, kernel, bias)


def _kind(described: Any) -> str:
    """What a description of Keras is of, in words."""
    if isinstance(described, dict) and "class_name" in described:
        return f"a {described['class_name']}"
    return "no description of the model"


def _fault(run: Run, expected: str, found: str) -> GradevoError:
    return GradevoError(
        f"{run.path}: expected {expected}, found {found}; "
        "these pictures show small Sequential networks of Dense layers"
    )
