"""Progress of a phase of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """Progress of a phase. Not a fact: a newer value replaces the older.

    Attributes
    ----------
    phase : str
        ``"train"``, ``"label"``, ``"test"``, or the name of a baseline; or what a trained run waits for.
    done, total : int
        Number of completed presentations, and of all; or of measurements.
    spikes_per_image, repeats, mean_theta : float, optional
        Recent training presentations: exc spikes per picture, fraction of pictures shown again, mean theta in mV or
        without unit.
    accuracy : mapping of str to float
        Running accuracy by read-out, on training labels; for display only.
    rate : float, optional
        In a stream, the mean firing rate of the neurons that are read, in Hz.
    loss : float, optional
        In training with labels, the mean loss over the last pictures; `accuracy` then has ``"training pictures"``.
    """

    phase: str
    done: int
    total: int
    spikes_per_image: float | None = None
    repeats: float | None = None
    mean_theta: float | None = None
    accuracy: Mapping[str, float] = field(default_factory=dict)
    rate: float | None = None
    loss: float | None = None
