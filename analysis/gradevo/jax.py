"""Recording in JAX: ``record``, which stands in a chain of optax, and ``tell``."""

from gradevo.recording.jax.transformation import record, tell

__all__ = ["record", "tell"]
