"""Gradients that flow through a network with two inputs, beside its decision surface.

``picture``      the film of one run
``record``       what it shows, read from the run file: gradients epoch by epoch, how the run ended
``diagram``      the network drawn neuron by neuron
``surface``      what the network says about every point of the plane
``convergence``  of many seeds, as a table and a figure
"""
