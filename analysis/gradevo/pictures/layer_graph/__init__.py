"""The graph of a model's layers and the gradients that flow back through it: JSON, figure, animation.

From the statistics to the page:

``values``                        norms of layers and edges, by epoch and on average; the threshold
``document``                      ``graph.json``
``ranks``, ``layout``             which layer stands before, above and in a row with which other
``ways``, ``ports``, ``lines``    how edges run and where they touch their layers
``places``, ``spots``             everything in inches, and the spots of the edges' values
``scale``, ``looks``, ``labels``  sizes, colours and words
``artists``, ``legend``           what matplotlib draws
``figure``, ``animation``         the page, and its film over the epochs
"""
