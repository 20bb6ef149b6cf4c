"""Streams: input spikes without pictures and without pauses, as kinds of the section ``data``.

A stream gives the spikes of any range of time steps as a pure function of seed and steps: how it is cut into pieces
changes no spike. It draws its random numbers per *block*, a fixed number of steps, from the number of the block.
"""

from stdpbench.kinds.streams.base import Occurrences, Stream

__all__ = ["Occurrences", "Stream"]
