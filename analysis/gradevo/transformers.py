"""Recording in Hugging Face's transformers: ``GradientRecorder``, a callback of its ``Trainer``."""

from gradevo.recording.torch.transformers import GradientRecorder

__all__ = ["GradientRecorder"]
