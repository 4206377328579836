"""How a network of one hidden layer learns a curve.

``picture``  the film of one run, seven panels
``moments``  what it shows, read from the run file
``wiring``   the network with its weights and what flows back
``values``   cells and bars with their numbers
``key``      the legend
``signed``   colours and digits of numbers with a sign
"""
