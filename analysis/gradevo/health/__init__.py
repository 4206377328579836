"""Layers whose gradients are ill, epoch by epoch: what is checked, and what was found."""

from gradevo.health.findings import Finding, findings
from gradevo.health.wording import epoch_ranges, health_lines

__all__ = ["Finding", "epoch_ranges", "findings", "health_lines"]
