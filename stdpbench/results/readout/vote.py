"""Read-out of Diehl & Cook (2015)."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.readout._linear import LinearReadout, carried_labels
from stdpbench.results.readout.base import Assignment


class Vote(LinearReadout):
    r"""The class whose neurons fire most on average.

    .. math:: s_{ic} = \frac{1}{|J_c|} \sum_{j \in J_c} n_{ij}, \qquad J_c = \{ j : \text{label}_j = c \}

    A class without neurons has :math:`s_{ic} = 0` and never wins. Source: Diehl & Cook (2015), section 2.6, and
    released code. Difference: their code also classifies pictures without spikes; here they have no answer.
    BindsNET calls this rule "all activity".
    """

    kind: Literal["vote"] = "vote"

    summary: ClassVar[str] = "Class with the highest mean response of the neurons with its label"
    reference: ClassVar[str] = "Diehl & Cook 2015, doi:10.3389/fncom.2015.00099"

    def weights(self, assignment: Assignment) -> NDArray[np.float64]:
        """Return 1 / number of neurons of the class for the label of each neuron, and 0 otherwise."""
        return carried_labels(assignment)
