"""No delay: a spike arrives in the step in which it is fired."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.kinds.delays.base import Delay


class NoDelay(Delay):
    """A spike arrives in the step in which it is fired."""

    kind: Literal["none"] = "none"

    summary: ClassVar[str] = "Spikes arrive in the step in which they are fired"
    form: ClassVar[Literal["none"]] = "none"
