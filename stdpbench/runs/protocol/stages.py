"""Stages of a run, and the progress of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.states import State

BASELINES: Final = "baselines"
_OF_BASELINES = "start weights: "
_ALMOST = 0.99  # largest share before the run is finished: some baselines are not presentations


@dataclass(frozen=True)
class Stage:
    """A stage of a run.

    Attributes
    ----------
    name : str
        ``"train"``, ``"label"``, ``"test"`` or ``"baselines"``.
    done, total : int
        Number of completed presentations, and of all presentations.
    is_current : bool
        Whether it has begun and is not over, even if the run is paused or has stopped.
    """

    name: str
    done: int
    total: int
    is_current: bool = False

    @property
    def is_over(self) -> bool:
        """Whether it is completed."""
        return self.done >= self.total and not self.is_current


def stages(live: LiveRun) -> tuple[Stage, ...]:
    """Return the planned stages of a run, in order; empty before its network is ready."""
    if live.started is None:
        return ()
    planned = dict[str, int]()
    for phase, n in live.started.phases:
        name = BASELINES if phase.startswith(_OF_BASELINES) else phase
        planned[name] = planned.get(name, 0) + n
    if live.state is State.FINISHED:
        return tuple(Stage(name, n, n) for name, n in planned.items())
    current, done = _current(live, planned)
    order = list(planned)
    current_index = order.index(current)
    return tuple(
        Stage(
            name,
            planned[name] if place < current_index else done if place == current_index else 0,
            planned[name],
            place == current_index,
        )
        for place, name in enumerate(order)
    )


def _current(live: LiveRun, planned: dict[str, int]) -> tuple[str, int]:
    """Return the current stage and the number of its completed presentations."""
    assert live.started is not None
    phase, done = str(live.progress.get("phase", "")), int(live.progress.get("done", 0))
    if phase in planned and phase != "train":
        return phase, min(done, planned[phase])
    trained = min(max(live.position, done if phase == "train" else 0), planned["train"])
    if trained < planned["train"] or len(planned) == 1:
        return "train", trained
    if BASELINES in planned and (phase.startswith(_OF_BASELINES) or "network" in live.metrics):
        before = [(name, n) for name, n in live.started.phases if name.startswith(_OF_BASELINES)]
        if phase == before[0][0]:
            return BASELINES, min(done, before[0][1])
        if phase in dict(before):
            return BASELINES, min(before[0][1] + done, planned[BASELINES])
        return BASELINES, planned[BASELINES] if "start weights" in live.metrics else 0
    after = next(name for name in planned if name != "train")
    return after, 0


def share_done(planned: tuple[Stage, ...]) -> float:
    """Return the completed share of the run's presentations, from 0 to 1; 1 only if all stages are over."""
    total = sum(stage.total for stage in planned)
    share = sum(stage.done for stage in planned) / total if total else 1.0
    return share if all(stage.is_over for stage in planned) else min(share, _ALMOST)
