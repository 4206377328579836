"""The graph of a model's layers and the gradients that flow back through it: JSON, figure, animation.

From the statistics to the page:

``values``                          norms of layers and edges, by epoch and on average; the threshold
``document``                        ``graph.json``
``layout``                          which layer stands before, above and in a row with which other
``routes``, ``edge_labels``         how edges run between their layers, and where their values stand
``geometry``                        everything in inches
``scale``, ``labels``               sizes and colours, and words
``figure``, ``legend``              what matplotlib draws
``picture``                         all of it as files, the film over the epochs among them
"""
