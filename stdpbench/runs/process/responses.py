"""Responses of a phase, saved in groups, so that an interrupted phase continues where it stopped.

Because a frozen presentation depends on weights, thresholds and its number alone, an existing group need not be
computed again. Groups are stored under a digest of everything they depend on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from stdpbench.base.errors import DiskError, StdpbenchError
from stdpbench.base.files import DAMAGE, write_aside
from stdpbench.data.stimuli import StimulusSet
from stdpbench.engine.simulators import Simulator
from stdpbench.experiment import Experiment
from stdpbench.results.readout import SpikeTrains
from stdpbench.runs.folder.run_folder import RESPONSES
from stdpbench.runs.process.evaluation import Part

_GROUP = 500


class Responses:
    """Collects the exc spikes of a phase.

    Parameters
    ----------
    folder : Path
        The run folder.
    key : str
        Digest of everything that the responses depend on; see `response_key`.
    n_images, n_exc : int
        Number of pictures and of exc neurons.

    Attributes
    ----------
    spike_counts : ndarray, uint16, (n_images, n_exc)
        Exc spikes per picture.
    attempts : ndarray, int16, (n_images,)
        Number of times each picture was shown; 0 while its response is missing.
    """

    def __init__(self, folder: Path, key: str, n_images: int, n_exc: int) -> None:
        self.spike_counts = np.zeros((n_images, n_exc), np.uint16)
        self.attempts = np.zeros(n_images, np.int16)
        self._folder = folder / RESPONSES / key
        self._groups = [(start, min(start + _GROUP, n_images)) for start in range(0, n_images, _GROUP)]
        self._trains: dict[int, SpikeTrains] = {}
        self._written = [self._read(start, stop) for start, stop in self._groups]

    @property
    def done(self) -> int:
        """Number of pictures with a response."""
        return int((self.attempts > 0).sum())

    @property
    def trains(self) -> SpikeTrains:
        """Spikes of all pictures with their times; valid once no response is missing."""
        return SpikeTrains.joined([self._trains[first] for first in sorted(self._trains)])

    def missing(self) -> list[tuple[int, int]]:
        """Return the ranges of pictures that are still to be shown; no part may be in two of them."""
        return [group for group, written in zip(self._groups, self._written, strict=True) if not written]

    def add(self, part: Part) -> None:
        """Add a part, and save the group that it completes, if any."""
        stop = part.start + len(part.attempts)
        self.spike_counts[part.start : stop], self.attempts[part.start : stop] = part.spike_counts, part.attempts
        self._trains[part.start] = part.trains
        number = part.start // _GROUP
        first, last = self._groups[number]
        if not self._written[number] and (self.attempts[first:last] > 0).all():
            try:
                self._folder.parent.mkdir(exist_ok=True)  # without the run folder, which may have been deleted
                self._folder.mkdir(exist_ok=True)
            except OSError as error:
                raise DiskError(f"{self._folder} cannot be created: {error.strerror}") from error
            starts = sorted(start for start in self._trains if first <= start < last)
            trains = SpikeTrains.joined([self._trains.pop(start) for start in starts])
            self._trains[first] = trains
            arrays = {"attempts": self.attempts[first:last], **trains.to_arrays()}
            write_aside(self._path(first), lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]
            self._written[number] = True

    def digest(self) -> str:
        """Return the SHA-256 of all responses, hexadecimal."""
        return hashlib.sha256(self.spike_counts.data).hexdigest()

    def _path(self, first: int) -> Path:
        return self._folder / f"{first:07d}.npz"

    def _read(self, start: int, stop: int) -> bool:
        try:
            with np.load(self._path(start), allow_pickle=False) as arrays:
                attempts, trains = arrays["attempts"], SpikeTrains.from_arrays(arrays)
        except (StdpbenchError, *DAMAGE):  # missing or damaged: computed again
            return False
        if attempts.shape != (stop - start,) or attempts.dtype != np.int16 or attempts.min() < 1:
            return False
        if (len(trains), trains.n_exc) != (stop - start, self.spike_counts.shape[1]):
            return False
        self.spike_counts[start:stop], self.attempts[start:stop] = trains.counts(), attempts
        self._trains[start] = trains
        return True


def response_key(simulator: Simulator, experiment: Experiment, phase: str, shown: StimulusSet) -> str:
    """Return the SHA-256, hexadecimal, of everything that the responses of a phase depend on."""
    digest = hashlib.sha256(phase.encode())
    digest.update(json.dumps(_responding(experiment.to_mapping()), sort_keys=True).encode())
    for array in (*simulator.learned_views.values(), *shown.arrays.values()):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:32]


def _responding(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in ("name", "about", "data")}
