"""The life of a run: its states, and which may follow which.

::

    queued ──▶ building ──▶ running ◀──▶ paused
      │           │  ▲        │  │         ▲
      │           │  │        │  └─▶ finishing ──▶ finished
      ▼           ▼  │        ▼
    stopped ◀── (any of them) ──▶ failed
      └──────────────┴── resume ──┘

=========== ===========================================================================================
queued      waits for its turn
building    data are read and the network is built, or a checkpoint is loaded
running     trains, labels or tests
paused      stands between two presentations and answers requests
finishing   the last presentation is over: metrics and figures are written; paused where there is no room for them
finished    all is done; only a branch goes on from here
stopped     ended on request; `resume` goes on from its newest checkpoint
failed      ended by an error, or its process died; `resume` goes on from its newest checkpoint
=========== ===========================================================================================

`TRANSITIONS` is the only place that says what is legal. Requests are resolved between two presentations.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from stdpbench.errors import StdpbenchError


class State(StrEnum):
    """Where in its life a run is."""

    QUEUED = "queued"
    BUILDING = "building"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHING = "finishing"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def active(self) -> bool:
        """Whether a process works on the run in this state."""
        return self in _ACTIVE

    @property
    def resumable(self) -> bool:
        """Whether `resume` may go on from here."""
        return self in (State.STOPPED, State.FAILED)


COMPILING = "compiling the network"
GENERATING = "generating the code of the network"
"""Reasons of a run that is building, while that takes a while."""
_ACTIVE = frozenset({State.BUILDING, State.RUNNING, State.PAUSED, State.FINISHING})

TRANSITIONS: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.BUILDING, State.STOPPED}),
    State.BUILDING: frozenset({State.RUNNING, State.STOPPED, State.FAILED}),
    State.RUNNING: frozenset({State.PAUSED, State.FINISHING, State.STOPPED, State.FAILED}),
    State.PAUSED: frozenset({State.RUNNING, State.STOPPED, State.FAILED}),
    State.FINISHING: frozenset({State.PAUSED, State.FINISHED, State.STOPPED, State.FAILED}),
    State.FINISHED: frozenset(),
    State.STOPPED: frozenset({State.BUILDING}),
    State.FAILED: frozenset({State.BUILDING}),
}


def check_transition(old: State, new: State) -> None:
    """Refuse a transition that `TRANSITIONS` does not have.

    Raises
    ------
    StdpbenchError
        Naming what would be legal.
    """
    if new not in TRANSITIONS[old]:
        legal = ", ".join(sorted(TRANSITIONS[old])) or "nothing"
        raise StdpbenchError(f"a run that is {old} cannot become {new}; it can become: {legal}")


def state_before(about: Mapping[str, Any]) -> State:
    """The state that ``run.json`` says; who holds the lock knows that an active one is of a process that died."""
    try:
        state = State(about.get("state", ""))
    except ValueError:
        return State.FAILED
    return State.FAILED if state.active else state
