"""What a run tells while it goes on: small frozen values, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Started:
    """The run folder exists and the network stands.

    Attributes
    ----------
    folder : Path
        The run folder.
    simulator : str
        Which simulator runs.
    remark : str
        A sentence where something other than the best was chosen; else empty.
    """

    folder: Path
    simulator: str
    remark: str


@dataclass(frozen=True)
class Progress:
    """How far a phase has come.

    Attributes
    ----------
    phase : str
        ``"train"``, ``"label"``, ``"test"``, or the name of a baseline.
    done, total : int
        Presentations over, and in all.
    spikes_per_image, repeats, mean_theta : float, optional
        Of the last training presentations: exc spikes per picture, share of pictures shown again, mean theta in mV.
    accuracy : mapping of str to float
        Running accuracy by read-out, on training labels: for the eye only.
    """

    phase: str
    done: int
    total: int
    spikes_per_image: float | None = None
    repeats: float | None = None
    mean_theta: float | None = None
    accuracy: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Remark:
    """A sentence for the person."""

    text: str


@dataclass(frozen=True)
class Finished:
    """The run is over.

    Attributes
    ----------
    folder : Path
        The run folder.
    stopped : bool
        Whether it was stopped before its end.
    metrics : mapping
        What ``metrics.json`` holds.
    """

    folder: Path
    stopped: bool
    metrics: Mapping[str, Any]


Event = Started | Progress | Remark | Finished
