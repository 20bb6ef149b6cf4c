"""Display of runs: HTML, and progress on a terminal, in a notebook, or as lines of text."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from html import escape
from importlib import import_module
from typing import Any

from stdpbench.runs.protocol.live_run import LiveRun, duration

_GAP = 0.25  # s between two updates in a notebook
Show = Callable[[LiveRun], None]


def in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")


def display(content: Any, **options: Any) -> Any:
    """Display content below the current cell of a notebook."""
    return import_module("IPython.display").display(content, **options)


@contextmanager
def progress(name: str, enabled: bool) -> Generator[Show, None, None]:
    """Yield a function that displays the progress of a run, on a terminal or in a notebook."""
    if not enabled:
        yield lambda live: None
    elif in_notebook():
        notebook = _Notebook(name)
        yield notebook.show
        notebook.finish()
    else:
        from rich.console import Console

        from stdpbench.api.bars import Bars, progress_of

        with Bars(Console(stderr=True, soft_wrap=True)) as bars:

            def show(live: LiveRun) -> None:
                if live.progress:
                    bars.progress(progress_of(live.progress))

            yield show


class _Notebook:
    """HTML below the current cell, updated at intervals."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._html = import_module("IPython.display").HTML
        self._place = display(self._html(""), display_id=True)
        self._shown = 0.0
        self._latest: LiveRun | None = None

    def show(self, live: LiveRun) -> None:
        self._latest = live
        if time.monotonic() - self._shown >= _GAP:
            self.finish()

    def finish(self) -> None:
        if self._latest is not None:
            self._shown = time.monotonic()
            self._place.update(self._html(progress_html(self._name, self._latest)))


def progress_html(name: str, live: LiveRun) -> str:
    """Return the progress of a run as HTML."""
    frame = live.progress
    bar = ""
    if frame:
        from stdpbench.api.bars import note_on, progress_of

        speed, left = frame.get("images_per_second"), frame.get("seconds_left")
        notes = [f"{speed:.1f}/s" if speed else "", f"{duration(left)} left" if left else ""]
        notes = [f"{frame['phase']} {frame['done']}/{frame['total']}", *notes, note_on(progress_of(frame), "mV")]
        bar = (
            f'<progress value="{frame["done"]}" max="{max(frame["total"], 1)}"></progress> '
            f"{escape(', '.join(filter(None, notes)))}"
        )
    reason = f": {live.reason}" if live.reason else ""
    return f"<div><b>{escape(name)}</b> {escape(str(live.state) + reason)} {bar}</div>"


def html_table(caption: str, rows: Mapping[str, str]) -> str:
    """Return an HTML table with two columns and a caption."""
    body = "".join(
        f'<tr><th style="text-align:left">{escape(key)}</th><td style="text-align:left">{escape(value)}</td></tr>'
        for key, value in rows.items()
    )
    return f"<table><caption>{escape(caption)}</caption>{body}</table>"


def html_rows(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return an HTML table with column headings."""
    lines = (
        "<tr>" + "".join(f'<td style="text-align:left">{escape(cell)}</td>' for cell in row) + "</tr>" for row in rows
    )
    head = "".join(f"<th>{escape(name)}</th>" for name in headings)
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"
