"""The layers of a module, how they are connected, and what flows back through the connections."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import fx, nn
from torch.utils._pytree import tree_flatten, tree_unflatten

from gradevo.layers import LAST, Edge, Layer, LayerGraph, role

NAN = float("nan")

# Kernels of outputs × inputs × positions, and of inputs × outputs × positions.
OUTPUTS_FIRST = (
    nn.Linear | nn.Bilinear | nn.modules.conv._ConvNd | nn.RNNBase | nn.RNNCellBase | nn.MultiheadAttention
)
OUTPUTS_SECOND = nn.modules.conv._ConvTransposeNd

BIASED = nn.Linear | nn.modules.conv._ConvNd
NORMALIZATIONS = nn.modules.batchnorm._BatchNorm | nn.modules.instancenorm._InstanceNorm


class Connection(NamedTuple):
    """What one layer hands another: an edge of the graph.

    module: of the target, None where it is no module that is called. places: of the module's flattened
    arguments, those that depend on the source.
    """

    source: str
    target: str
    module: nn.Module | None = None
    places: tuple[int, ...] = ()


def layers_of(model: nn.Module) -> dict[str, tuple[nn.Module, Layer]]:
    """Name of a module with parameters of its own, that need gradients -> the module and the layer it is.

    PyTorch's own layers own what is inside them; parameters that several share belong to the first.
    """
    found: dict[str, tuple[nn.Module, Layer]] = {}
    taken: set[int] = set()
    inside: tuple[str, ...] = ()
    for name, module in model.named_modules():
        if inside and name.startswith(inside):
            continue
        if _is_layer(module):
            inside = (*inside, f"{name}.")
        own = {
            key: parameter
            for key, parameter in module.named_parameters(recurse=_is_layer(module))
            if parameter.requires_grad and id(parameter) not in taken
        }
        if own:
            taken |= {id(parameter) for parameter in own.values()}
            path, kind = name.replace(".", "/"), type(module).__name__
            tensors = (f"{path}/{key}" if path else key for key in own)
            layer = Layer(
                path or kind, kind, tuple(one.replace(".", "/") for one in tensors), _outputs(module)
            )
            found[name] = module, layer
    return found


def connections_of(model: nn.Module, layers: Mapping[str, tuple[nn.Module, Layer]]) -> list[Connection]:
    """What the layers hand each other, directly or through functions and modules without parameters.

    Found by following the forward pass without data. Empty where that depends on the data.
    """
    followed = _followed(model, layers)
    if followed is None:
        return []
    traced, _, layers = followed
    found: dict[tuple[str, str], Connection] = {}
    origins: dict[fx.Node, tuple[str, ...]] = {}
    for node in traced.nodes:
        entering = {place: origins[one] for place, one in _arguments(node) if origins.get(one)}
        sources = tuple(dict.fromkeys(source for of in entering.values() for source in of))
        owner = str(node.target).rpartition(".")[0] if node.op == "get_attr" else str(node.target)
        if node.op == "get_attr" and owner in layers:
            origins[node] = (layers[owner][1].id,)
        elif node.op == "call_module" and owner in layers:
            module, layer = layers[owner]
            for source in sources:
                places = tuple(place for place, of in entering.items() if source in of)
                known = found.get((source, layer.id))
                places = tuple(dict.fromkeys((*(known.places if known else ()), *places)))
                found[source, layer.id] = Connection(source, layer.id, module, places)
            origins[node] = (layer.id,)
        else:
            # A function of a parameter, such as x · scale, is what its layer computes.
            parameters = [one for one in node.all_input_nodes if one.op == "get_attr" and one in origins]
            for of in (origins[one][0] for one in parameters):
                for source in sources:
                    if source != of:
                        found.setdefault((source, of), Connection(source, of))
            origins[node] = tuple(origins[one][0] for one in parameters) or sources
    return list(found.values())


def cancelled_biases(model: nn.Module, layers: Mapping[str, tuple[nn.Module, Layer]]) -> dict[str, str]:
    """Id of a layer -> its bias, where all that the layer gives goes directly to normalizations by channel.

    Batch and instance normalizations subtract what the bias adds. Empty where the forward pass cannot be
    followed without data.
    """
    followed = _followed(model, layers)
    if followed is None:
        return {}
    traced, model, layers = followed
    uses: dict[str, list[bool]] = {}
    for node in traced.nodes:
        if node.op == "call_module" and node.target in layers:
            module = layers[str(node.target)][0]
            after = [
                model.get_submodule(str(user.target)) if user.op == "call_module" else None
                for user in node.users
            ]
            alone = bool(after) and all(_cancels(one, module, model.training) for one in after)
            uses.setdefault(str(node.target), []).append(alone)
    owners = [layers[name][1] for name, alone in uses.items() if all(alone)]
    return {layer.id: tensor for layer in owners for tensor in layer.tensors if role(tensor) == "bias"}


def _cancels(after: nn.Module | None, before: nn.Module, training: bool) -> bool:
    """Whether a module subtracts the mean of every channel that the one before gives; not if it is frozen."""
    channels = getattr(before, "out_features", None) or getattr(before, "out_channels", None)
    if not isinstance(after, NORMALIZATIONS) or not isinstance(before, BIASED):
        return False
    return bool(after.num_features == channels and after.training == training)


def _followed(
    model: nn.Module, layers: Mapping[str, tuple[nn.Module, Layer]]
) -> tuple[fx.Graph, nn.Module, Mapping[str, tuple[nn.Module, Layer]]] | None:
    """The forward pass down to the layers, of which module it is, and the layers by their names in it.

    None where it cannot be followed without data.
    """
    traced = _trace(model, layers)
    if traced is not None:
        return traced, model, layers
    # What only wraps another module may have no forward pass of its own, such as Lightning's modules.
    around = {name.partition(".")[0] for name in layers}
    child = getattr(model, around.pop(), None) if len(around) == 1 else None
    if not isinstance(child, nn.Module) or child is model:
        return None
    return _followed(child, {name.partition(".")[2]: layer for name, layer in layers.items()})


def _trace(model: nn.Module, layers: Mapping[str, Any]) -> fx.Graph | None:
    """The forward pass down to the layers; None where it cannot be followed without data."""
    try:
        # Its own attributes may be changed by the pass, its parameters are not.
        kept = [*model.parameters(), *model.buffers()]
        copied = copy.deepcopy(model, {id(tensor): tensor for tensor in kept})
        for module in copied.modules():
            for hooks in (module._forward_hooks, module._forward_pre_hooks):
                hooks.clear()
        return _Tracer(layers).trace(copied)
    except Exception:  # whatever a model's own code may raise
        return None


class EdgeNorms:
    """The norms of what flows back through connections, ‖∂loss/∂activation‖₂ over the examples of a step.

    Every module is handed its arguments as aliases, whose gradients are those of this connection alone.

    Args:
        connections: The edges of the graph, in its order.
        scale: By what the loss is multiplied at present. A backward pass under another scale than that of the
            step belongs to one that was skipped.
    """

    def __init__(self, connections: Sequence[Connection], scale: Callable[[], float]) -> None:
        self._scale = scale
        self._squares: list[list[tuple[float, torch.Tensor]]] = [[] for _ in connections]
        wanted: dict[nn.Module, dict[int, list[int]]] = {}
        for edge, connection in enumerate(connections):
            if connection.module is not None:
                for place in connection.places:
                    wanted.setdefault(connection.module, {}).setdefault(place, []).append(edge)
        self.hooks = [
            module.register_forward_pre_hook(self._listening(places), with_kwargs=True)
            for module, places in wanted.items()
        ]

    def take(self) -> list[float]:
        """The norms of the step's backward passes; NaN where nothing flowed."""
        scale, norms = self._scale(), []
        for squares in self._squares:
            of_step = [square for under, square in squares if under == scale]
            norms.append(float(sum(of_step)) ** 0.5 / scale if of_step else NAN)
        self.discard()
        return norms

    def discard(self) -> None:
        """Forget the backward passes so far."""
        for squares in self._squares:
            squares.clear()

    def _listening(self, places: Mapping[int, Sequence[int]]) -> Callable[..., Any]:
        def listen(module: nn.Module, args: Any, kwargs: Any) -> Any:
            flat, form = tree_flatten((args, kwargs))
            for place, edges in places.items():
                tensor = flat[place]
                if isinstance(tensor, torch.Tensor) and tensor.requires_grad:
                    flat[place] = tensor.view_as(tensor)
                    flat[place].register_hook(self._keeping(edges))
            return tree_unflatten(flat, form)

        return listen

    def _keeping(self, edges: Sequence[int]) -> Callable[[torch.Tensor], None]:
        def keep(gradient: torch.Tensor) -> None:
            under, square = self._scale(), gradient.detach().double().square().sum()
            for edge in edges:
                self._squares[edge].append((under, square))

        return keep


class _Tracer(fx.Tracer):  # type: ignore[misc]
    """Follows a forward pass down to the layers."""

    def __init__(self, layers: Mapping[str, Any]) -> None:
        super().__init__()
        self._layers = layers

    def is_leaf_module(self, module: nn.Module, name: str) -> bool:
        inside = f"{name}."
        return _is_layer(module) or not any(of == name or of.startswith(inside) for of in self._layers)


def layer_graph(
    layers: Mapping[str, tuple[nn.Module, Layer]],
    connections: Sequence[Connection],
    cancelled: Mapping[str, str],
) -> LayerGraph:
    """The graph of layers, what they hand each other, and which biases are cancelled."""
    edges = tuple(Edge(one.source, one.target) for one in connections)
    nodes = (
        replace(layer, cancelled=(cancelled[layer.id],)) if layer.id in cancelled else layer
        for _, layer in layers.values()
    )
    return LayerGraph(tuple(nodes), edges)


def _is_layer(module: nn.Module) -> bool:
    """Whether it is one of PyTorch's own layers: it has parameters, not only modules that have them."""
    return type(module).__module__.startswith("torch.nn.") and any(
        True for _ in module.named_parameters(recurse=False)
    )


def _outputs(module: nn.Module) -> int:
    if isinstance(module, OUTPUTS_SECOND):
        return 1
    return 0 if isinstance(module, OUTPUTS_FIRST) else LAST


def _arguments(node: fx.Node) -> Iterator[tuple[int, fx.Node]]:
    """The nodes among a node's flattened arguments, with their places."""
    flat, _ = tree_flatten((node.args, node.kwargs))
    return ((place, one) for place, one in enumerate(flat) if isinstance(one, fx.Node))
