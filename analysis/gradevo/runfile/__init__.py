"""The run file: every batch's gradient of every tensor, in HDF5.

The only code that knows the schema (``docs/run-file.md`` describes it for readers):

``schema``  names, chunks and compression
``writer``  ``RunWriter``, a file that grows while a network trains
``reader``  ``Run``, read access to finished, growing and killed files
``resume``  carrying the complete epochs of a killed run over into a new file
"""

from .reader import Run
from .resume import Resumed, resume
from .schema import Plan, partial_path
from .writer import RunWriter

__all__ = ["Plan", "Resumed", "Run", "RunWriter", "partial_path", "resume"]
