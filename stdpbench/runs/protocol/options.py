"""Options for carrying out a run; none of them changes a result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Options:
    """Options for carrying out a run.

    Attributes
    ----------
    workers : int
        Number of processes for the label and test phases; 0: one per processor, limited by free memory.
    simulator : str or None
        Name of the simulator; None: the preferred available one.
    validation : bool
        Whether to hold out the last training pictures and evaluate on them instead of the test pictures.
    baselines : bool
        Whether to evaluate start weights, samples as prototypes and k-means as well.
    checkpoint_every : int
        Training presentations between checkpoints; 0: a twentieth of all, but at least 50 and at most 1000.
    history : bool
        Whether to write moments of training for displays and films (`stdpbench.runs.folder.history`).
    """

    workers: int = 0
    simulator: str | None = None
    validation: bool = False
    baselines: bool = True
    checkpoint_every: int = 0
    history: bool = True

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Options:
        """Read options from the journal; missing ones have their defaults, unknown ones are ignored."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in mapping.items() if name in names})

    def interval(self, total: int) -> int:
        """Return the number of training presentations between checkpoints, given their total."""
        return self.checkpoint_every or max(50, min(1000, total // 20))
