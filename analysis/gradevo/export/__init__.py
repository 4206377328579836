"""The statistics of a run for viewers that people have: a module for each.

``tables``       what is exported: all that the catalogue lists, block by block, and the histograms
``tensorboard``  event files
``parquet``      one long table
``wandb``        an offline run of Weights & Biases
``package``      those of their packages that are not installed, in a clear line
"""
