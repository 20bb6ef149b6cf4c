"""How the columns of a list of runs read: titles, values, and which columns there are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from stdpbench.runs.catalog.store import COLUMNS, Entry
from stdpbench.runs.protocol.states import State
from stdpbench.units import thousands

TITLES = {
    "vote": "accuracy, vote",
    "parent": "goes on from",
    "name": "run",
    "position": "presentations",
    "done": "done in the phase",
    "total": "to do in the phase",
}
"""Columns that are not called by their name."""
SHARES = ("accuracy.", "baselines.")
"""Beginnings of metrics that are shares, shown in per cent."""
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
"""A mark for each state, which stands in front of its word."""


def title(column: str) -> str:
    """The title of a column."""
    return TITLES.get(column, column)


def text(entry: Entry, column: str, now: str = "") -> str:
    """What stands in a column, for a person.

    Parameters
    ----------
    entry : Entry
        The run.
    column : str
        One of `COLUMNS`, or the dotted path of a parameter or metric.
    now : str
        The time, ISO 8601 in UTC: a run that is at work has lasted until then.
    """
    value = entry.value(column)
    if column in ("started", "ended"):
        return local_time(str(value))
    if column == "state":
        return f"{MARKS.get(entry.state, '?')} {entry.state}"
    if column == "duration":
        seconds = entry.lasted(now) if is_active(entry) and now else value
        return "" if seconds is None else clock(seconds)
    if column == "progress":
        return (
            ""
            if not entry.phase or entry.state == State.FINISHED
            else f"{entry.phase} {thousands(entry.done)} / {thousands(entry.total)}"
        )
    if isinstance(value, float) and 0 <= value <= 1 and is_share(column):
        return f"{100 * value:.2f} %"
    if isinstance(value, int) and not isinstance(value, bool) and column != "seed":
        return thousands(value)
    return entry.text(column)


def is_share(column: str) -> bool:
    """Whether a column holds shares, which are shown in per cent."""
    return column == "vote" or (column.startswith(SHARES) and column.endswith(".accuracy"))


def is_active(entry: Entry) -> bool:
    """Whether a process works on the run."""
    return entry.state in tuple(State) and State(entry.state).active


def is_number(entries: Iterable[Entry], column: str) -> bool:
    """Whether a column ends on the right: what stands in it are numbers, or times of the clock."""
    if column in ("vote", "duration", "seed", "done", "total", "position"):
        return True
    value = next((value for entry in entries if (value := entry.value(column)) is not None), None)
    return isinstance(value, int | float) and not isinstance(value, bool)


def columns(entries: Iterable[Entry]) -> dict[str, list[str]]:
    """All columns that there are, by heading: those of every run, metrics, and parameters by their section."""
    metrics: dict[str, None] = {}
    parameters: dict[str, None] = {}
    for entry in entries:
        metrics |= dict.fromkeys(entry.metrics)
        parameters |= dict.fromkeys(entry.parameters)
    found: dict[str, list[str]] = {"run": list(COLUMNS), "metrics": sorted(metrics)}
    for path in parameters:
        if path in COLUMNS or path.startswith("about."):
            continue
        found.setdefault(path.partition(".")[0], []).append(path)
    return {heading: paths for heading, paths in found.items() if paths}


def summary(entries: Iterable[Entry]) -> str:
    """What a list of runs holds, in a sentence."""
    all_ = list(entries)
    if not all_:
        return "no runs"
    parts = [f"{thousands(len(all_))} run{'' if len(all_) == 1 else 's'}"]
    for state in MARKS:
        n = sum(entry.state == state for entry in all_)
        if n:
            parts.append(f"{thousands(n)} {state}")
    votes = [100 * entry.vote for entry in all_ if entry.vote is not None]
    if votes:  # a range, and no name: to choose a run by it would be to choose on the test set
        parts.append(f"vote {min(votes):.1f} to {max(votes):.1f} %" if len(votes) > 1 else f"vote {votes[0]:.1f} %")
    return " · ".join(parts)


def clock(seconds: float) -> str:
    """A duration as hours, minutes and seconds."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def local_time(text: str) -> str:
    """A time of a file as the clock on the wall says it."""
    try:
        return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return text
