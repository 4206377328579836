"""Why numbers are stated and not recomputed."""

PAPER = "of the article's protocol at full size (make paper: hours, 35 GB), which the default run is not"
PROTOCOL = "set by the configuration or the data, not found"
CRITERION = "a bound of a criterion or a threshold, not found"
SIMULATED = "of simulated gradients and series, as python -m analysis.simulations prints them"
FORMER = "of criteria that are no longer in the code"
ARITHMETIC = "follows by arithmetic"
OTHER_MACHINE = "of another processor or other kernels, for comparison"
