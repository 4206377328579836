"""Gradients that flow through a network with two inputs, beside its decision surface.

``picture``      the film of one run
``diagram``      the network drawn neuron by neuron; ``placement`` of its units and numbers
``gradients``    how large they are, epoch by epoch
``surface``      what the network says about every point of the plane
``outcome``      how a run ended; ``convergence`` of many seeds, as a table and a figure
"""
