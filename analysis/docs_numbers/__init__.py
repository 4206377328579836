"""Numbers that the documents quote of the default run, recomputed from its records: ``make docs-numbers``."""
