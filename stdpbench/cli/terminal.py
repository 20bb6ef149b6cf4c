"""The console of the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import rich.console
from rich.segment import Segment

from stdpbench.base.foreign_text import terminal_text


class Console(rich.console.Console):
    """A console of rich that prints text literally: without markup, emoji codes, highlights or terminal codes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"markup": False, "emoji": False, "highlight": False, **options})

    def render(self, *arguments: Any, **options: Any) -> Iterable[Segment]:
        """Yield the segments to print; see `rich.console.Console.render`."""
        for segment in super().render(*arguments, **options):
            yield segment if segment.control else segment._replace(text=terminal_text(segment.text, lines=True))
