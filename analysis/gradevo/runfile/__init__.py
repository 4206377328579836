"""The run file: every batch's gradient of every tensor, in HDF5.

The only code that knows the schema (``docs/run-file.md`` describes it for readers):

``schema``  names, chunks and compression
``writer``  ``RunWriter``, a file that grows while a network trains
``reader``  ``Run``, read access to finished, growing and killed files
``rounding``  mantissas cut to a few bits
``space``   is there room for it?
``full_disk``  and when there is none left
``resume``  carrying the complete epochs of a killed run over into a new file
``lock``    one recording at a time
``hdf5``     HDF5 without time stamps
"""

from gradevo.runfile.full_disk import full_disk_explained
from gradevo.runfile.lock import exclusive
from gradevo.runfile.reader import Run
from gradevo.runfile.resume import Resumed, resume
from gradevo.runfile.schema import Plan, partial_path
from gradevo.runfile.space import check_space
from gradevo.runfile.writer import RunWriter

__all__ = [
    "Plan",
    "Resumed",
    "Run",
    "RunWriter",
    "check_space",
    "exclusive",
    "full_disk_explained",
    "partial_path",
    "resume",
]
