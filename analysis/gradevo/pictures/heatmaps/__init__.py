"""Heatmaps of every tensor's gradients through the epochs, as GIF and MP4."""
