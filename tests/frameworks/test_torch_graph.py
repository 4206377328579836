"""The layers of modules, their connections, and what flows back through them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import gradevo  # noqa: E402
from gradevo import GradevoError, Run, Statistics, analyse  # noqa: E402
from gradevo.recording.torch.graph import (  # noqa: E402
    cancelled_biases,
    connections_of,
    layer_graph,
    layers_of,
)

nn = torch.nn


class Residual(nn.Module):  # type: ignore[misc,name-defined]
    """Two ways from ``a`` to ``norm``, a parameter of its own, and a state that the pass leaves behind."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((4,), 2.0))
        self.a, self.b = nn.Linear(3, 4), nn.Linear(4, 4)
        self.norm = nn.LayerNorm(4)
        self.out = nn.Linear(4, 2)
        self.last: Any = None

    def forward(self, x: Any) -> Any:
        hidden = torch.relu(self.a(x))
        hidden = hidden + self.b(hidden)
        self.last = hidden
        return self.out(self.norm(hidden) * self.scale)


class Chooses(nn.Module):  # type: ignore[misc,name-defined]
    """What it computes depends on the data."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(3, 3), nn.Linear(3, 3)

    def forward(self, x: Any) -> Any:
        return self.b(self.a(x)) if x.sum() > 0 else self.a(x)


class Wraps(nn.Module):  # type: ignore[misc,name-defined]
    """Has no forward pass."""

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self.inner = inner


def edges(model: Any) -> list[tuple[str, str]]:
    return [(one.source, one.target) for one in connections_of(model, layers_of(model))]


def test_connections_lead_through_functions_and_past_no_layer() -> None:
    model = Residual()
    known = [("a", "b"), ("a", "norm"), ("b", "norm"), ("norm", "Residual"), ("Residual", "out")]
    assert edges(model) == known
    assert model.last is None  # the model itself has not been called
    assert edges(Wraps(nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2)))) == [
        ("inner/0", "inner/2")
    ]
    assert edges(Chooses()) == []


def test_axis_of_outputs_is_that_of_the_layers_type() -> None:
    model = nn.ModuleDict(
        {
            "linear": nn.Linear(3, 5),
            "conv": nn.Conv2d(3, 5, 2),
            "transposed": nn.ConvTranspose2d(3, 5, 2),
            "lstm": nn.LSTM(3, 5),
            "embedding": nn.Embedding(7, 5),
            "attention": nn.MultiheadAttention(4, 2),
            "normed": nn.utils.parametrizations.weight_norm(nn.Linear(3, 5)),
        }
    )
    graph = layer_graph(layers_of(model), [], {})
    assert {layer.id: layer.outputs for layer in graph.layers} == {
        **{"linear": 0, "conv": 0, "transposed": 1, "lstm": 0, "embedding": -1, "attention": 0, "normed": 0}
    }
    owned = [tensor for layer in graph.layers for tensor in layer.tensors]
    assert sorted(owned) == sorted(name.replace(".", "/") for name, _ in model.named_parameters())


class Normalized(nn.Module):  # type: ignore[misc,name-defined]
    """Convolutions before normalizations, of which some are not cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4)
        self.skipped, self.norm_2 = nn.Conv1d(4, 4, 3, padding=1), nn.BatchNorm1d(4, affine=False)
        self.frozen, self.norm_3 = nn.Conv1d(4, 4, 1), nn.BatchNorm1d(4)
        self.bent, self.norm_4 = nn.Conv1d(4, 4, 1), nn.BatchNorm1d(4)
        self.alone, self.norm_5 = nn.ConvTranspose1d(4, 3, 3), nn.InstanceNorm1d(3)
        self.last = nn.Linear(3, 5)

    def forward(self, x: Any) -> Any:
        x = torch.relu(self.norm(self.first(x)))
        skipped = self.skipped(x)
        x = skipped + self.norm_2(skipped)
        x = torch.relu(self.norm_3(self.frozen(x)))
        x = self.norm_4(torch.tanh(self.bent(x)))
        return self.last(torch.relu(self.norm_5(self.alone(x))).mean(-1))


@pytest.mark.parametrize("wrapped", [False, True])
def test_cancelled_biases_are_those_without_a_gradient(wrapped: bool) -> None:
    torch.manual_seed(3)
    inner = Normalized().double()
    model = Wraps(inner) if wrapped else inner
    inner.norm_3.eval()
    inner.norm_3.running_mean += 1  # a frozen one of use
    (inner(torch.randn(6, 2, 12).double()) ** 3).sum().backward()
    largest = max(float(one.grad.abs().max()) for one in inner.parameters())
    zero = {
        f"{'inner/' * wrapped}{name.replace('.', '/')}"
        for name, one in inner.named_parameters()
        if one.grad.abs().max() < 1e-10 * largest
    }
    layers = layers_of(model)
    graph = layer_graph(layers, connections_of(model, layers), cancelled_biases(model, layers))
    assert zero == graph.cancelled
    assert len(zero) == 2
    assert cancelled_biases(Chooses(), layers_of(Chooses())) == {}


def test_norms_of_edges_are_those_of_each_edge_alone(tmp_path: Path) -> None:
    torch.manual_seed(1)
    model = Residual()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=256.0)
    x, y = torch.randn(6, 3), torch.randint(2, (6,))
    expected = []
    options = {"scaler": scaler, "activation_gradients": True}
    with gradevo.torch.Recorder(model, optimizer, tmp_path / "run.h5", **options) as recorder:
        for step in range(3):
            hidden = torch.relu(model.a(x)).detach()
            into_b, into_sum = hidden.clone().requires_grad_(), hidden.clone().requires_grad_()
            summed = into_sum + nn.functional.linear(into_b, model.b.weight, model.b.bias)
            summed.retain_grad()
            normed = nn.functional.layer_norm(summed, (4,), model.norm.weight, model.norm.bias) * model.scale
            normed.retain_grad()
            logits = nn.functional.linear(normed, model.out.weight, model.out.bias)
            nn.functional.cross_entropy(logits, y).backward()
            if step != 1:
                expected.append([float(of.grad.norm()) for of in (into_b, summed, summed, normed)])
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y) * (float("inf") if step == 1 else 1)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        recorder.end_epoch(train={"loss": 1.0})
    assert not any(module._forward_pre_hooks for module in model.modules())
    with Run(tmp_path / "run.h5") as run:
        norms = run.activation_gradients(0, 2)
        np.testing.assert_allclose(norms[:, [0, 1, 2, 4]], expected, rtol=1e-5)
        assert np.isnan(norms[:, 3]).all()  # into a parameter of its own: no module that is called
    analyse(tmp_path / "run.h5", tmp_path / "statistics.h5")
    with Statistics(tmp_path / "statistics.h5") as statistics:
        assert statistics.has_activation_gradients


def test_recording_what_flows_back_changes_nothing(tmp_path: Path) -> None:
    def train(recorded: bool) -> list[Any]:
        torch.manual_seed(2)
        model = nn.Sequential(
            nn.Embedding(9, 4), nn.Flatten(), nn.Linear(12, 5), nn.ReLU(inplace=True), nn.Linear(5, 2)
        )
        optimizer = torch.optim.Adam(model.parameters())
        path = tmp_path / "run.h5"
        recorder = (
            gradevo.torch.Recorder(model, optimizer, path, activation_gradients=True) if recorded else None
        )
        for _ in range(4):
            optimizer.zero_grad()
            logits = model(torch.randint(9, (6, 3)))
            nn.functional.cross_entropy(logits, torch.randint(2, (6,))).backward()
            optimizer.step()
        if recorder:
            recorder.end_epoch()
            recorder.close()
        return [one.detach().numpy() for one in model.parameters()]

    for mine, theirs in zip(train(True), train(False), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    with Run(tmp_path / "run.h5") as run:
        assert (run.activation_gradients(0, 4) > 0).all()


def test_activation_gradients_need_connections(tmp_path: Path) -> None:
    model = Chooses()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with pytest.raises(GradevoError, match="activation_gradients: expected layers that are connected"):
        gradevo.torch.Recorder(model, optimizer, tmp_path / "run.h5", activation_gradients=True)
    assert not list(tmp_path.iterdir())
