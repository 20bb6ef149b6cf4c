"""Store stimuli as arrays and files for other processes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
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


def save_stimuli(stimuli: StimulusSet, folder: Path, name: str) -> None:
    """Write stimuli, without labels, to files that another process opens with `load_stimuli`."""
    for array, values in stimuli.arrays.items():
        np.save(folder / f"{name}.{stimuli.kind}.{array}.npy", values)


def load_stimuli(folder: Path, name: str) -> StimulusSet:
    """Open stimuli that `save_stimuli` wrote, as memory maps."""
    arrays, kind = dict[str, NDArray[Any]](), ""
    for path in sorted(folder.glob(f"{name}.*.npy")):
        kind, array = path.name.removeprefix(f"{name}.").removesuffix(".npy").split(".")
        arrays[array] = np.load(path, mmap_mode="r")
    return stimuli_of(kind, arrays, None)
