"""How fast the project is, as ratios against what one would do instead.

``python -m analysis.benchmarks`` from the root of the checkout measures and prints one table
(docs/performance.md holds one with its explanations).

``contenders``  ways to train, each in a process of its own
``training``    recording against the article's loop and against ``model.fit``
``reading``     the statistics against merely reading the run file
``animating``   the animation against the article's
``rounds``      interleaved repetitions
``table``       ratios, targets, the printed table
"""
