"""One long table in Parquet: a row per statistic, column, and step or epoch."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from gradevo.atomic import atomic_file
from gradevo.export.package import package
from gradevo.export.tables import Axis, blocks, coordinate, histograms, tables
from gradevo.statistics.store import Statistics

COLUMNS = ("level", "statistic", "split", "column", "epoch", "step", "exponent", "value")
DISTRIBUTION = "distribution"
GROUP_ROWS = 2**18

Rows = dict[str, Any]
"""Name of a column -> values of a block of rows; a string stands for all rows, a pair is places and names."""


def write_parquet(statistics: Statistics, path: Path) -> Path:
    """Write all statistics of a run as one table, which appears when it is complete.

    Its columns are `COLUMNS`: level and statistic as in the catalogue; split of metrics, else null; column, a
    tensor, ``total``, a layer, a connection or a time step, else null; epoch, from 1; step, from 0, null in
    rows of epochs; value, float64. Rows of the level ``distribution`` are histograms of epochs: value counts
    the elements with 2^exponent ≤ |g| < 2^(exponent + 1) (those below 2⁻¹²⁶ together, at −149), and of the
    statistics ``zeros`` and ``nonfinite`` the elements that have no exponent.

    Returns:
        The path.

    Raises:
        GradevoError: Where pyarrow is missing.
    """
    arrow, parquet = package("pyarrow", "tables"), package("pyarrow.parquet", "tables")
    names = arrow.dictionary(arrow.int32(), arrow.string())
    types = (*[names] * 4, arrow.int64(), arrow.int64(), arrow.int64(), arrow.float64())
    about = {
        "gradevo": json.dumps(
            {
                "experiment": dict(statistics.experiment.settings),
                "seed": statistics.seed,
                "remarks": statistics.data_label,
            },
            sort_keys=True,
        )
    }
    schema = arrow.schema(list(zip(COLUMNS, types, strict=True)), metadata=about)
    with atomic_file(path) as partial, parquet.ParquetWriter(partial, schema, compression="zstd") as writer:
        for group in _groups(chain(_statistics(statistics), _distributions(statistics))):
            batches = [_batch(arrow, rows, schema) for rows in group]
            writer.write_table(arrow.Table.from_batches(batches, schema).unify_dictionaries())
    return path


def _groups(blocks: Iterable[Rows]) -> Iterator[list[Rows]]:
    """Blocks together, of `GROUP_ROWS` rows or little more: small groups would make a large file."""
    group: list[Rows] = []
    length = 0
    for rows in blocks:
        group.append(rows)
        length += len(rows["value"])
        if length >= GROUP_ROWS:
            yield group
            group, length = [], 0
    if group:
        yield group


def _batch(arrow: Any, rows: Rows, schema: Any) -> Any:
    """A block of rows, as pyarrow has it."""
    length = len(rows["value"])
    arrays = []
    for field in schema:
        values = rows.get(field.name)
        if values is None:
            arrays.append(arrow.nulls(length, field.type))
        elif isinstance(values, str):
            one = arrow.array([values], arrow.string())
            arrays.append(arrow.DictionaryArray.from_arrays(np.zeros(length, np.int32), one))
        elif isinstance(values, tuple):
            arrays.append(arrow.DictionaryArray.from_arrays(*values))
        else:
            arrays.append(arrow.array(values, field.type))
    return arrow.record_batch(arrays, schema=schema)


def _statistics(statistics: Statistics) -> Iterator[Rows]:
    """Blocks of rows, a table after the other."""
    axes: tuple[Axis, ...] = ("step", "epoch")
    epochs = statistics.step("epoch")
    found = list(tables(statistics))
    for axis in axes:
        for table in found:
            if table.axis != axis:
                continue
            for start, stop in blocks(statistics, axis, [table]):
                values = table.read(start, stop)
                width = len(table.columns)
                rows = np.repeat([coordinate(axis, row) for row in range(start, stop)], width)
                told: Rows = {
                    "level": table.level,
                    "statistic": table.statistic,
                    "split": table.split if table.level == "metric" else None,
                    "epoch": np.repeat(epochs[start:stop], width) if axis == "step" else rows,
                    "step": rows if axis == "step" else None,
                    "value": values.ravel(),
                }
                if any(table.columns):
                    places = np.tile(np.arange(width, dtype=np.int32), stop - start)
                    told["column"] = (places, list(table.columns))
                yield told


def _distributions(statistics: Statistics) -> Iterator[Rows]:
    for tensor, found in histograms(statistics):
        for row, one in enumerate(found):
            epoch = coordinate("epoch", row)
            parts = {
                "log2_gradient": (one.edges[:-1], one.counts),
                "zeros": (None, np.array([one.zeros])),
                "nonfinite": (None, np.array([one.nonfinite])),
            }
            for name, (exponents, counts) in parts.items():
                yield {
                    "level": DISTRIBUTION,
                    "statistic": name,
                    "column": (np.zeros(len(counts), np.int32), [tensor]),
                    "epoch": np.full(len(counts), epoch),
                    "exponent": exponents,
                    "value": counts.astype(np.float64),
                }
