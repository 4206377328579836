"""Heatmaps of every tensor's gradients through the epochs, as GIF and MP4."""

from gradevo.pictures.heatmaps.film import animate

__all__ = ["animate"]
