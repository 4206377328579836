"""Sentences about gradients, the article's and the literature's, and what the records say of them."""

from gradevo.comparison.claims.claim import Claim
from gradevo.comparison.claims.judge import CLAIMS, judge
from gradevo.comparison.claims.rules import VERDICTS
from gradevo.comparison.claims.write import write_claims

__all__ = ["CLAIMS", "VERDICTS", "Claim", "judge", "write_claims"]
