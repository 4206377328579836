"""gradevo: the reproducible record of how gradients evolve while a neural network learns."""
