"""Neuron models: the family of kinds and its base classes."""

from stdpbench.declare.registry import Family
from stdpbench.kinds.neurons.base import Neuron, Variable

neurons: Family[Neuron] = Family(
    "neuron",
    Neuron,
    {
        "adaptive-lif": "stdpbench.kinds.neurons.adaptive_lif:AdaptiveLIF",
        "adaptive-lif-discrete": "stdpbench.kinds.neurons.adaptive_lif_discrete:AdaptiveLIFDiscrete",
        "adaptive-lif-lockout": "stdpbench.kinds.neurons.adaptive_lif_lockout:AdaptiveLIFLockout",
        "adex": "stdpbench.kinds.neurons.adex:AdEx",
        "custom": "stdpbench.kinds.neurons.custom:CustomNeuron",
        "izhikevich": "stdpbench.kinds.neurons.izhikevich:Izhikevich",
        "lif": "stdpbench.kinds.neurons.lif:LIF",
        "lif-alpha": "stdpbench.kinds.neurons.lif_alpha:LIFAlpha",
        "lif-current": "stdpbench.kinds.neurons.lif_current:LIFCurrent",
        "lif-current-alpha": "stdpbench.kinds.neurons.lif_current_alpha:LIFCurrentAlpha",
        "lif-discrete": "stdpbench.kinds.neurons.lif_discrete:LIFDiscrete",
        "srm-masquelier": "stdpbench.kinds.neurons.srm_masquelier:SRMMasquelier",
    },
    group="stdpbench.neurons",
)

__all__ = ["Neuron", "Variable", "neurons"]
