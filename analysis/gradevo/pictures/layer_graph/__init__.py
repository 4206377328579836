"""The graph of a model's layers and the gradients that flow back through it: JSON, figure, animation.

From the statistics to the page: `values` are told by `document` (``graph.json``); `layout` says which layer
stands behind, above and in a row with which other, `routes` and `edge_labels` how edges run and where their
values stand, `geometry` has all of it in inches; `style`, `labels`, `legend` and `figure` draw it, `picture`
makes the files.
"""
