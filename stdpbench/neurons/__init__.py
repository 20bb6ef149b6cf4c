"""Neuron models: the family of kinds and its base classes."""

from stdpbench.neurons.base import Neuron, Variable
from stdpbench.registry import Family

neurons: Family[Neuron] = Family(
    "neuron",
    Neuron,
    {
        "adaptive-lif": "stdpbench.neurons.adaptive_lif:AdaptiveLIF",
        "adaptive-lif-lockout": "stdpbench.neurons.adaptive_lif_lockout:AdaptiveLIFLockout",
        "adex": "stdpbench.neurons.adex:AdEx",
        "lif": "stdpbench.neurons.lif:LIF",
    },
    group="stdpbench.neurons",
)

__all__ = ["Neuron", "Variable", "neurons"]
