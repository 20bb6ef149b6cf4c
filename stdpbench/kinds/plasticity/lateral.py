"""Weights of lateral inhibition: base class of the family, and the kind with one fixed weight."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.declare.parameters import Parameters


class Lateral(Parameters):
    """Weights of lateral inhibition; one kind per file.

    Kinds that are also a `PlasticityRule` are plastic: their input spikes are the inhibiting spikes (of inh neurons;
    without inh neurons, of exc neurons, one step later or at once), their output spikes those of the inhibited exc
    neurons.
    """

    summary: ClassVar[str]


class Fixed(Lateral):
    """Every exc neuron inhibits every other one with the same weight, ``network.w_inh_exc``."""

    kind: Literal["fixed"] = "fixed"

    summary: ClassVar[str] = "One weight for all pairs of exc neurons, without an n × n matrix"
