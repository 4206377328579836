"""Recording of trainings in JAX."""
