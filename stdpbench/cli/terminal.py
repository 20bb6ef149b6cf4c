"""The console and the tables of the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import rich.console
from rich.segment import Segment
from rich.table import Table

from stdpbench.base.foreign_text import terminal_text

PLAIN: Final[dict[str, Any]] = {"box": None, "padding": (0, 2, 0, 0)}
"""Options of a table without lines."""


def new_table(*headings: str, right_from: int | None = None, **options: Any) -> Table:
    """Return an empty table whose cells are wrapped rather than truncated.

    Parameters
    ----------
    *headings : str
        Headings of the columns.
    right_from : int, optional
        Index of the first column that is aligned to the right; default: none.
    **options
        Options of `rich.table.Table`.
    """
    table = Table(title_justify="left", **options)
    for number, heading in enumerate(headings):
        right = right_from is not None and number >= right_from
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    return table


class Console(rich.console.Console):
    """A console of rich that prints text literally: without markup, emoji codes, highlights or terminal codes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"markup": False, "emoji": False, "highlight": False, **options})

    def render(self, *arguments: Any, **options: Any) -> Iterable[Segment]:
        """Yield the segments to print; see `rich.console.Console.render`."""
        for segment in super().render(*arguments, **options):
            yield segment if segment.control else segment._replace(text=terminal_text(segment.text, lines=True))
