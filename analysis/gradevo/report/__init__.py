"""One folder of pages that shows everything: experiments, comparison, claims, provenance."""

from gradevo.report.write import write_report

__all__ = ["write_report"]
