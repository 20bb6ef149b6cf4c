"""Display of runs: HTML, and progress on a terminal, in a notebook, or as lines of text."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from html import escape
from importlib import import_module
from typing import Any, TextIO

from stdpbench.runs.protocol.live_run import LiveRun, duration

_GAP = 0.25  # s between two updates in a notebook
Show = Callable[[LiveRun], None]


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")


def display(content: Any, **options: Any) -> Any:
    """Display content below the current cell of a notebook."""
    return import_module("IPython.display").display(content, **options)


@contextmanager
def progress(name: str, enabled: bool) -> Generator[Show, None, None]:
    """Provide a function that displays the progress of a run, as suits the environment."""
    if not enabled:
        yield lambda live: None
    elif in_notebook():
        notebook = _Notebook(name)
        yield notebook.show
        notebook.finish()
    elif sys.stderr.isatty():
        with _bars() as show:
            yield show
    else:
        yield _Lines(sys.stderr).show


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


class _Lines:
    """Prints a line for every tenth of a phase."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._tenths: dict[str, int] = {}

    def show(self, live: LiveRun) -> None:
        frame = live.progress
        if not frame:
            return
        tenth = 10 * frame["done"] // max(frame["total"], 1)
        if tenth > self._tenths.get(frame["phase"], -1):
            self._tenths[frame["phase"]] = tenth
            print(f"{frame['phase']} {frame['done']}/{frame['total']}{_notes(frame)}", file=self._stream, flush=True)


@contextmanager
def _bars() -> Generator[Show, None, None]:
    """Show a progress bar for each phase."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description:<24}"), BarColumn(bar_width=24), MofNCompleteColumn())
    with Progress(*columns, TextColumn("{task.fields[notes]}"), console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def show(live: LiveRun) -> None:
            frame = live.progress
            if not frame:
                return
            if frame["phase"] not in tasks:
                tasks[frame["phase"]] = bars.add_task(frame["phase"], total=frame["total"], notes="")
            bars.update(tasks[frame["phase"]], completed=frame["done"], notes=_notes(frame))

        yield show


def _notes(frame: Mapping[str, Any]) -> str:
    notes = []
    if frame.get("images_per_second"):
        notes.append(f"{frame['images_per_second']:.0f}/s")
    if frame.get("seconds_left"):
        notes.append(f"{duration(frame['seconds_left'])} left")
    if frame.get("rate") is not None:
        notes.append(f"{frame['rate']:.1f} Hz")
    if frame.get("spikes_per_image") is not None:
        notes.append(f"{frame['spikes_per_image']:.1f} spikes/image")
    if "vote" in frame.get("accuracy", {}):
        notes.append(f"vote {100 * frame['accuracy']['vote']:.0f} %")
    if frame.get("loss") is not None:
        notes.append(f"loss {frame['loss']:.3f}")
    if "training pictures" in frame.get("accuracy", {}):
        notes.append(f"{100 * frame['accuracy']['training pictures']:.1f} % of training pictures")
    return "".join(f", {text}" for text in notes)


def progress_html(name: str, live: LiveRun) -> str:
    """Return the progress of a run as HTML."""
    frame = live.progress
    bar = ""
    if frame:
        bar = (
            f'<progress value="{frame["done"]}" max="{max(frame["total"], 1)}"></progress> '
            f"{escape(frame['phase'])} {frame['done']}/{frame['total']}{escape(_notes(frame))}"
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
