"""The run file: every batch's gradient of every tensor, in HDF5.

The only code that knows the schema (``docs/run-file.md`` describes it for readers):

``schema``  names, chunks and compression
``writer``  ``RunWriter``, a file that grows while a network trains
``reader``  ``Run``, read access to finished, growing and killed files
``facts``   what a file holds, in words
``rounding``  mantissas cut to a few bits
``selection``  which batches become steps
``disk``    is there room for it, and when there is none left
``resume``  carrying the complete epochs of a killed run over into a new file
``lock``    one recording at a time
``hdf5``     HDF5 without time stamps
"""
