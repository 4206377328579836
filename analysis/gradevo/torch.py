"""Recording in PyTorch: ``Recorder``, which listens to a model and its optimizer."""

from gradevo.recording.torch.recorder import Recorder

__all__ = ["Recorder"]
