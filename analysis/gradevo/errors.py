"""The one exception for mistakes that the user can mend."""


class GradevoError(Exception):
    """Says what is wrong, where, what was expected and found, and what to do.

    The command line prints the message without a traceback. A message of several
    lines holds one mistake a line.
    """
