"""A disk that fills up while a run file grows."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gradevo.errors import DiskFull

# The disk, the user's share of it, or the size that a file may have, is used up.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def is_full(error: BaseException) -> bool:
    """Whether an error of h5py or the system says that there is no room left.

    h5py raises OSError or RuntimeError with the system's number in its text.
    """
    numbers = re.findall(r"errno = (\d+)", str(error))
    return getattr(error, "errno", None) in _NO_ROOM or bool({int(number) for number in numbers} & _NO_ROOM)


@contextmanager
def full_disk_explained(path: Path) -> Iterator[None]:
    """Raise DiskFull where the block fails because ``path`` has no room to grow."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        if not is_full(error):
            raise
        raise DiskFull(
            f"{path}: expected room for the record to grow, found none left on the disk; free some and start "
            "again, which goes on after the last complete epoch"
        ) from error
