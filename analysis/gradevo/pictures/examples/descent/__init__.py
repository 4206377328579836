"""Gradient descent on the parabola that one weight makes of the squared error.

``picture``    the film of one run; ``slope``, its two sides
``quadratic``  the parabola, its curvature, and what a learning rate does on it
``descents``   several learning rates side by side, with the edge of stability
"""
