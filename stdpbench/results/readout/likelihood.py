"""Read-out of the most probable class, with spikes as independent evidence."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.readout._linear import LinearReadout
from stdpbench.results.readout.base import Assignment

_PRIOR = 0.5  # spikes: Jeffreys' prior


class Likelihood(LinearReadout):
    r"""The class for which the observed spikes are most probable.

    .. math:: s_{ic} = \sum_j n_{ij} \ln p_{cj}, \qquad
        p_{cj} = \frac{N\, \bar r_{cj} + \frac12}{\sum_k \left( N\, \bar r_{ck} + \frac12 \right)}

    with :math:`\bar r_{cj}` the mean response of neuron j to class c, and N the mean number of labelled pictures per
    class. So :math:`p_{cj}` is the probability that a spike evoked by class c comes from neuron j.
    Spikes are taken as independent of each other, and classes as equally frequent: multinomial naive Bayes. The half
    spike is Jeffreys' prior: a neuron that never fired for a class makes the class improbable, not impossible.
    Neurons without a spike in the label phase, and classes that evoked none, are left out.

    Like `stdpbench.results.readout.confidence.Confidence`, it uses only the mean responses, and nothing is fitted. The
    two differ in the weight of a spike: there the share of the class, here the logarithm of a probability, so a spike
    of a neuron that rarely fires for a class is evidence against it. This matters most if single spikes carry little
    information, as for neurons with input from a part of the picture. Since spikes of a network are not independent,
    :math:`s_{ic}` ranks the classes, but does not estimate the certainty of the answer.
    """

    kind: Literal["likelihood"] = "likelihood"

    summary: ClassVar[str] = "Class for which the observed spikes are most probable (naive Bayes)"
    reference: ClassVar[str] = "Multinomial naive Bayes, McCallum & Nigam 1998, Jeffreys' prior and equal classes"

    def weights(self, assignment: Assignment) -> NDArray[np.float64]:
        """Return the logarithm of the probability of each neuron given a class, 0 for a neuron that never fired."""
        known = assignment.labels >= 0
        spikes = assignment.class_counts.mean() * assignment.mean_response + _PRIOR
        total = np.where(known, spikes, 0.0).sum(axis=1, keepdims=True)
        return np.ascontiguousarray(np.where(known, np.log(spikes / np.where(total > 0, total, 1.0)), 0.0).T)

    def offsets(self, assignment: Assignment) -> NDArray[np.float64]:
        """Return minus infinity for a class that evoked no spikes, which is never the answer, and 0 otherwise."""
        return np.where(assignment.mean_response.any(axis=1), 0.0, -np.inf)
