"""Events: spikes as they are."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from stdpbench.data.stimuli import Events as Recording
from stdpbench.kinds.encoding.base import Encoder, Spikes, sorted_spikes


class Events(Encoder):
    """Each event of a recording is a spike of the input of its channel.

    An event belongs to the time step in which it lies; two of one channel in one step are one spike. Events after the
    presentation do not occur.
    """

    kind: Literal["events"] = "events"

    summary: ClassVar[str] = "Existing spikes, as they are"
    reference: ClassVar[str] = "–"
    takes: ClassVar[tuple[str, ...]] = ("events",)

    @property
    def draws(self) -> bool:
        """Spikes follow from the events alone."""
        return False

    def encode_events(self, events: Recording, rng: np.random.Generator, *, n_bins: int, dt: float) -> Spikes:
        """Return the events as spikes, which are not random; see `Encoder.encode_events`."""
        return sorted_spikes(events.index, events.time, n_bins, dt)
