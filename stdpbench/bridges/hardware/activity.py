"""Spikes of a run per stimulus, as far as they are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Activity:
    """Mean spikes of each neuron per stimulus.

    Attributes
    ----------
    spikes : mapping of str to ndarray, float64, (n,)
        Of the populations of which they are known.
    origin : mapping of str to str
        How those of a population were measured, as a clause.
    steps : int
        Time steps of a stimulus; 0 if there are no stimuli.
    missing : str
        Why spikes of other populations are not known, as a clause.
    currents : bool
        Whether the input has constant currents in place of spikes.
    """

    spikes: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)
    steps: int = 0
    missing: str = "not kept by the run; `stdpbench report` measures them"
    currents: bool = False
