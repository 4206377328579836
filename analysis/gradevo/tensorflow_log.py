"""Keeping TensorFlow's start-up messages out of logs and terminals."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

# From 3 on only fatal messages are printed; errors still arrive as Python exceptions.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@contextmanager
def silenced() -> Iterator[None]:
    """Drop what is written to file descriptor 2 in the block, unless the block fails.

    While it is imported, TensorFlow's native code writes notes on the processor and on
    missing GPU drivers past every log level.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as messages:
        os.dup2(messages.fileno(), 2)
        try:
            yield
        except BaseException:
            messages.seek(0)
            os.write(kept, messages.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
