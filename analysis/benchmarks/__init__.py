"""How fast the project is and how much memory it takes, against what one would do instead.

``python -m analysis.benchmarks`` from the root of the checkout measures and prints a table a section
(docs/performance.md holds them with their explanations).

``contenders``  ways to train, each in a process of its own
``memory``      the peak of a process's memory
``cases``       what they train: experiments and their data
``training``    recording against the article's loop and against ``model.fit``
``synthetic``   run files in the article's shapes, without training
``reading``     the statistics against merely reading the run file
``animating``   the animation against the article's, and against the clock
``rounding``    what ``keep_bits`` saves, and its error in every statistic
``jobs``        time and memory of the workflow's jobs, from its own benchmark files
``rounds``      interleaved repetitions
``table``       ratios, targets, the printed table
"""
