"""Pictures of networks that are small enough to be drawn in full, from a run file and its data.

``network``           a small network, its weights and its forward pass
``decision_surface``  two inputs, one output: gradients on the edges beside what it says; seeds compared
``curve_fit``         one input, one hidden layer, one output: how it learns a curve, number by number
``descent``           one weight: every step of gradient descent; several learning rates compared
"""
