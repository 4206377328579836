"""Compiled Keras models, one module an architecture.

A module ``gradevo.models.<name>`` defines
``layers(input_shape, outputs, seed)``, which returns a list of Keras layers or a whole ``keras.Model``,
and is found by its name: to add a model, add a file. A file of that kind anywhere else is named by its path.
"""
