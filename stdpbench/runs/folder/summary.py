"""Summarise the journal of a run: its description, state, start and end, and changed parameters.

This module has no expensive imports, since a list of runs may read a thousand journals.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stdpbench.base.files import parse_json
from stdpbench.declare.rule_paths import changes_between
from stdpbench.runs.folder.journal import NAME, DamagedJournalError, checked_lines, read_about
from stdpbench.runs.protocol.states import State

_READ = re.compile(rb'"fact":"(StateChanged|Started|Dependencies|ParametersChanged|RuleChanged)"')


@dataclass(frozen=True)
class Summary:
    """Summary of a run.

    Attributes
    ----------
    about : dict
        The first line of the journal, with ``state``, ``reason``, ``ended`` (ISO 8601 in UTC, if the run has ended),
        ``simulator`` and ``data_sha256`` according to its facts.
    changes : dict of str to Any
        Newest values, by dotted path, of parameters that were changed during the run.
    """

    about: dict[str, Any]
    changes: dict[str, Any]


def read_summary(folder: Path) -> Summary:
    """Summarise the journal of a run folder, ignoring damaged lines after the first one.

    Raises
    ------
    DamagedJournalError
        If the first line is damaged, or there is no journal.
    StdpbenchError
        If the journal cannot be read, or the run folder has another format.
    """
    about: dict[str, Any] = {}
    changed: list[tuple[int, dict[str, Any]]] = []
    for number, (line, problem) in enumerate(checked_lines(folder)):
        if number == 0:
            about = {**read_about(folder, line, problem), "state": str(State.QUEUED), "reason": ""}
        elif not problem and _READ.search(line):
            with suppress(ValueError, KeyError, TypeError, AttributeError):  # reported when the facts are read
                content = parse_json(line)
                if content["fact"] in ("ParametersChanged", "RuleChanged"):
                    changed.append((content["position"], _newest(content)))
                elif content["fact"] == "StateChanged":
                    about |= _state(content)
                else:
                    about = {**_at_start(content), **about}
    if not about:
        raise DamagedJournalError(f"{folder / NAME} is missing or empty")
    changes: dict[str, Any] = {}
    # changes take effect in the order of positions; the journal of a run that was interrupted and resumed may differ
    for _, newest in sorted(changed, key=lambda pair: pair[0]):
        changes |= newest
    return Summary(about, changes)


def _state(content: Mapping[str, Any]) -> dict[str, Any]:
    state = State(content["state"])
    return {"state": str(state), "reason": str(content["reason"]), "ended": "" if state.active else content["time"]}


def _at_start(content: Mapping[str, Any]) -> dict[str, Any]:
    if content["fact"] == "Started":
        return {"simulator": str(content["simulator"])}
    return {"data_sha256": str(content["digests"]["data"])}


def _newest(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the new values of a change by path; None for parameters that no longer exist."""
    if content["fact"] == "ParametersChanged":
        return {str(path): new for path, (_, new) in content["changes"].items()}
    changes = changes_between(content["old"], content["new"], content.get("projection", ""))
    return {path: new for path, (_, new) in changes.items()}
