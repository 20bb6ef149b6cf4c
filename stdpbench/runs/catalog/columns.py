"""Columns of a list of runs: available columns, titles, and formatted values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from stdpbench.base.units import thousands
from stdpbench.runs.catalog.store import CHANGED, COLUMNS, NUMBERS, STAR, Entry
from stdpbench.runs.protocol.states import State

TITLES = {
    "vote": "accuracy, vote",
    "parent": "continues from",
    "name": "run",
    "position": "presentations",
    "done": "done in phase",
    "total": "total in phase",
    "starred": STAR,
}
"""Titles of columns that differ from the column name."""
SHARES = ("accuracy.", "baselines.")
"""Prefixes of metrics that are fractions, shown in per cent."""
MARKS = {
    "queued": "…",
    "building": "⚙",
    "running": "▶",
    "paused": "‖",
    "finishing": "▶",
    "finished": "✓",
    "stopped": "■",
    "failed": "✗",
    "damaged": "⚠",
}
"""Symbol shown before the name of each state."""


CHANGED_MARK = "Δ"
"""Marks a run whose parameters or rule were changed during the run; followed by the number of these parameters."""


def changes_text(entry: Entry) -> str:
    """Return the parameters that were changed during a run, one per line; empty if none were changed."""
    if not entry.changes:
        return ""
    n = len(entry.changes)
    head = f"{n} parameter{'' if n == 1 else 's'} changed while it ran:"
    return "\n".join([head, *(f"{path} {entry.text(path)}" for path in entry.changes)])


def title(column: str) -> str:
    """Return the title of a column."""
    return TITLES.get(column, column)


def text(entry: Entry, column: str, now: str = "") -> str:
    """Return the formatted value of a column.

    Parameters
    ----------
    entry : Entry
        The run.
    column : str
        One of `COLUMNS`, or the dotted path of a parameter or metric.
    now : str
        Current time, ISO 8601 in UTC: end of the duration of an active run.
    """
    value = entry.value(column)
    if column in ("started", "ended"):
        return local_time(str(value))
    if column == "state":
        changed = f" {CHANGED_MARK}{len(entry.changes)}" if entry.changes else ""
        state = shown_state(entry.state, entry.position)
        return f"{MARKS.get(state, '?')} {state}{changed}"
    if column == "duration":
        seconds = entry.lasted(now) if is_active(entry) and now else value
        return "" if seconds is None else clock(seconds)
    if column == "progress":
        return (
            ""
            if not entry.phase or entry.state == State.FINISHED
            else f"{entry.phase} {100 * (entry.done or 0) / max(1, entry.total or 0):.1f} %"
        )
    if isinstance(value, float) and 0 <= value <= 1 and is_share(column):
        word = entry.weights_origin.word if column == "vote" else ""
        return f"{100 * value:.2f} % {word}".rstrip()
    if isinstance(value, int) and not isinstance(value, bool) and column != "seed":
        return thousands(value)
    return entry.text(column)


def shown_state(state: str, position: int | None) -> str:
    """Return the word for a state: a branch that was not started is paused at the presentation where it begins."""
    return State.PAUSED if state == State.QUEUED and position else state


def is_share(column: str) -> bool:
    """Return whether a column contains fractions, which are shown in per cent."""
    return column == "vote" or (column.startswith(SHARES) and column.endswith((".accuracy", ".balanced_accuracy")))


def is_active(entry: Entry) -> bool:
    """Return whether the run is active."""
    return entry.state in tuple(State) and State(entry.state).active


def is_number(entries: Iterable[Entry], column: str) -> bool:
    """Return whether a column contains numbers or durations, and is therefore right-aligned."""
    if column in NUMBERS:
        return True
    value = next((value for entry in entries if (value := entry.value(column)) is not None), None)
    return isinstance(value, int | float) and not isinstance(value, bool)


def columns(entries: Iterable[Entry]) -> dict[str, list[str]]:
    """Return the available columns by heading: common columns, metrics, and parameters by section."""
    metrics: dict[str, None] = {}
    parameters: dict[str, None] = {}
    for entry in entries:
        metrics |= dict.fromkeys(entry.metrics)
        parameters |= dict.fromkeys(entry.parameters)
    columns_by_heading: dict[str, list[str]] = {"run": [*COLUMNS, CHANGED], "metrics": sorted(metrics)}
    for path in parameters:
        if path in COLUMNS or path.startswith("about."):
            continue
        columns_by_heading.setdefault(path.partition(".")[0], []).append(path)
    return {heading: paths for heading, paths in columns_by_heading.items() if paths}


def summary(entries: Iterable[Entry]) -> str:
    """Summarise a list of runs in one line."""
    runs = list(entries)
    if not runs:
        return "no runs"
    parts = [f"{thousands(len(runs))} run{'' if len(runs) == 1 else 's'}"]
    for state in MARKS:
        n = sum(shown_state(entry.state, entry.position) == state for entry in runs)
        if n:
            parts.append(f"{thousands(n)} {state}")
    votes = [100 * entry.vote for entry in runs if entry.vote is not None and not entry.weights_origin.word]
    if votes:  # a range without names: choosing a run by it would be selection on the test set
        parts.append(f"vote {min(votes):.1f} to {max(votes):.1f} %" if len(votes) > 1 else f"vote {votes[0]:.1f} %")
    return " · ".join(parts)


def clock(seconds: float) -> str:
    """Format a duration in s as hours, minutes and seconds."""
    total = round(seconds)
    return f"{total // 3600}:{total // 60 % 60:02d}:{total % 60:02d}"


def local_time(text: str) -> str:
    """Convert an ISO 8601 time to local time; other texts are returned as they are."""
    try:
        return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return text
