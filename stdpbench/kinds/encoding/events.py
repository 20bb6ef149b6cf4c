"""Events: recorded spikes, unchanged."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from stdpbench.data.stimuli import Events as Recording
from stdpbench.kinds.encoding.base import Encoder, Spikes, sorted_spikes


class Events(Encoder):
    """Each event of a recording is a spike of the input of its channel.

    An event belongs to the time step in which it lies; several of one channel in one step become one spike. Events
    after the end of the presentation are left out.
    """

    kind: Literal["events"] = "events"

    summary: ClassVar[str] = "Recorded spikes, unchanged"
    reference: ClassVar[str] = "–"
    takes: ClassVar[tuple[str, ...]] = ("events",)
    draws: ClassVar[bool] = False
    """Spikes depend only on the events."""

    def encode_events(self, events: Recording, rng: np.random.Generator, *, n_bins: int, dt: float) -> Spikes:
        """Return the events as spikes, which are not random; see `Encoder.encode_events`."""
        return sorted_spikes(events.index, events.time, n_bins, dt)
