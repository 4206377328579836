"""Many experiments side by side: curves on common axes, and tables."""
