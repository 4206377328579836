"""Matplotlib figures of statistics files, one module per figure."""
