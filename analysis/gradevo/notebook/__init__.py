"""What Jupyter shows: runs and statistics as pages of their own, and the curves of a training under its cell.

``html``    tables, the main curves, the graph
``curves``  loss and gradient norm of every step
``live``    the same while a network trains
"""
