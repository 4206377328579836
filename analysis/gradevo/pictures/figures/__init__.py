"""Matplotlib figures of statistics files, one module a figure."""
