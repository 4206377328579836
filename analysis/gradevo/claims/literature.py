"""Sentences of the literature, as tests on the record."""

from functools import partial

import numpy as np

from gradevo.claims.evidence import Evidence
from gradevo.claims.observation import Amount, NoEvidence, Series, amount
from gradevo.claims.rules import Claim, LevelRule, TrendRule

FEWEST_DIRECTIONS = 20
"""Steps, or parameters, below which no subspace is small."""
DIRECTIONS = 10
"""Dimension of the small subspace, unless a tenth of the directions that there are is less."""


def directions(steps: int, parameters: int) -> int:
    """The dimension k of the small subspace.

    Raises `NoEvidence` with fewer than 20 steps or parameters.
    """
    if (there := min(steps, parameters)) < FEWEST_DIRECTIONS:
        raise NoEvidence(f"no subspace is small among {there} directions; {FEWEST_DIRECTIONS} needed")
    return min(DIRECTIONS, there // 10)


def _subspace(kind: str, evidence: Evidence, tensor: str) -> Amount:
    spectrum = evidence.run.spectrum(kind)
    low, high = spectrum.share(directions(spectrum.steps, spectrum.parameters))
    return Amount(low, high, length=spectrum.steps)


def _noise_scale(evidence: Evidence, tensor: str) -> Series:
    signal, noise = evidence.noise
    if (noise == 0).any():
        raise NoEvidence("no noise: successive gradients are equal in an epoch")
    return Series(signal / noise, evidence.losses, name="1/B")


def _variance(evidence: Evidence, tensor: str) -> Series:
    return Series(evidence.noise[1])


def _oppose(evidence: Evidence, tensor: str) -> Amount:
    steps = evidence.run.steps
    return amount(evidence.cosines[steps - -(-steps // 4) :], np.mean)


def _share(share: float) -> str:
    return f"{100 * share:.1f} % of the energy"


SUBSPACE = LevelRule(0.9, 0.5, _share, "steps", (0, 1))
OPPOSE = LevelRule(-0.05, 0.0, lambda cosine: f"mean cosine {cosine:.2g}", "steps", (-1, 1))
TINY = "the gradient lives in a small subspace"
GUR_ARI = (
    "Gur-Ari et al. 2018",
    'G. Gur-Ari, D. A. Roberts, E. Dyer, "Gradient descent happens in a tiny subspace", '
    "arXiv:1812.04754, 2018",
)
TOP = "top k principal directions of all steps' gradients, k = min(10, min(steps, parameters) // 10)"

LITERATURE_CLAIMS: tuple[Claim, ...] = (
    Claim("subspace", TINY, *GUR_ARI, f"share of Σ‖G‖² in the {TOP}", SUBSPACE, partial(_subspace, "energy")),
    Claim(
        "subspace-direction",
        TINY,
        *GUR_ARI,
        f"the same with every G divided by its norm: share in the {TOP}",
        SUBSPACE,
        partial(_subspace, "direction"),
    ),
    Claim(
        "noise-scale-grows",
        "the gradient noise scale grows as the loss falls",
        "McCandlish et al. 2018",
        'S. McCandlish, J. Kaplan, D. Amodei et al., "An empirical model of large-batch training", '
        "arXiv:1812.06162, 2018",
        "τ of 1/B_simple = |G|²/tr Σ with the training loss",
        TrendRule(1),
        _noise_scale,
    ),
    Claim(
        "variance-grows",
        "gradient variance increases during training",
        "Faghri et al. 2020",
        'F. Faghri, D. Duvenaud, D. J. Fleet, J. Ba, "A study of gradient variance in deep learning", '
        "arXiv:2007.04532, 2020",
        "τ(tr Σ)",
        TrendRule(1),
        _variance,
    ),
    Claim(
        "successive-oppose",
        "SGD bounces between the walls of a valley: successive gradients oppose each other",
        "Xing et al. 2018",
        'C. Xing, D. Arpit, C. Tsirigotis, Y. Bengio, "A walk with SGD", arXiv:1802.08770, 2018',
        "mean cosine of successive steps over the last quarter of the steps",
        OPPOSE,
        _oppose,
    ),
)
