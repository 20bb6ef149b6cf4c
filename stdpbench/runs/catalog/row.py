"""The files of a run folder as a row of the index of runs.

Has no expensive imports, since a list of runs may read a thousand folders.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import read_regular
from stdpbench.base.toml_lines import flat
from stdpbench.runs.folder.about import is_text, read_table
from stdpbench.runs.folder.notes import read_notes
from stdpbench.runs.folder.summary import read_summary
from stdpbench.runs.folder.weights_origin import Origin, origin_of

DAMAGED = "damaged"
"""State shown for a run folder whose files cannot be read."""
PLAIN = (
    "experiment",
    "seed",
    "state",
    "reason",
    "started",
    "ended",
    "phase",
    "done",
    "total",
    "position",
    "vote",
    "parent",
    "id",
)
"""Columns of the index that hold plain values."""
_LONGEST_LIST = 20


def read_row(folder: Path) -> dict[str, Any]:
    """Read the files of a run folder as a row of the index."""
    row: dict[str, Any] = dict.fromkeys(("parameters", "changes", "metrics"), "{}")
    row |= dict.fromkeys(PLAIN, "") | dict.fromkeys(("seed", "done", "total", "position", "vote"), None)
    row |= {"item": "", "parent_id": "", "notes": _notes(folder), "weights_origin": str(Origin.NO_LABELS)}
    try:
        summary = read_summary(folder)
        metadata = summary.about
        row |= {key: metadata.get(key, "") for key in ("id", "state", "reason", "started", "ended")}
        row |= {"item": metadata.get("queue", ""), "changes": json.dumps(summary.changes)}
        row |= _parent(metadata)
        experiment = tomllib.loads(read_regular(folder / "experiment.toml").decode("utf-8"))
        row |= {"experiment": str(experiment.get("name", "")), "seed": _number(experiment.get("seed"))}
        row["parameters"] = json.dumps(flat(experiment), default=str)
        row["weights_origin"] = str(origin_of(folder, metadata, experiment))
    except (StdpbenchError, OSError, ValueError, RecursionError) as error:
        return row | {"state": DAMAGED, "reason": f"its files cannot be read: {error}"}
    return row | _progress(folder) | _metrics(folder)


def _parent(metadata: Mapping[str, Any]) -> dict[str, str]:
    for key in ("parent", "from"):
        origin = metadata.get(key)
        if isinstance(origin, Mapping):
            at = f" at {origin['at']}" if "at" in origin else ""
            return {"parent": f"{origin.get('name', '')}{at}", "parent_id": str(origin.get("id") or "")}
    return {}


def _progress(folder: Path) -> dict[str, Any]:
    try:
        progress = read_table(folder / "progress.json")
    except StdpbenchError:  # not started yet
        return {}
    phase = progress.get("phase")
    return {"phase": phase if isinstance(phase, str) and is_text(phase) else ""} | {
        key: _number(progress.get(key)) for key in ("done", "total", "position")
    }


def _metrics(folder: Path) -> dict[str, Any]:
    try:
        values = flat(read_table(folder / "metrics.json"))
    except StdpbenchError:  # not written yet
        return {}
    kept = {path: value for path, value in values.items() if not isinstance(value, list) or _is_short(value)}
    vote = kept.get("accuracy.vote.accuracy")
    return {"metrics": json.dumps(kept), "vote": vote if isinstance(vote, float) else None}


def _notes(folder: Path) -> str:
    """Return what is noted on a run, without its neurons, as JSON; notes that cannot be read are left out."""
    try:
        table = read_notes(folder).to_mapping()
    except StdpbenchError:  # `stdpbench show` reports it
        return ""
    table.pop("neurons", None)
    return json.dumps(table, ensure_ascii=False) if table else ""


def _is_short(values: list[Any]) -> bool:
    return len(values) <= _LONGEST_LIST and not any(isinstance(value, list) for value in values)


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and abs(value) < 2**63 else None
