"""Compiled Keras models, one module an architecture.

A module ``gradevo.models.<name>`` defines
``layers(input_shape, outputs, seed) -> list of keras layers`` and is found by its name:
to add a model, add a file.
"""
