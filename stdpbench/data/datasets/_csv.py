"""Read tables from a user's text file, with or without a header line."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import read_text

_WIDEST = 100_000  # columns


@dataclass(frozen=True)
class Cells:
    """Cells of a table as text.

    Attributes
    ----------
    path : Path
        The file.
    names : list of str
        Names of the columns; empty if the file has none.
    rows : list of list of str
        The rows, all of the same length.
    lines : list of int
        Line of the file for each row.
    """

    path: Path
    names: list[str]
    rows: list[list[str]]
    lines: list[int]

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.rows[0]) if self.rows else len(self.names)

    def column(self, number: int) -> list[str]:
        """Return the cells of a column."""
        return [row[number] for row in self.rows]

    def numbers(self, columns: Sequence[int]) -> NDArray[np.float64]:
        """Return some columns as numbers, float64, (n_rows, n_columns).

        Raises
        ------
        StdpbenchError
            If a cell holds no finite number.
        """
        values = np.empty((len(self.rows), len(columns)))
        for row_number, row in enumerate(self.rows):
            for target, number in enumerate(columns):
                value = _number(row[number])
                if value is None:
                    column = f"column {self.names[number]!r}" if self.names else f"column {number + 1}"
                    content = f"{row[number][:40]!r}" if row[number] else "nothing"
                    raise StdpbenchError(
                        f"{self.path}, line {self.lines[row_number]}: {column} holds {content}; "
                        "it must hold a finite number"
                    )
                values[row_number, target] = value
        return values


def read_cells(path: Path, *, texts: Sequence[int] = ()) -> Cells:
    """Read a table: cells separated by commas, semicolons or tabs, with or without a header line.

    The first line is a header if one of its cells is not a number. Columns in `texts`, which may hold texts in every
    line, do not count for this; -1 is the last one. Empty lines, and lines that begin with ``#``, are ignored.

    Raises
    ------
    StdpbenchError
        If the file cannot be read, is empty, or its rows differ in length.
    """
    text = read_text(path)
    rows, lines, line_number = list[list[str]](), list[int](), 0
    try:
        # each line is a row: quoted texts over several lines are not supported
        for line_number, line in enumerate(text.splitlines(), start=1):
            if line.strip() and not line.lstrip().startswith("#"):
                rows.append([cell.strip() for cell in next(csv.reader([line], delimiter=_separator(line)))])
                lines.append(line_number)
    except (csv.Error, StopIteration) as error:
        raise StdpbenchError(f"{path}, line {line_number}: {error or 'no cells'}") from None
    if not rows:
        raise StdpbenchError(f"{path} is empty; it must hold lines of numbers")
    excluded = {number % len(rows[0]) if number < 0 else number for number in texts}
    header_cells = [cell for number, cell in enumerate(rows[0]) if number not in excluded or len(rows[0]) == 1]
    has_header = any(_number(cell) is None and not _is_missing(cell) for cell in header_cells)
    names = rows[0] if has_header else []
    rows, lines = (rows[1:], lines[1:]) if has_header else (rows, lines)
    if not rows:
        raise StdpbenchError(f"{path} holds only a header line; it must hold lines of numbers")
    width = len(names or rows[0])
    if width > _WIDEST:
        raise StdpbenchError(f"{path} has {width} columns; at most {_WIDEST} are read")
    for row, number in zip(rows, lines, strict=True):
        if len(row) != width:
            raise StdpbenchError(f"{path}, line {number} has {len(row)} cells, but the first line has {width}")
    return Cells(path, names, rows, lines)


def class_cells(where: str, cells: Sequence[str]) -> NDArray[Any]:
    """Return classes from cells: whole numbers if all of them are, else texts.

    Raises
    ------
    StdpbenchError
        If a cell is empty, or all cells are numbers but some are not whole.
    """
    if "" in cells:
        raise StdpbenchError(f"{where} is empty in row {list(cells).index('') + 1}; every row needs a class")
    numbers = [_number(cell) for cell in cells]
    if None in numbers:
        return np.array(list(cells))
    values = np.array(numbers, np.float64)
    if (values != np.rint(values)).any() or np.abs(values).max(initial=0) >= 2**53:
        raise StdpbenchError(f"{where} holds decimal numbers; it must hold classes: whole numbers or texts")
    return values.astype(np.int64)


def _separator(line: str) -> str:
    return max("\t;,", key=line.count) if any(mark in line for mark in "\t;,") else ","


def _number(text: str) -> float | None:
    """Return the number in a cell; None if it is not a finite number."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def _is_missing(text: str) -> bool:
    """Return whether a cell marks a missing number, so that it is not a column name."""
    return text.lower().lstrip("+-") in ("", "nan", "na", "n/a", "?", "null", "none", "inf", "infinity")
