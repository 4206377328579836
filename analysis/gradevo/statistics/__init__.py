"""Numbers per step, per epoch and per tensor, computed from a run file in one pass."""
