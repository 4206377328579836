"""How fast the project is and how much memory it takes, against what one would do instead.

``python -m analysis.benchmarks`` from the root of the checkout measures and prints a table a section
(docs/performance.md holds them with their explanations).

``cases``      what is measured: experiments and their data, and run files without training
``training``   recording against the article's loop and against ``model.fit``, each in a process of its own
``fitting``    ``fit`` with the callback against the same ``fit`` without, by turns in one process
``analysing``  the statistics against merely reading the run file; what ``keep_bits`` saves, and its errors
``animating``  the animation against the article's, and against the clock
``deep_networks``  three networks of many layers, trained and recorded
``drawing``    all that is drawn of them, and its time and size
``jobs``       time and memory of the workflow's jobs, from its own benchmark files
``timing``     interleaved repetitions, ratios, targets, the printed table
"""
