"""A sentence that a record can support or contradict."""

from collections.abc import Callable
from dataclasses import dataclass

from gradevo.claims.evidence import Evidence
from gradevo.claims.observation import Amount, Series
from gradevo.claims.rules import LevelRule, TrendRule


@dataclass(frozen=True)
class Claim:
    """A sentence, and how it is tested; ``docs/claims.md`` says why so."""

    id: str
    sentence: str
    source: str
    """"article", or authors and year."""
    reference: str
    """In full."""
    statistic: str
    """What is measured of a run, as a formula."""
    rule: TrendRule | LevelRule
    measure: Callable[[Evidence, str], Series | Amount]
    """A run and a tensor's path (or "total") -> what it shows; raises `NoEvidence` if it shows nothing."""
    per_tensor: bool = False
    """Whether it is about every tensor."""

    @property
    def criterion(self) -> str:
        """When the claim is supported and when contradicted, in one sentence."""
        return self.rule.criterion
