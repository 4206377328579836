"""What the accumulated gradients of a run would be if the signs of its epochs were random.

The null of claims about accumulated gradients: A'[e] = Σ_{i≤e} sᵢ·g[i] with independent sᵢ = ±1, the same for
all tensors. M. D. Ernst, "Permutation methods: a basis for exact inference", Statistical Science 19(4), 2004.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradevo.statistics.store import Statistics

DRAWS = 999
ELEMENTS = 2**16
"""Of a tensor, at most; more are stood for by some, evenly spaced."""
VALUES = 2**25
"""Of a tensor's elements in all epochs, at most."""
WIDTH = 256
"""Elements that are accumulated at a time: all draws of them stay in the cache."""
STREAM = 1
"""Keeps these random numbers apart from others of the same seed."""


@dataclass(frozen=True)
class RandomSigns:
    """Accumulated gradients by draw: row 0 of each array is the run itself, of the same elements."""

    highest: dict[str, NDArray[np.float64]]
    """Tensor -> max|g[e]|, (epochs,): signs do not change it."""
    highest_acc: dict[str, NDArray[np.float64]]
    """Tensor -> max|A'[e]|, (1 + draws, epochs)."""
    norms: NDArray[np.float64]
    """Σ ‖g[e]‖₁ / n over the tensors, (epochs,): signs do not change it."""
    norms_acc: NDArray[np.float64]
    """Σ ‖A'[e]‖₁ / n over the tensors, (1 + draws, epochs)."""


def random_signs(run: Statistics, draws: int = DRAWS) -> RandomSigns:
    """Draw signs for the epochs of a run and accumulate its gradients with them.

    The same run gives the same draws; runs of different seeds have independent ones. Epochs are read one
    after the other; at most 128 MiB of gradients and 8 bytes per draw, epoch and tensor are held. What is not
    finite flows through.
    """
    signs = draw_signs(run.seed, draws, run.epochs)
    highest, highest_acc = {}, {}
    norms, norms_acc = np.zeros(run.epochs), np.zeros((len(signs), run.epochs))
    for tensor in run.tensors:
        gradients = _sample(run, tensor)
        absolute = np.abs(gradients, dtype=np.float64)
        largest, total = accumulated(gradients, signs)
        highest[tensor], highest_acc[tensor] = absolute.max(axis=1), largest
        norms += absolute.mean(axis=1)
        norms_acc += total / gradients.shape[1]
    return RandomSigns(highest, highest_acc, norms, norms_acc)


def draw_signs(seed: int, draws: int, epochs: int) -> NDArray[np.float32]:
    """Rows of ±1, (1 + draws, epochs) float32; the first row is all +1.

    The first epoch keeps its sign in all draws: to turn all signs changes no norm.
    """
    random = np.random.default_rng([STREAM, seed % 2**32])
    signs = 1 - 2 * random.integers(0, 2, (1 + draws, epochs)).astype(np.float32)
    signs[0] = signs[:, :1] = 1
    return signs


def accumulated(
    gradients: NDArray[np.float32], signs: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """max|A'[e]| and ‖A'[e]‖₁ of every draw and epoch, (draws, epochs) float64 each.

    gradients: (epochs, n) float32. signs: (draws, epochs). Sums over the epochs are formed in float32.
    """
    draws, epochs = signs.shape
    largest, total = np.zeros((2, epochs, draws))
    columns = np.ascontiguousarray(signs.T)[:, :, None]
    for left in range(0, gradients.shape[1], WIDTH):
        part = gradients[:, left : left + WIDTH]
        sums, work = np.zeros((2, draws, part.shape[1]), np.float32)
        ones = np.ones(part.shape[1], np.float32)
        with np.errstate(invalid="ignore", over="ignore"):
            for epoch in range(epochs):
                sums += np.multiply(columns[epoch], part[epoch], out=work)
                np.abs(sums, out=work)
                np.maximum(largest[epoch], work.max(axis=1), out=largest[epoch])
                total[epoch] += work @ ones
    return largest.T.copy(), total.T.copy()


def _sample(run: Statistics, tensor: str) -> NDArray[np.float32]:
    """The epochs' gradients of a tensor, (epochs, n) float32, n at most `ELEMENTS`."""
    size = run.size(tensor)
    stride = -(-size // max(1, min(ELEMENTS, VALUES // max(1, run.epochs))))
    gradients = np.empty((run.epochs, -(-size // stride)), np.float32)
    for epoch in range(run.epochs):
        gradients[epoch] = run.gradient(tensor, epoch + 1).ravel()[::stride]
    return gradients
