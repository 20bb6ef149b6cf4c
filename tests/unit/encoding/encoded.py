"""Spikes of encoders in a form that is compared easily."""

from __future__ import annotations

from stdpbench.kinds.encoding import Spikes


def pairs(spikes: Spikes) -> list[tuple[int, int]]:
    """Return (bin, index) of each spike."""
    return list(zip(spikes.bin.tolist(), spikes.index.tolist(), strict=True))
