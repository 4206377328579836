"""Lightning's and Hugging Face's trainers, recorded: against the same without, and against a loop."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import gradevo  # noqa: E402
from gradevo import GradevoError, Run  # noqa: E402

nn = torch.nn
pytestmark = pytest.mark.filterwarnings("ignore")  # of the trainers, about workers and loggers


def pairs(count: int = 20) -> Any:
    random = torch.Generator().manual_seed(5)
    rows = torch.randn(count, 4, generator=random), torch.randn(count, 1, generator=random)
    return torch.utils.data.TensorDataset(*rows)


def lightning_module(optimizers: int = 1) -> Any:
    lightning = pytest.importorskip("lightning")

    class Module(lightning.LightningModule):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 1))
            self.fails = False

        def training_step(self, batch: Any, index: int) -> Any:
            if self.fails:
                raise ValueError("the module's own")
            return ((self.net(batch[0]) - batch[1]) ** 2).mean()

        def validation_step(self, batch: Any, index: int) -> None:
            self.log("val_loss", ((self.net(batch[0]) - batch[1]) ** 2).mean())

        def configure_optimizers(self) -> Any:
            return [torch.optim.Adam(self.parameters(), 0.01) for _ in range(optimizers)]

    torch.manual_seed(3)
    return Module()


def fit(module: Any, callbacks: list[Any], **options: Any) -> None:
    import lightning

    trainer = lightning.Trainer(
        **{"max_epochs": 2, **options},
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=callbacks,
    )
    loader = torch.utils.data.DataLoader(pairs(), batch_size=8)
    trainer.fit(module, loader, loader)


def test_lightning_is_recorded_and_trains_as_without(tmp_path: Path) -> None:
    module, bare, loop = lightning_module(), lightning_module(), lightning_module()
    options = {"gradient_clip_val": 0.05, "accumulate_grad_batches": 2}
    fit(module, [gradevo.lightning.GradientRecorder(tmp_path / "run.h5")], **options)
    fit(bare, [], **options)
    for mine, theirs in zip(module.parameters(), bare.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    optimizer = torch.optim.Adam(loop.parameters(), 0.01)
    kept, losses = [], []
    for _ in range(2):
        for batches in (range(2), range(2, 3)):  # the last step of an epoch has one batch
            optimizer.zero_grad()
            parts = []
            for at in batches:
                x, y = pairs()[8 * at : 8 * at + 8]
                parts.append(((loop.net(x) - y) ** 2).mean() / 2)
                parts[-1].backward()
            losses.append(float(sum(parts)))
            kept.append(loop.net[0].weight.grad.numpy().copy())
            nn.utils.clip_grad_norm_(loop.parameters(), 0.05)
            optimizer.step()
    with Run(tmp_path / "run.h5") as run:
        assert (run.epochs, run.timeline.lengths.tolist()) == (2, [2, 2])
        np.testing.assert_allclose(run.read_gradients("net/0/weight", 0, 4), kept, rtol=1e-4, atol=1e-7)
        np.testing.assert_allclose(run.step("loss"), losses, rtol=1e-5)
        assert run.step("batch_size").tolist() == [16, 4, 16, 4]
        assert (run.step("learning_rate") == 0.01).all()
        np.testing.assert_allclose(
            run.metrics("train")["loss"], np.reshape(losses, (2, 2)).mean(1), rtol=1e-5
        )
        assert run.metrics("validation")["loss"].shape == (2,)
        assert [(edge.source, edge.target) for edge in run.graph.edges] == [("net/0", "net/2")]


def test_lightning_goes_on_after_an_error(tmp_path: Path) -> None:
    module = lightning_module()

    class Failing(__import__("lightning").Callback):  # type: ignore[misc,name-defined]
        def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
            pl_module.fails = True

    recorder = gradevo.lightning.GradientRecorder(tmp_path / "run.h5")
    with pytest.raises(ValueError, match="the module's own"):
        fit(module, [recorder, Failing()])
    assert [path.name for path in tmp_path.iterdir()] == ["run.partial.h5"]
    assert not any(one._post_accumulate_grad_hooks for one in module.parameters())
    module.fails = False
    fit(module, [recorder], max_epochs=1)
    with Run(tmp_path / "run.h5") as run:
        assert run.epochs == 2
    two = lightning_module(2)
    two.automatic_optimization = False
    with pytest.raises(GradevoError, match="expected one optimizer, found 2"):
        fit(two, [gradevo.lightning.GradientRecorder(tmp_path / "other.h5")])


def language_model() -> Any:
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    torch.manual_seed(0)
    small = transformers.GPT2Config(vocab_size=32, n_positions=8, n_embd=8, n_layer=1, n_head=2)
    return transformers.GPT2LMHeadModel(small)


def sentences() -> list[dict[str, Any]]:
    random = torch.Generator().manual_seed(1)
    rows = [torch.randint(32, (8,), generator=random) for _ in range(10)]
    return [{"input_ids": row, "labels": row} for row in rows]


def hugging_face(model: Any, folder: Path, callbacks: list[Any], **options: Any) -> Any:
    import transformers

    arguments = transformers.TrainingArguments(
        str(folder / "checkpoints"),
        per_device_train_batch_size=2,
        gradient_accumulation_steps=2,
        learning_rate=0.01,
        save_strategy="epoch",
        logging_steps=1,
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        **{"num_train_epochs": 2, "eval_strategy": "epoch", **options},
    )
    data = sentences()
    return transformers.Trainer(model, arguments, train_dataset=data, eval_dataset=data, callbacks=callbacks)


def test_hugging_face_is_recorded_and_trains_as_without(tmp_path: Path) -> None:
    model, bare = language_model(), language_model()
    trainer = hugging_face(model, tmp_path, [gradevo.transformers.GradientRecorder(tmp_path / "run.h5")])
    trainer.train()
    other = hugging_face(bare, tmp_path / "bare", [])
    other.train()
    for mine, theirs in zip(model.parameters(), bare.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    assert not model._forward_hooks
    logs = [entry for entry in other.state.log_history if "grad_norm" in entry]
    with Run(tmp_path / "run.h5") as run:
        assert (run.epochs, run.timeline.lengths.tolist()) == (2, [3, 3])
        assert run.step("batch_size").tolist() == [4, 4, 2] * 2
        np.testing.assert_allclose(run.step("loss"), [float(of["loss"]) for of in logs], rtol=1e-3)
        norms = np.sqrt(
            sum((run.read_gradients(name, 0, 6).reshape(6, -1) ** 2).sum(1) for name in run.tensors)
        )
        np.testing.assert_allclose(
            norms, [float(of["grad_norm"]) for of in logs], rtol=1e-3
        )  # before clipping
        evaluations = [of["eval_loss"] for of in other.state.log_history if "eval_loss" in of]
        assert run.metrics("validation")["loss"].tolist() == [float(of) for of in evaluations]
        assert list(run.metrics("validation")) == ["loss"]
        kinds = {layer.kind: layer.outputs for layer in run.graph.layers}
        assert (kinds["Conv1D"], kinds["Embedding"]) == (-1, -1)  # theirs has inputs × outputs


def test_hugging_face_goes_on_from_its_own_checkpoint(tmp_path: Path) -> None:
    import transformers

    class Stopping(transformers.TrainerCallback):  # type: ignore[misc,name-defined]
        def on_step_end(self, args: Any, state: Any, control: Any, **of: Any) -> None:
            if state.global_step == 5:
                raise KeyboardInterrupt

    path = tmp_path / "run.h5"
    recorder = gradevo.transformers.GradientRecorder(path)
    with pytest.raises(KeyboardInterrupt):
        hugging_face(language_model(), tmp_path, [recorder, Stopping()], eval_strategy="no").train()
    again = hugging_face(language_model(), tmp_path, [recorder], eval_strategy="no")
    again.train(resume_from_checkpoint=True)
    whole = tmp_path / "whole"
    other = gradevo.transformers.GradientRecorder(whole / "run.h5")
    hugging_face(language_model(), whole, [other], eval_strategy="no").train()
    with Run(path) as one, Run(whole / "run.h5") as two:
        assert one.epochs == two.epochs == 2
        for name in one.tensors:
            np.testing.assert_array_equal(one.read_gradients(name, 0, 6), two.read_gradients(name, 0, 6))
