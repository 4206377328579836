"""Training a Keras model while every batch's gradient goes to a run file.

``record``   the public function, and what it refuses
``callback`` the public callback, which records inside ``fit``
``rows``     what it writes of every batch inside the compiled train step
``runtime``  TensorFlow's switches, set before it loads
``batches``  the data on the device and the order of examples
``steps``    many optimizer steps in one compiled call, and metrics over a whole split in another
``graph``    the layers' connections and what flows back through them
``fused``    batch normalization in one kernel
``state``    the variables, and when a partial file may be continued
"""
