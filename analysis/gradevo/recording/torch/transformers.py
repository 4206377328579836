"""``GradientRecorder``: the record of a training by the ``Trainer`` of Hugging Face's transformers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback

from gradevo.errors import GradevoError
from gradevo.recording.torch.losses import Losses
from gradevo.recording.torch.recorder import Recorder


class GradientRecorder(TrainerCallback):  # type: ignore[misc]
    """Record every optimizer's step while a ``Trainer`` trains; nothing in the training changes.

    The loss of a step is that of the model's outputs; where they have none (the trainer computes it), it is
    left out. Metrics of an evaluation at the end of an epoch are the epoch's.

    Args:
        path: The run file to write; ``run.partial.h5`` until training ends. Stopped and started again from a
            checkpoint of a complete epoch (``resume_from_checkpoint``), the record goes on.
        options: Those of `gradevo.torch.Recorder`, but for ``scaler``.

    Raises:
        GradevoError: From ``train``: as `gradevo.torch.Recorder` does, and for training on several devices.

    Example::

        recorder = gradevo.transformers.GradientRecorder("run.h5")
        transformers.Trainer(model, arguments, train_dataset=data, callbacks=[recorder]).train()
    """

    def __init__(self, path: str | Path, **options: Any) -> None:
        self.path = Path(path)
        self._options = options
        self._recorder: Recorder | None = None
        self._losses = Losses()
        self._hook: Any = None
        self._waits: dict[str, Any] | None = None  # of an epoch that is evaluated next

    def on_train_begin(self, args: Any, state: Any, control: Any, **of: Any) -> None:
        """Open the run file."""
        if args.world_size > 1 or args.n_gpu > 1:
            raise GradevoError(
                f"{type(of['model']).__name__}: expected training on one device, found several; train on one"
            )
        self._leave()
        optimizer, model = of["optimizer"], of["model"]
        options = {"epochs": max(1, round(state.num_train_epochs)), "seed": args.seed, **self._options}
        self._recorder = Recorder(
            model,
            getattr(optimizer, "optimizer", optimizer),
            self.path,
            scaler=getattr(optimizer, "scaler", None),
            **options,
        )
        self._losses, self._waits = Losses(), None
        self._hook = model.register_forward_hook(self._see, with_kwargs=True)

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **of: Any) -> None:
        """Say what is known of the step."""
        if self._recorder is not None:
            self._recorder.tell(**self._losses.of_step())

    def on_epoch_end(self, args: Any, state: Any, control: Any, **of: Any) -> None:
        """Write what belongs to the epoch, unless it is to be evaluated before."""
        self._waits = self._losses.of_epoch()
        if not control.should_evaluate:
            self._end_epoch({})

    def on_evaluate(self, args: Any, state: Any, control: Any, **of: Any) -> None:
        """Write what belongs to the epoch that has been evaluated, before its checkpoint is saved."""
        self._end_epoch(of.get("metrics") or {})

    def on_train_end(self, args: Any, state: Any, control: Any, **of: Any) -> None:
        """Give the run file its name."""
        self._end_epoch({})
        if self._recorder is not None:
            recorder, self._recorder = self._recorder, None
            recorder.close()
        self._leave()

    def _see(self, model: Any, args: Any, kwargs: Mapping[str, Any], outputs: Any) -> None:
        """Learn a batch's loss and its number of examples."""
        if not (model.training and torch.is_grad_enabled()):
            return
        self._losses.add_examples((args, dict(kwargs)))
        loss = outputs.get("loss") if isinstance(outputs, Mapping) else None
        if loss is not None:
            # Divided by the items of all the step's batches, a loss is a part of the step's.
            self._losses.add(loss.detach(), of_parts=kwargs.get("num_items_in_batch") is not None)

    def _end_epoch(self, metrics: Mapping[str, Any]) -> None:
        if self._recorder is None or self._waits is None:
            return
        train, self._waits = self._waits, None
        timing = ("runtime", "samples_per_second", "steps_per_second", "model_preparation_time")
        validation = {
            name.removeprefix("eval_"): value
            for name, value in metrics.items()
            if name.startswith("eval_") and not name.endswith(timing)
        }
        self._recorder.end_epoch(train=train, validation=validation)

    def _leave(self) -> None:
        """Take the hooks away, those of a training that ended by an error, too."""
        if self._hook is not None:
            self._hook.remove()
            self._hook = None
        if self._recorder is not None:
            recorder, self._recorder = self._recorder, None
            recorder.abandon()
