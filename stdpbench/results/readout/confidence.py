"""Confidence weighting over all neurons."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.readout._linear import LinearReadout
from stdpbench.results.readout.base import Assignment


class Confidence(LinearReadout):
    r"""Every spike counts for all classes, weighted by the mean responses of its neuron.

    .. math:: s_{ic} = \sum_j n_{ij}\, p_{cj}, \qquad p_{cj} = \bar r_{cj} \Big/ \sum_{c'} \bar r_{c'j}

    with :math:`\bar r_{cj}` the mean response of neuron j to class c in the label phase, so that :math:`p_{cj}`
    estimates the probability of class c given a spike of neuron j when all classes are equally frequent. It uses
    these responses to labelled pictures, not the label of each neuron.

    The name is that of Hazan et al. (2018), "Unsupervised learning with self-organizing spiking neural networks".
    Their released code (``confidence_weighting`` in djsaunde/lm-snn) is another rule: it sums only over the neurons
    with the label of the class, divides by their number, and uses the share of a neuron in all responses to a class,
    not the share of a class in all responses of a neuron. With the latter share, that rule is
    `stdpbench.results.readout.proportion.Proportion`.
    """

    kind: Literal["confidence"] = "confidence"

    summary: ClassVar[str] = "Every spike counts for all classes, weighted by the mean responses of its neuron"
    reference: ClassVar[str] = "After Hazan et al. 2018, arXiv:1807.09374; differs, see the class"

    def weights(self, assignment: Assignment) -> NDArray[np.float64]:
        """Return the share of each class in the mean responses of each neuron."""
        return np.ascontiguousarray(assignment.proportions.T)
