"""A loop in PyTorch, recorded: against the same loop that keeps its gradients by hand."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import gradevo  # noqa: E402
from gradevo import GradevoError, Run  # noqa: E402

Array = np.ndarray[Any, Any]
nn = torch.nn


def data(batches: int = 6) -> list[tuple[Any, Any]]:
    random = torch.Generator().manual_seed(5)
    return [
        (torch.randn(8, 4, generator=random), torch.randint(0, 3, (8,), generator=random))
        for _ in range(batches)
    ]


def dense() -> Any:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))


Loop = Callable[[Any, Any, Callable[[], None], Callable[[], None]], None]


def plain(model: Any, optimizer: Any, before: Callable[[], None], after: Callable[[], None]) -> None:
    """before: called when a step's gradients are there; after: behind the step."""
    for x, y in data():
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        before()
        optimizer.step()
        after()


def clipped(model: Any, optimizer: Any, before: Callable[[], None], after: Callable[[], None]) -> None:
    for x, y in data():
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        before()
        nn.utils.clip_grad_norm_(model.parameters(), 0.01)
        optimizer.step()
        after()


def accumulated(model: Any, optimizer: Any, before: Callable[[], None], after: Callable[[], None]) -> None:
    optimizer.zero_grad()
    for index, (x, y) in enumerate(data(), start=1):
        nn.functional.cross_entropy(model(x), y).backward()
        if index % 3 == 0:
            before()
            optimizer.step()
            after()
            optimizer.zero_grad()


def partly_frozen(model: Any, optimizer: Any, before: Callable[[], None], after: Callable[[], None]) -> None:
    """Every second step leaves the first layer out, whose gradients are then None."""
    for index, (x, y) in enumerate(data()):
        optimizer.zero_grad()
        hidden = model[0](x)
        hidden = hidden.detach() if index % 2 else hidden
        nn.functional.cross_entropy(model[2](torch.tanh(hidden)), y).backward()
        before()
        optimizer.step()
        after()


def kept_by_hand(model: Any) -> list[Array]:
    return [
        np.zeros(tuple(one.shape), "float32") if one.grad is None else one.grad.numpy().copy()
        for one in model.parameters()
    ]


def discarded(model: Any, optimizer: Any, before: Callable[[], None], after: Callable[[], None]) -> None:
    """Gradients of some passes are set to zero or None before the step to which they would belong."""
    for index, (x, y) in enumerate(data()):
        nn.functional.cross_entropy(model(1000 * x), y).backward()
        optimizer.zero_grad(set_to_none=index % 3 == 0)
        if index % 2:
            hidden = model[0](x).detach()  # the pass that counts reaches the last layer alone
            nn.functional.cross_entropy(model[2](torch.tanh(hidden)), y).backward()
        before()
        optimizer.step()
        after()
        optimizer.zero_grad(set_to_none=False)


@pytest.mark.parametrize(
    "loop", [plain, clipped, accumulated, partly_frozen, discarded], ids=lambda loop: loop.__name__
)
def test_gradients_are_those_that_backpropagation_left(loop: Loop, tmp_path: Path) -> None:
    model = dense()
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    kept: list[list[Array]] = []
    with gradevo.torch.Recorder(model, optimizer, tmp_path / "run.h5", updates=True) as recorder:
        loop(model, optimizer, lambda: kept.append(kept_by_hand(model)), lambda: None)
        recorder.end_epoch(train={"loss": 1.0})
    other = dense()
    loop(other, torch.optim.SGD(other.parameters(), 0.1, momentum=0.9), lambda: None, lambda: None)
    with Run(tmp_path / "run.h5") as run:
        assert run.tensors == ("0/weight", "0/bias", "2/weight", "2/bias")
        assert run.steps == len(kept)
        for index, (tensor, mine, theirs) in enumerate(
            zip(run.tensors, model.parameters(), other.parameters(), strict=True)
        ):
            expected = np.stack([step[index] for step in kept])
            np.testing.assert_array_equal(run.read_gradients(tensor, 0, run.steps), expected)
            np.testing.assert_array_equal(run.weights(tensor, 1), mine.detach().numpy())
            np.testing.assert_array_equal(mine.detach().numpy(), theirs.detach().numpy())  # nothing changed
        assert (run.step("learning_rate") == 0.1).all()
        assert [(edge.source, edge.target) for edge in run.graph.edges] == [("0", "2")]
        assert [layer.kind for layer in run.graph.layers] == ["Linear", "Linear"]


def test_numbers_that_are_told_and_groups_of_parameters(tmp_path: Path) -> None:
    model = dense()
    groups = [{"params": model[0].parameters(), "lr": 0.2}, {"params": model[2].parameters()}]
    optimizer = torch.optim.SGD(groups, 0.1)
    losses = []
    with gradevo.torch.Recorder(model, optimizer, tmp_path / "run.h5", updates=True) as recorder:
        for epoch in range(2):
            for x, y in data(2 + epoch):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(x), y)
                loss.backward()
                recorder.tell(loss=loss, batch_size=len(x))
                optimizer.step()
                losses.append(loss.item())
            recorder.end_epoch(train={"loss": losses[-1]}, validation={"accuracy": 0.5})
    with Run(tmp_path / "run.h5") as run:
        assert run.timeline.lengths.tolist() == [2, 3]
        np.testing.assert_allclose(run.step("loss"), losses, rtol=1e-6)
        assert run.step("batch_size").tolist() == [8] * 5
        assert (run.step("learning_rate") == 0.2).all()
        assert (run.step("learning_rate_1") == 0.1).all()
        norms = np.linalg.norm(run.read_gradients("0/bias", 0, 5), axis=1)
        np.testing.assert_allclose(run.step("updates/0/bias")[1:], 0.2 * norms[1:], rtol=1e-4)


class Tied(nn.Module):  # type: ignore[misc,name-defined]
    """An embedding whose weights are those of the output, too; an LSTM and attention between."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(7, 4)
        self.lstm = nn.LSTM(4, 4, batch_first=True)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.output = nn.Linear(4, 7, bias=False)
        self.output.weight = self.embedding.weight

    def forward(self, tokens: Any) -> Any:
        hidden, _ = self.lstm(self.embedding(tokens))
        hidden, _ = self.attention(hidden, hidden, hidden)
        return self.output(hidden)


@pytest.mark.parametrize("compiled", [False, True])
def test_shared_parameters_lstm_and_attention(compiled: bool, tmp_path: Path) -> None:
    torch.manual_seed(1)
    model = Tied()
    run_model = torch.compile(model, backend="aot_eager") if compiled else model
    optimizer = torch.optim.AdamW(model.parameters(), 0.01)
    tokens = torch.randint(0, 7, (5, 6))
    kept = []
    with gradevo.torch.Recorder(model, optimizer, tmp_path / "run.h5") as recorder:
        for _ in range(3):
            optimizer.zero_grad()
            logits = run_model(tokens[:, :-1])
            nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten()).backward()
            kept.append(kept_by_hand(model))
            optimizer.step()
        recorder.end_epoch()
    with Run(tmp_path / "run.h5") as run:
        assert "embedding/weight" in run.tensors
        assert "output/weight" not in run.tensors
        for index, tensor in enumerate(run.tensors):
            np.testing.assert_array_equal(
                run.read_gradients(tensor, 0, 3), np.stack([step[index] for step in kept])
            )
        kinds = {layer.id: layer.kind for layer in run.graph.layers}
        assert kinds["lstm"] == "LSTM"
        assert kinds["attention"] == "MultiheadAttention"
        owned = [tensor for layer in run.graph.layers for tensor in layer.tensors]
        assert sorted(owned) == sorted(run.tensors)


def test_scaled_losses_are_recorded_in_their_own_units(tmp_path: Path) -> None:
    model = dense()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    kept = []
    with gradevo.torch.Recorder(model, optimizer, tmp_path / "run.h5", scaler=scaler) as recorder:
        for index, (x, y) in enumerate(data(4)):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            if index == 2:
                loss = loss * float("inf")  # an overflow: the scaler skips this step
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            if index != 2:
                kept.append(kept_by_hand(model))
            nn.utils.clip_grad_norm_(model.parameters(), 0.01)
            scaler.step(optimizer)
            scaler.update()
        recorder.end_epoch()
    with Run(tmp_path / "run.h5") as run:
        assert run.steps == 3
        assert run.first_nonfinite_step is None
        for index, tensor in enumerate(run.tensors):
            np.testing.assert_allclose(
                run.read_gradients(tensor, 0, 3), np.stack([step[index] for step in kept]), rtol=1e-6
            )


def test_some_parameters_only_and_brain_floats(tmp_path: Path) -> None:
    model = dense().to(torch.bfloat16)
    for parameter in model[0].parameters():
        parameter.requires_grad_(False)
    optimizer = torch.optim.SGD([one for one in model.parameters() if one.requires_grad], 0.1)
    with gradevo.torch.Recorder(model, optimizer, tmp_path / "run.h5", exclude=["*.bias"]) as recorder:
        for x, y in data(2):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x.to(torch.bfloat16)).float(), y).backward()
            optimizer.step()
        recorder.end_epoch()
    with Run(tmp_path / "run.h5") as run:
        assert run.tensors == ("2/weight",)
        assert run.dtype == "float32"
        np.testing.assert_array_equal(run.weights("2/weight", 1), model[2].weight.detach().float().numpy())


def test_hooks_are_taken_away_at_the_end_and_after_an_error(tmp_path: Path) -> None:
    model = dense()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)

    def interrupted() -> Iterator[None]:
        with gradevo.torch.Recorder(model, optimizer, tmp_path / "run.h5"):
            yield
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(interrupted())
    assert [path.name for path in tmp_path.iterdir()] == ["run.partial.h5"]
    assert not optimizer._optimizer_step_post_hooks
    assert "zero_grad" not in vars(optimizer)
    assert not any(one._post_accumulate_grad_hooks for one in model.parameters())
    (tmp_path / "run.h5").touch()
    with pytest.raises(GradevoError, match="expected a new file"):
        gradevo.torch.Recorder(model, optimizer, tmp_path / "run.h5")


SCRIPT = """
import sys, os, signal, torch, gradevo
from pathlib import Path
folder, kill_in = Path(sys.argv[1]), int(sys.argv[2])
torch.manual_seed(3)
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), 0.1)
saved = folder / "checkpoint.pt"
first = 0
if saved.exists():
    first, weights = torch.load(saved)
    model.load_state_dict(weights)
x = torch.arange(40.).reshape(10, 4) / 40
with gradevo.torch.Recorder(model, optimizer, folder / "run.h5") as recorder:
    print(recorder.epochs_complete)
    for epoch in range(first, 5):
        for row in x:
            optimizer.zero_grad()
            (model(row) ** 2).sum().backward()
            optimizer.step()
            if epoch == kill_in:
                os.kill(os.getpid(), signal.SIGKILL)
        recorder.end_epoch(train={"loss": 1.0})
        torch.save((epoch + 1, model.state_dict()), saved)
"""


def test_a_killed_loop_goes_on_from_its_own_checkpoint(tmp_path: Path) -> None:
    def start(folder: Path, kill_in: int) -> Any:
        folder.mkdir(exist_ok=True)
        command = [sys.executable, "-c", SCRIPT, str(folder), str(kill_in)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    killed, whole = tmp_path / "killed", tmp_path / "whole"
    assert start(killed, 3).returncode == -signal.SIGKILL
    again = start(killed, -1)
    assert (again.returncode, again.stdout.split()) == (0, ["3"]), again.stderr
    assert start(whole, -1).returncode == 0
    with Run(killed / "run.h5") as one, Run(whole / "run.h5") as other:
        assert one.epochs == other.epochs == 5
        for tensor in one.tensors:
            np.testing.assert_array_equal(
                one.read_gradients(tensor, 0, 50), other.read_gradients(tensor, 0, 50)
            )
            np.testing.assert_array_equal(one.weights(tensor, 5), other.weights(tensor, 5))
