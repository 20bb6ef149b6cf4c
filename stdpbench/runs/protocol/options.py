"""How a run is carried out: nothing of it changes a result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Options:
    """How a run is carried out.

    Attributes
    ----------
    workers : int
        Processes for the label and test phases; 0: one per processor, as far as memory goes.
    simulator : str or None
        Which simulator; None: the best there is.
    validation : bool
        Whether the last training pictures are held out and evaluated on, instead of the test pictures.
    baselines : bool
        Whether start weights and k-means are evaluated as well.
    checkpoint_every : int
        Training presentations between two checkpoints; 0: a twentieth of all, between 50 and 1000.
    """

    workers: int = 0
    simulator: str | None = None
    validation: bool = False
    baselines: bool = True
    checkpoint_every: int = 0

    def to_mapping(self) -> dict[str, Any]:
        """As it stands in ``run.json``."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Options:
        """What ``run.json`` says; what it does not say has its default."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in mapping.items() if name in known})

    def interval(self, total: int) -> int:
        """Training presentations between two checkpoints, of `total` presentations."""
        return self.checkpoint_every or max(50, min(1000, total // 20))
