"""Sentences about gradients, the article's and the literature's, and what the records say of them."""

from gradevo.claims.claim import Claim
from gradevo.claims.judge import CLAIMS, judge
from gradevo.claims.rules import VERDICTS
from gradevo.claims.write import write_claims

__all__ = ["CLAIMS", "VERDICTS", "Claim", "judge", "write_claims"]
