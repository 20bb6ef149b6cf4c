"""Tables of text for a terminal or a fixed-width font."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence
from itertools import zip_longest


def plain_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = (), width: int | None = None
) -> str:
    """Format a table; columns with the indices `right` are aligned to the right. Fast enough for thousands of rows.

    The widest columns are narrowed until the table fits into `width`, by default that of the terminal, and their cells
    are wrapped between words.
    """
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    excess = sum(widths) + 2 * (len(widths) - 1) - (terminal_width() if width is None else width)
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
            [cell] if len(cell) <= room else textwrap.wrap(cell, room, break_long_words=False, break_on_hyphens=False)
            for cell, room in zip(row, widths, strict=True)
        ]
        for cells in zip_longest(*wrapped, fillvalue=""):
            aligned = [
                cell.rjust(room) if number in right else cell.ljust(room)
                for number, (cell, room) in enumerate(zip(cells, widths, strict=True))
            ]
            lines.append("  ".join(aligned).rstrip() + "\n")
    return "".join(lines)


def terminal_width() -> int:
    """Return the width of the terminal; unlimited if standard output is not a terminal."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
