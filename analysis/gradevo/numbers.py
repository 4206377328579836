"""Numbers with units, for people."""


def in_bytes(size: int) -> str:
    """A number of bytes in three digits: "22.6 GB", "310 MB"."""
    for power, unit in ((12, "TB"), (9, "GB"), (6, "MB"), (3, "kB")):
        scaled = size / 10**power
        if scaled >= 0.9995:
            digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
            return f"{scaled:.{digits}f} {unit}"
    return f"{size} B"
