"""The last frames of a run that continues in a new process, shown until the new process has built its network."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from stdpbench.base.units import thousands
from stdpbench.runs.protocol.live_run import LiveRun

_KINDS = ("network", "presentation")


class KeptFrames:
    """Frames of the current run that are older than its process, with their descriptions."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}
        self._other = False

    def keep(self, before: LiveRun, live: LiveRun, parent: bool) -> None:
        """Copy the last frames of the previous run to the run that continues it.

        Parameters
        ----------
        before, live : LiveRun
            The previous run and the run that continues it.
        parent : bool
            Whether `live` is a branch of the previous run; otherwise it is the same run.
        """
        n_train = dict(before.started.phases).get("train", 0) if before.started is not None else sys.maxsize
        self._other = parent
        for kind in _KINDS:
            frame = getattr(before, kind)
            if frame:
                setattr(live, kind, frame)
                at = thousands(min(frame["position"], n_train))
                self._of[kind] = f"parent at {at}" if parent else f"as of {at}"

    def describe(self, kinds: Iterable[str]) -> str:
        """Describe the kept frames of these kinds, such as ``"as of 4 392"``; empty if none is kept."""
        wanted = set(kinds)
        return next((self._of[kind] for kind in _KINDS if kind in self._of and kind in wanted), "")

    def replace(self, kind: str) -> None:
        """Forget a kept frame, because the process sent a new one."""
        self._of.pop(kind, None)

    def clear(self) -> None:
        """Forget all kept frames, because another run is shown."""
        self._of.clear()

    def end(self, live: LiveRun) -> set[str]:
        """Remove frames of a parent after the process ended; return the kinds of frames that were still kept."""
        kinds = set(self._of)
        for kind in kinds if self._other else ():
            setattr(live, kind, {})
        self._of.clear()
        return kinds
