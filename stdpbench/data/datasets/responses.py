"""Responses of a trained network as input of another network."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.data.datasets._checks import local_path
from stdpbench.data.datasets._holding_out import HoldingOut
from stdpbench.data.datasets.base import Split
from stdpbench.data.datasets.npz import read_pictures
from stdpbench.declare.parameters import parameter


class Responses(HoldingOut):
    """Spike counts of each neuron of a finished run for each stimulus, in place of pictures.

    The file is written by ``stdpbench reference KIND --features RUN``. A "pixel" is a neuron, and its grey value
    is proportional to its spike count: 255 stands for the 99.9th percentile of all positive counts of training
    stimuli, and for more.
    """

    kind: Literal["responses"] = "responses"
    path: str | None = parameter(None, help="The file that --features wrote into the folder of the run.")
    of: str = parameter("", help="The data set of the run; uses of its test labels are counted together.")

    summary: ClassVar[str] = "Spikes of the neurons of a finished run"
    reference: ClassVar[str] = "docs/supervised.md"

    def load(self) -> Split:
        """Read the responses; see `Dataset.load`."""
        needed = "`stdpbench reference KIND --features RUN` sets it"
        return self._split(*read_pictures(local_path("data.path", self.path, needed)))
