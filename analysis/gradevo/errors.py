"""The one exception for mistakes that the user can mend."""


class GradevoError(Exception):
    """Says what is wrong, where, what was expected and found, and what to do.

    The command line prints the message without a traceback. A message of several
    lines holds one mistake a line.
    """


class DiskFull(GradevoError):
    """No room was left while a file was being written.

    HDF5 fails again whenever it is then asked to let go of its file, up to a crash at the end of the process:
    a program ends best at once, by ``os._exit``.
    """
