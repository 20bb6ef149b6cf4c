"""Streams: continuous input spikes without stimuli, as kinds of the section ``data``.

The spikes of a stream in any range of time steps are a pure function of seed and steps: they do not depend on how the
stream is divided into ranges. Random numbers are drawn per *block*, a fixed number of steps, from the block number.
"""

from stdpbench.kinds.streams.base import Occurrences, Stream

__all__ = ["Occurrences", "Stream"]
