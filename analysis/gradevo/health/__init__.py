"""Layers whose gradients have an issue: a module for each check, and the findings as a file."""
