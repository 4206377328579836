"""Numbers that the documents quote of runs, recomputed from the records: ``make docs-numbers``."""
