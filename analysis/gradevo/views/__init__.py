"""Pictures of networks that are small enough to be drawn whole: a run file in, GIF and MP4 out.

``film``         a matplotlib figure whose artists are updated, as GIF and MP4
``palette``      the colours of a GIF, found in its frames
``flow``         gradients in a network with two inputs, beside its decision surface
``convergence``  which of many seeds got stuck, and where
"""
