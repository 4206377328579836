"""What ``record`` refuses, before anything is trained or written."""

from pathlib import Path

import keras

from gradevo.errors import GradevoError


def check_settings(
    epochs: int, batch_size: int, on_nonfinite: str, keep_bits: int | None, record_every: int
) -> None:
    """Raise GradevoError for settings out of range."""
    for name, value in (("epochs", epochs), ("batch_size", batch_size), ("record_every", record_every)):
        if value < 1:
            raise GradevoError(f"{name}: expected an integer of at least 1, found {value}")
    if keep_bits is not None and not 1 <= keep_bits <= 22:
        raise GradevoError(
            f"keep_bits: expected None or 1 to 22 of float32's 23 bits of mantissa, found {keep_bits}"
        )
    if on_nonfinite not in ("continue", "stop"):
        raise GradevoError(f"on_nonfinite: expected 'continue' or 'stop', found {on_nonfinite!r}")


def check_new(path: Path, overwrite: bool) -> None:
    """Raise GradevoError for a record that would be lost."""
    if path.exists() and not overwrite:
        raise GradevoError(
            f"{path}: expected a new file, found an existing one; "
            "name another, delete it, or allow overwriting"
        )


def check_pair(validation_data: object) -> None:
    """Raise GradevoError unless the validation data are inputs and targets."""
    if not isinstance(validation_data, tuple | list) or len(validation_data) != 2:
        found = f"{len(validation_data)} parts" if isinstance(validation_data, tuple | list) else "none"
        raise GradevoError(
            f"validation_data: expected a pair (x, y), found {found}; weights are not supported"
        )


def check_model(model: keras.Model) -> None:
    """Raise GradevoError for a model whose gradients ``record`` would not get right."""
    if not getattr(model, "compiled", False) or model.optimizer is None:
        raise GradevoError(
            "model: expected a compiled Keras model, found one without optimizer and loss; "
            "call model.compile(optimizer, loss, metrics=…) first"
        )
    if type(model).train_step is not keras.Model.train_step:
        raise GradevoError(
            f"model: expected Keras' own train_step, found one of {type(model).__name__}; "
            "record differentiates the compiled loss, so put what is special into compute_loss"
        )
    if isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer):
        raise GradevoError(
            "optimizer: expected one that takes gradients as they are, found LossScaleOptimizer; "
            "compile with auto_scale_loss=False"
        )
