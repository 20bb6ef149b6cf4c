"""Life cycle of a run: its states and the allowed transitions between them.

::

    queued ──▶ building ──▶ running ◀──▶ paused
      │           │  ▲        │  │         ▲
      │           │  │        │  └─▶ finishing ──▶ finished
      ▼           ▼  │        ▼
    stopped ◀── (any of them) ──▶ failed
      └──────────────┴── resume ──┘

=========== ===========================================================================================
queued      waits to be started
building    reads data and builds the network, or loads a checkpoint
running     trains, labels or tests
paused      waits between two presentations and answers requests
finishing   writes metrics and figures after the last presentation; pauses if the disk is full
finished    complete; can only be branched
stopped     ended on request; `resume` continues from its newest checkpoint
failed      ended by an error, or its process died; `resume` continues from its newest checkpoint
=========== ===========================================================================================

`TRANSITIONS` defines the allowed transitions. Requests are handled between two presentations.
"""

from __future__ import annotations

from enum import StrEnum

from stdpbench.base.errors import StdpbenchError


class State(StrEnum):
    """State of a run."""

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
        """Whether `resume` may continue a run in this state."""
        return self in (State.STOPPED, State.FAILED)


COMPILING = "compiling the network"
GENERATING = "generating the code of the network"
"""Reasons of a run in the state ``building`` during these steps."""
EXITED_UNEXPECTEDLY = "the process exited unexpectedly (it was killed, or the machine went down)"
"""Reason of a run in the state ``failed`` whose process died without recording one."""
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
    """Check that a transition is allowed.

    Raises
    ------
    StdpbenchError
        If it is not in `TRANSITIONS`; the message lists the allowed ones.
    """
    if new not in TRANSITIONS[old]:
        allowed = ", ".join(sorted(TRANSITIONS[old])) or "nothing"
        raise StdpbenchError(f"a run that is {old} cannot become {new}; it can become: {allowed}")
