"""Proportion weighting, as in BindsNET."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.readout._linear import LinearReadout, carried_labels
from stdpbench.results.readout.base import Assignment


class Proportion(LinearReadout):
    r"""Vote in which neurons that respond to several classes have smaller weights.

    .. math:: s_{ic} = \frac{1}{|J_c|} \sum_{j \in J_c} n_{ij}\, p_{cj}, \qquad
              p_{cj} = \bar r_{cj} \Big/ \sum_{c'} \bar r_{c'j}

    with :math:`J_c` the neurons with label c and :math:`\bar r_{cj}` the mean response of neuron j to class
    c in the label phase, so it uses more information than the label of each neuron. Source: ``proportion_weighting``
    of BindsNET (Hazan et al. 2018). Differences: BindsNET assigns neurons that never fired to class 0 and also
    classifies pictures without spikes; its rates may be a decaying sum over several label phases.
    """

    kind: Literal["proportion"] = "proportion"

    summary: ClassVar[str] = "Vote weighted by the share of the class in the neuron's mean responses"
    reference: ClassVar[str] = "Hazan et al. 2018 (BindsNET), doi:10.3389/fninf.2018.00089"

    def weights(self, assignment: Assignment) -> NDArray[np.float64]:
        """Return the weight of the vote times the share of the class."""
        return carried_labels(assignment) * assignment.proportions.T
