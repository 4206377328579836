"""Lets a bare ``pytest`` find ``analysis.benchmarks``, which is run from the root and not installed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
