"""Tables that are no text, row by row as those of a text: Parquet, Excel's sheets, and ARFF.

Each is read with the library made for it, which is imported only then, and may be missing.
"""

import zipfile
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from gradevo.datasets.files import check_unpacked
from gradevo.datasets.members import Content
from gradevo.datasets.origin import Origin
from gradevo.datasets.rows import Row, lines_of
from gradevo.errors import GradevoError

_LIBRARIES = {
    "arff": ("arff", "liac-arff"),
    "parquet": ("pyarrow.parquet", "pyarrow"),
    "xlsx": ("openpyxl", "openpyxl"),
}


def rows_of_sheet(kind: str, path: Path, origin: Origin) -> tuple[list[Row], list[str]]:
    """Return the rows of a table, the first one the names of columns, and notes on what of it was read.

    kind: "arff", "parquet" or "xlsx".

    Fields are texts: numbers as Python writes them, nothing where there is no value, dates as in ISO 8601.
    Rows count from 1 as the lines of a text with a header do. Raises GradevoError if the library is missing,
    or the file is not what it should be.
    """
    module, package = _LIBRARIES[kind]
    try:
        library = import_module(module)
    except ImportError as error:
        remedy = f"install it by `pip install {package}`, or all such by `pip install gradevo[tables]`"
        missing = Origin(origin.dataset, origin.file, remedy)
        raise missing.fault(f"the package {package}, which reads .{kind}", "it not installed") from error
    try:
        rows, notes = _READERS[kind](library, path, origin)
        return [(line, [_text(value) for value in values]) for line, values in rows], notes
    except GradevoError:
        raise
    except Exception as error:  # each library has many
        raise origin.fault(f"a readable .{kind} table", f"{type(error).__name__}: {error}") from error


Read = tuple[Iterator[tuple[int, list[Any]]], list[str]]


def _parquet(library: Any, path: Path, origin: Origin) -> Read:
    file = library.ParquetFile(path)
    metadata = file.metadata
    groups = range(metadata.num_row_groups)
    packed = sum(metadata.row_group(group).total_byte_size for group in groups)
    # A value that a whole column repeats takes no room there, but does here.
    check_unpacked(path.stat().st_size, max(packed, metadata.num_rows * metadata.num_columns), origin)
    content = file.read()
    # So pandas calls an index that has no name.
    index = [name for name in content.column_names if name.startswith("__index_level_")]
    content = content.drop_columns(index)
    columns = [column.to_pylist() for column in content.columns]
    rows = (list(row) for row in zip(*columns, strict=True))
    notes = [f"{', '.join(index)}, the index of pandas, is left out"] if index else []
    return enumerate(iter([content.column_names, *rows]), 1), notes


def _xlsx(library: Any, path: Path, origin: Origin) -> Read:
    with zipfile.ZipFile(path) as archive:
        check_unpacked(path.stat().st_size, sum(one.file_size for one in archive.infolist()), origin)
    book = library.load_workbook(path, read_only=True, data_only=True)
    try:
        first, *others = book.worksheets
        rows = [(line, list(row)) for line, row in enumerate(first.iter_rows(values_only=True), 1)]
    finally:
        book.close()
    # Sheets may be larger than what is written on them.
    rows = [(line, row) for line, row in rows if any(value is not None for value in row)]
    width = max((n for _, row in rows for n, value in enumerate(row, 1) if value is not None), default=0)
    notes = [f"of {1 + len(others)} sheets the first, {first.title}, is read"] if others else []
    return iter([(line, (row + [None] * width)[:width]) for line, row in rows]), notes


def _arff(library: Any, path: Path, origin: Origin) -> Read:
    text = "".join(lines_of(Content(path.read_bytes(), origin)))
    try:
        table = library.loads(text)
        rows = table["data"]
    except library.BadLayout:  # only what is not zero, or not the first of the labels, is written
        table = library.loads(text, return_type=library.LOD)
        usual = [kind[0] if isinstance(kind, list) else 0 for _, kind in table["attributes"]]
        rows = ([row.get(n, value) for n, value in enumerate(usual)] for row in table["data"])
    names = [name for name, _ in table["attributes"]]
    return enumerate(iter([names, *rows]), 1), []


_READERS: Mapping[str, Callable[[Any, Path, Origin], Read]] = {
    "arff": _arff,
    "parquet": _parquet,
    "xlsx": _xlsx,
}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace").strip()
    if isinstance(value, list | tuple | dict | set):
        raise ValueError(f"a value that holds several, {value!r:.40}")
    return (value.isoformat() if hasattr(value, "isoformat") else str(value)).strip()
