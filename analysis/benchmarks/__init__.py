"""How fast the project is and how much memory it takes, against what one would do instead.

``python -m analysis.benchmarks`` from the root of the checkout measures and prints a table a section
(docs/performance.md holds them with their explanations).

``contenders``  ways to train, each in a process of its own
``cases``       what they train: experiments and their data; run files without training
``training``    recording against the article's loop and against ``model.fit``
``reading``     the statistics against merely reading the run file
``animating``   the animation against the article's, and against the clock
``rounding``    what ``keep_bits`` saves, and its error in every statistic
``jobs``        time and memory of the workflow's jobs, from its own benchmark files
``rounds``      interleaved repetitions, the peak of a process's memory
``table``       ratios, targets, the printed table
"""
