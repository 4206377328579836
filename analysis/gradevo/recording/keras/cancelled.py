"""Biases without a gradient: a normalization behind them subtracts what they add.

A bias shifts every channel of an activation by a number of its own. Normalizing by the batch, channel by
channel, takes the shift away, so that the loss does not depend on it. Pooling, sums and a flattening hand
such shifts on.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from keras.activations import linear

from gradevo.recording.keras.calls import Call

DIMENSIONS = ("1D", "2D", "3D")
BIASED = {"Dense"} | {
    f"{kind}{dimensions}" for kind in ("Conv", "SeparableConv", "DepthwiseConv") for dimensions in DIMENSIONS
}
BIASED |= {f"Conv{dimensions}Transpose" for dimensions in DIMENSIONS}
MAXIMA = {f"MaxPooling{dimensions}" for dimensions in DIMENSIONS}
MEANS = {f"AveragePooling{dimensions}" for dimensions in DIMENSIONS}
GLOBAL = {f"Global{kind}Pooling{dimensions}" for kind in ("Max", "Average") for dimensions in DIMENSIONS}
SUMS = {"Add", "Subtract"}


def cancelled_shifts(calls: Sequence[Call]) -> dict[str, Any]:
    """Id of a layer -> its variable that a normalization behind it cancels, where it has one.

    The variable is a bias, or the offset of a batch normalization before another one; none where the layer
    has an activation or a regularizer, and none of layers of one's own. It is supposed that normalizations
    use the batch, as they do in training unless they are frozen.
    """
    behind: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        for _, source in call.inputs:
            behind[source].append(call)
    known: dict[tuple[str, int], bool] = {}

    def cancelled(call: Call, axis: int) -> bool:
        """Whether the loss depends not on numbers that are added along an axis of what a call gives."""
        key = call.id, axis
        if key not in known:
            known[key] = False  # a layer that reads what it gave itself
            known[key] = (
                bool(behind[call.id])
                and not call.leaves
                and getattr(call.layer, "activity_regularizer", None) is None
                and all(_cancels(after, axis) or goes_on(call, after, axis) for after in behind[call.id])
            )
        return known[key]

    def goes_on(call: Call, after: Call, axis: int) -> bool:
        onward = _onward(call, after, axis)
        return onward is not None and cancelled(after, onward)

    found: dict[str, Any] = {}
    uses: dict[str, list[bool]] = defaultdict(list)
    for call in calls:
        variable, axis = _shift(call)
        if variable is not None and variable.trainable and variable.regularizer is None:
            found[call.id] = variable
            uses[call.id].append(cancelled(call, axis))
    return {name: variable for name, variable in found.items() if all(uses[name])}


def _kind(layer: Any) -> str:
    """The class of one of Keras' own layers or operations; empty for those of others."""
    return type(layer).__name__ if type(layer).__module__.startswith("keras.") else ""


def _shift(call: Call) -> tuple[Any, int]:
    """The variable of a call's layer that shifts what it gives, or None, and the axis that it is along."""
    layer, kind = call.layer, _kind(call.layer)
    if kind == "BatchNormalization":
        return (layer.beta if layer.center else None), layer.axis % len(call.shape)
    if kind in BIASED and layer.activation in (None, linear):
        return (layer.bias if layer.use_bias else None), _channels(call)
    return None, 0


def _channels(call: Call) -> int:
    """The axis of the channels in what a call gives."""
    first = getattr(call.layer, "data_format", None) == "channels_first"
    return 1 if first else len(call.shape) - 1


def _cancels(call: Call, axis: int) -> bool:
    """Whether a call subtracts the mean over all other axes than this one."""
    layer, kind = call.layer, _kind(call.layer)
    if kind == "BatchNormalization":
        by_batch = layer.trainable and not getattr(layer, "renorm", False)
        return bool(by_batch and layer.axis % len(call.shape) == axis)
    if kind == "GroupNormalization":
        channel = layer.axis % len(call.shape) == axis
        return bool(channel and layer.groups in (-1, call.shape[axis]))
    return False


def _onward(call: Call, after: Call, axis: int) -> int | None:
    """The axis along which a call's shift shifts what the next one gives; None if it becomes another one."""
    layer, kind = after.layer, _kind(after.layer)
    same = len(call.shape) == len(after.shape)
    if kind == "Flatten":
        return 1
    if kind in SUMS or kind == "Concatenate":
        handed_on = same and (kind in SUMS or layer.axis % len(after.shape) == axis)
        return axis if handed_on else None
    if kind in MAXIMA or (kind in MEANS and layer.padding == "valid"):
        return axis if _channels(after) == axis else None
    if kind in GLOBAL:
        channels = 1 if layer.data_format == "channels_first" else len(call.shape) - 1
        if channels == axis:
            return axis if layer.keepdims else 1
    return None
