"""Recording in Lightning: ``GradientRecorder``, a callback of its ``Trainer``."""

from gradevo.recording.torch.lightning import GradientRecorder

__all__ = ["GradientRecorder"]
