"""One folder of pages that shows everything: experiments, comparison, claims, provenance."""
