"""Lateral inhibition: what may be said of its weights. The family's base, and the kind that has nothing to say."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.parameters import Parameters


class Lateral(Parameters):
    """Whether the weights of lateral inhibition learn, and by which rule; one kind per file.

    A kind that is a `PlasticityRule` as well learns: its input spikes are those that inhibit (of inh neurons; without
    them, of exc neurons one step later, or at once), its output spikes those of the exc neurons that are inhibited.
    """

    summary: ClassVar[str]


class Fixed(Lateral):
    """Every exc neuron inhibits every other one by the same weight, ``network.w_inh_exc``."""

    kind: Literal["fixed"] = "fixed"

    summary: ClassVar[str] = "One weight for all, which spares lateral inhibition an n × n matrix"
