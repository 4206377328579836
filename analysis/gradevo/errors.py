"""The one exception for mistakes that the user can mend, and how it shows what was found."""


class GradevoError(Exception):
    """Says what is wrong, where, what was expected and found, and what to do.

    The command line prints the message without a traceback. A message of several
    lines holds one mistake a line.
    """


class NotWritten(GradevoError):
    """A file could not be written on.

    HDF5 fails again whenever it is then asked to let go of its file, up to a crash at the end of the process:
    a program ends best at once, by ``os._exit``.
    """


class DiskFull(NotWritten):
    """No room was left while a file was being written."""


LONGEST = 200  # characters of a value in a message


def shown(value: object) -> str:
    """Return a value as Python writes it, cut where that is long."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def one_line(text: str) -> str:
    """Return `text` as a terminal can show it: names of files, and texts in them, may hold anything."""
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1]
        for character in " ".join(text.split())
    )
