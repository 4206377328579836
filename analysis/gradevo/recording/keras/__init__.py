"""Training a Keras model while every batch's gradient goes to a run file.

``record``      the public function
``checks``      what is refused
``runtime``     TensorFlow's switches, set before it loads
``batches``     the data on the device and the order of examples
``steps``       many optimizer steps in one compiled call
``graph``       the layers' connections and what flows back through them
``replaced``    a layer that computes otherwise for a while
``fused``       batch normalization in one kernel
``evaluation``  metrics over a whole split in one compiled call
``state``       the variables that are trained, and those that resuming needs beside them
``identity``    when a partial file may be continued
"""
