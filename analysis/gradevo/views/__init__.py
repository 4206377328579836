"""Pictures of networks that are small enough to be drawn whole: a run file in, GIF and MP4 out.

``film``         a matplotlib figure whose artists are updated, as GIF and MP4
``stage``        the figure as pixels: what stays is drawn once
``palette``      the colours of a GIF, found in its frames
``network``      a small network, its weights and its forward pass
``gradients``    how large its gradients are, epoch by epoch
``diagram``      the network drawn neuron by neuron; ``placement`` of its units and numbers
``surface``      what it says about every point of the plane
``flow``         diagram, gradient norms and surface as a film
``outcome``      how a run ended; ``convergence`` of many seeds, as a table and a figure
"""
