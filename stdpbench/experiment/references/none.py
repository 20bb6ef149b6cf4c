"""No reference: the network learns by its plasticity rules, without labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment.references.base import Reference, Task, Trainer


class NoReference(Reference):
    """The network is not trained with labels."""

    kind: Literal["none"] = "none"

    summary: ClassVar[str] = "No training with labels: the network learns by its plasticity rules"
    reference: ClassVar[str] = ""
    trains: ClassVar[bool] = False

    def trainer(self, weights: Mapping[str, NDArray[Any]], task: Task) -> Trainer:
        """Raise an error, since nothing is trained."""
        raise StdpbenchError("reference.kind is 'none', so there is no training with labels")
