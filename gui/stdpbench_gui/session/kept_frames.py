"""The last frames of a run that continues in another process, shown until that process has a network of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.units import thousands

_KINDS = ("network", "presentation")


class KeptFrames:
    """Which frames of the run that is shown come from before its process started, and what they show."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}
        self._other = False

    def keep(self, before: LiveRun, live: LiveRun, parent: bool) -> None:
        """Have a run start with the last frames of the one that was shown.

        Parameters
        ----------
        before, live : LiveRun
            The run that was shown, and the one that continues it.
        parent : bool
            Whether `live` is a branch of the run that was shown, rather than the same run.
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
        """What kept frames of these kinds show, such as ``"as of 4 392"``; empty where none is kept."""
        wanted = set(kinds)
        return next((self._of[kind] for kind in _KINDS if kind in self._of and kind in wanted), "")

    def replace(self, kind: str) -> None:
        """A frame came from the process of the run."""
        self._of.pop(kind, None)

    def clear(self) -> None:
        """Another run is shown."""
        self._of.clear()

    def end(self, live: LiveRun) -> set[str]:
        """The process ended: drop frames of another run; returns the kinds of frames that were still kept."""
        kinds = set(self._of)
        for kind in kinds if self._other else ():
            setattr(live, kind, {})
        self._of.clear()
        return kinds
