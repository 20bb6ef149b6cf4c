"""Write results to standard output: JSON, tables and paragraphs that fit the terminal; without heavy imports."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any


def write_json(record: Any) -> None:
    """Write a record as one line of JSON."""
    sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")


def plain_table(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Format a table; columns with the indices `right` are aligned to the right. Fast enough for thousands of rows.

    On a terminal, the widest columns are narrowed until the table fits, and their cells are wrapped between words.
    """
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    excess = sum(widths) + 2 * (len(widths) - 1) - terminal_width()
    longest_words = [
        max(len(word) for cell in column for word in cell.split() or [""])
        for column in zip(header, *rows, strict=True)
    ]
    while excess > 0 and widths != longest_words:
        widest = max(range(len(widths)), key=lambda number: (widths[number] > longest_words[number], widths[number]))
        widths[widest] -= 1
        excess -= 1
    lines = []
    for row in (header, *rows):
        wrapped = [
            [cell]
            if len(cell) <= width
            else textwrap.wrap(cell, width, break_long_words=False, break_on_hyphens=False)
            for cell, width in zip(row, widths, strict=True)
        ]
        for cells in zip_longest(*wrapped, fillvalue=""):
            aligned = [
                cell.rjust(width) if number in right else cell.ljust(width)
                for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
            ]
            lines.append("  ".join(aligned).rstrip() + "\n")
    return "".join(lines)


def terminal_width() -> int:
    """Return the width of the terminal; unlimited if standard output is not a terminal."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize


def wrapped(text: str) -> str:
    """Return a paragraph as lines that fit the terminal, broken between words."""
    return textwrap.fill(text, min(terminal_width(), 10**6), break_long_words=False, break_on_hyphens=False) + "\n"
