"""Recording of trainings in PyTorch."""
