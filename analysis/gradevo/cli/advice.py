"""What usually helps against each illness; ``docs/health.md`` gives the reasons."""

ADVICE = {
    "exploding": (
        "What usually helps: scale inputs and targets to mean 0 and variance 1; lower the learning rate to "
        "a tenth; clip gradients (clipnorm=1 in a Keras optimizer), above all in recurrent networks. If the "
        "loss falls all the same, an optimizer such as Adam copes with the size; plain gradient descent "
        "does not."
    ),
    "dead": (
        "What usually helps: look at the last of these layers in the network, and at what comes right behind "
        "it; there the gradient is lost. Relu units that are negative for every example give none: start "
        "with biases of 0 and He initialization, lower the learning rate, or take leaky_relu or elu. A "
        "saturated sigmoid or softmax gives none either: leave it out and compile the loss with "
        "from_logits=True. A layer on which the loss does not depend never has one."
    ),
    "vanishing": (
        "What usually helps: relu-like activations with He initialization instead of sigmoid or tanh; batch "
        "normalization between layers; skip connections; fewer layers. A larger learning rate hardly does: "
        "it moves the layers near the loss first."
    ),
    "oscillating": (
        "What usually helps: halve the learning rate until the cosine rises, let it decay, or lower the "
        "momentum. The steps jump across a valley instead of following it. The loss may fall all the same, "
        "only slower than it could."
    ),
}

NOT_FINITE = (
    "Not finite: first look for missing values in the data, and for a logarithm or division of 0 in the "
    "loss. If there are none, the steps were too large, and the advice below holds."
)

THROUGH_TIME_ADVICE = (
    "What usually helps: LSTM or GRU instead of SimpleRNN; a shorter or coarser series; all outputs "
    "(return_sequences=True) pooled or attended to instead of the last one; Bidirectional. If only the end "
    "of the series matters to the task, nothing needs mending: the network just cannot learn from its "
    "beginning."
)
