"""From a text to the rows of a table."""

import codecs
import csv
import io
import re
from collections.abc import Iterator

from gradevo.datasets.members import Content

Row = tuple[int, list[str]]
"""The number of a line, and the fields that stand there."""

_TOLD = re.compile(r'"?sep=(.?)"?')  # Excel's first line, for itself

# What files of other kinds begin with; people rename them.
_KINDS = {
    b"PK\x03\x04": "a spreadsheet or another zip archive (is it an .xlsx or .npz?)",
    b"\x1f\x8b": "a gzip archive; unpack it",
    b"PAR1": "Parquet; name it .parquet",
    b"\x89HDF": "HDF5",
    b"version https://git-lfs": "the pointer of Git LFS to a file that was not fetched; `git lfs pull`",
    b"<!DOCTYPE": "a web page",
    b"<html": "a web page",
}


def rows_of(file: Content, delimiter: str) -> Iterator[Row]:
    """Yield each line that is not blank: its number, and its fields without the space around them.

    Raises GradevoError if the file is no text, or a quotation does not end.
    """
    reader = csv.reader(lines_of(file), delimiter=delimiter, strict=True)
    begin = 0
    try:
        for fields in reader:
            begin = reader.line_num
            stripped = [field.strip() for field in fields]
            if stripped in ([], [""]) or (begin == 1 and _TOLD.fullmatch(delimiter.join(fields))):
                continue
            yield reader.line_num, stripped
    except csv.Error as error:
        raise file.origin.fault(f"a table as UTF-8 text from line {begin + 1} on", f"{error}") from error


def delimiter_told(line: str) -> str | None:
    """Return what the first line of a file says of its delimiter, as `sep=;` does for Excel."""
    found = _TOLD.fullmatch(line.strip())
    return found[1] or None if found else None


def lines_of(file: Content) -> Iterator[str]:
    """Yield the lines of a text in UTF-8, or in UTF-16 if it begins so, with their ends.

    Raises GradevoError if it is none.
    """
    encoding = "utf-16" if file.data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    expected = "a table as UTF-8 text"
    for begin, kind in _KINDS.items():
        if file.data[:64].lstrip().lower().startswith(begin.lower()):
            raise file.origin.fault(expected, kind)
    if (b"\0" in file.data and encoding != "utf-16") or file.data.startswith(codecs.BOM_UTF32_LE):
        raise file.origin.fault(expected, "bytes of zero, as in UTF-16 without its mark, or in no text")
    try:
        yield from io.TextIOWrapper(io.BytesIO(file.data), encoding=encoding, newline="")
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise file.origin.fault(expected, f"{type(error).__name__}: {error}") from error
        # The decoder's own position is that within a block.
        line = next(n for n, text in enumerate(file.data.split(b"\n"), 1) if not _is_utf8(text))
        expected += " (in a spreadsheet, save as CSV UTF-8; or `iconv -f WINDOWS-1252 -t UTF-8`)"
        raise file.origin.fault(
            expected, f"another encoding in line {line}, as Windows-1252 or Latin-1"
        ) from error


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
