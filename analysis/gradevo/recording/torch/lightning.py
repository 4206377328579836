"""``GradientRecorder``: the record of a training by Lightning's ``Trainer``."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from gradevo.errors import GradevoError
from gradevo.recording.torch.losses import Losses
from gradevo.recording.torch.recorder import Recorder

# The same library under two names, whose callbacks it tells apart: the one that the user has loaded.
_LOADED = "pytorch_lightning" if "pytorch_lightning" in sys.modules else "lightning.pytorch"
Callback: Any = import_module(_LOADED).Callback


class GradientRecorder(Callback):  # type: ignore[misc]
    """Record every optimizer's step while Lightning trains; nothing in the training changes.

    Metrics are those that the module logs: ``val_…`` are of the validation, all others of the training, with
    or without ``train_``. Where it logs no loss, the mean of the steps' losses is the epoch's.

    Args:
        path: The run file to write; ``run.partial.h5`` until training ends. Stopped and started again from a
            checkpoint of a complete epoch (``ckpt_path``), the record goes on.
        options: Those of `gradevo.torch.Recorder`, but for ``scaler``.

    Raises:
        GradevoError: From ``fit``: as `gradevo.torch.Recorder` does, and for several optimizers.

    Example::

        recorder = gradevo.lightning.GradientRecorder("run.h5")
        lightning.Trainer(max_epochs=10, callbacks=[recorder]).fit(module, loader)
    """

    def __init__(self, path: str | Path, **options: Any) -> None:
        super().__init__()
        self.path = Path(path)
        self._options = options
        self._recorder: Recorder | None = None
        self._losses = Losses()
        self._scaler: Any = None

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Open the run file."""
        if len(trainer.optimizers) != 1:
            raise GradevoError(
                f"{type(pl_module).__name__}: expected one optimizer, found {len(trainer.optimizers)}; "
                "record each with a gradevo.torch.Recorder of its own"
            )
        if trainer.world_size > 1:
            raise GradevoError(
                f"{type(pl_module).__name__}: expected training on one device, found {trainer.world_size}"
            )
        self._scaler = getattr(trainer.precision_plugin, "scaler", None)
        epochs = trainer.max_epochs if trainer.max_epochs and trainer.max_epochs > 0 else None
        options = {"epochs": epochs, **self._options}
        self._recorder = Recorder(pl_module, trainer.optimizers[0], self.path, scaler=self._scaler, **options)

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Learn how many examples a batch has."""
        self._losses.add_examples(batch)

    def on_before_backward(self, trainer: Any, pl_module: Any, loss: Any) -> None:
        """Learn a batch's loss, its share of the step's where gradients are accumulated."""
        scale = 1.0 if self._scaler is None else self._scaler.get_scale()
        self._losses.add(loss.detach() / scale)

    def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
        """Say what is known of the step."""
        if self._recorder is not None:
            self._recorder.tell(**self._losses.of_step())

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Write what belongs to the epoch."""
        if self._recorder is None:
            return
        train, validation = self._losses.of_epoch(), {}
        for name, value in trainer.callback_metrics.items():
            of = name.replace("/", "_")
            if of.startswith("val_"):
                validation[of.removeprefix("val_")] = value
            else:
                train[of.removeprefix("train_")] = value
        self._recorder.end_epoch(train=train, validation=validation)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Give the run file its name."""
        if self._recorder is not None:
            recorder, self._recorder = self._recorder, None
            recorder.close()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Leave the run file as it is."""
        if self._recorder is not None:
            recorder, self._recorder = self._recorder, None
            recorder.abandon()
