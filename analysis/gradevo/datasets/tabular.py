"""The user's own tables, of whatever kind, and what is to be said of how they were understood."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gradevo.datasets.dialect import Dialect, read_in_dialect
from gradevo.datasets.members import Content, Encoding, Found
from gradevo.datasets.origin import Origin
from gradevo.datasets.rows import rows_of
from gradevo.datasets.sheets import rows_of_sheet
from gradevo.datasets.sources import OwnEntry, Part
from gradevo.datasets.tables import Table, numbers, table


def read_tables(
    kind: str, parts: Mapping[Part, Path], entry: OwnEntry, provenance: dict[str, str], origin: Origin
) -> Found:
    """Read the parts of a dataset, each a table in a file of its own.

    kind: "csv", "arff", "parquet" or "xlsx".
    provenance: to which is added what was decided.

    Raises GradevoError, as `table` does, and where there are several ways to read them.
    """
    source = entry.source
    origins = [replace(origin, file=path) for path in parts.values()]
    if kind == "csv":
        tables, notes = _in_text(parts, entry, provenance, origins)
    else:
        tables, notes = [], []
        for path, each in zip(parts.values(), origins, strict=True):
            rows, said = rows_of_sheet(kind, path, each)
            own = source if kind == "xlsx" else source.model_copy(update={"header": True})
            tables.append(table(iter(rows), each, own, tables[0] if tables else None))
            notes += said
    if left_out := max(found.left_out for found in tables):
        columns = "column 1" if left_out == 1 else f"columns 1 to {left_out}"
        provenance["left_out"] = f"{columns}, the rows' names"
        notes.append(
            f"{columns}, without a name, taken for the rows' names and left out; give a name to keep one"
        )
    first = tables[0]
    encoding = None
    if source.texts or source.missing:
        of_inputs = {name: len(columns) for name, columns in source.inputs.items()}
        encoding = Encoding(first.columns, source.missing, of_inputs)
    by_part = {part: found.parsed for part, found in zip(parts, tables, strict=True)}
    return Found(
        numbers(by_part, entry.task, origin),
        provenance,
        origin,
        {name: (len(columns),) for name, columns in source.inputs.items()} or None,
        (*notes, *first.notes),
        first.target if source.target is None else None,
        encoding,
    )


def _in_text(
    parts: Mapping[Part, Path], entry: OwnEntry, provenance: dict[str, str], origins: Sequence[Origin]
) -> tuple[Sequence[Table], list[str]]:
    source = entry.source

    def read(files: Sequence[Content], dialect: Dialect) -> list[Table]:
        tables: list[Table] = []
        for file in files:
            rows, like = rows_of(file, dialect.delimiter), tables[0] if tables else None
            tables.append(table(rows, file.origin, source, like, dialect.decimal))
        return tables

    files = [Content(path.read_bytes(), origin) for path, origin in zip(parts.values(), origins, strict=True)]
    dialect, tables = read_in_dialect(
        files,
        read,
        source.delimiter,
        source.decimal,
        first=source.texts is None,  # a late decimal is a text, too
    )
    if dialect == Dialect():
        return tables, []
    provenance["dialect"] = str(dialect)
    return tables, [f"the table is read with {dialect}"]
