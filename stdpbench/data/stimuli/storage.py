"""Restore stimuli of any kind from their arrays, as in files and messages of other processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.stimuli.base import StimulusSet
from stdpbench.data.stimuli.events import EventSet
from stdpbench.data.stimuli.images import Images
from stdpbench.data.stimuli.signals import Signals

KINDS: Mapping[str, type[StimulusSet]] = {cls.kind: cls for cls in (Images, Signals, EventSet)}
"""Classes of stimulus sets, by kind."""


def stimuli_of(kind: str, arrays: Mapping[str, NDArray[Any]], labels: NDArray[np.int64] | None) -> StimulusSet:
    """Create stimuli of a kind from their arrays; see `StimulusSet.of_arrays`."""
    return KINDS[kind].of_arrays(arrays, labels)
