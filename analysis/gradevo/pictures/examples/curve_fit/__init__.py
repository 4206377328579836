"""How a network of one hidden layer learns a curve.

``picture``  the film of one run, seven panels
``moments``  what it shows, read from the run file
``wiring``   the network with its weights and what flows back; the legend
``values``   numbers with a sign: their colours and digits; as cells and as bars
"""
