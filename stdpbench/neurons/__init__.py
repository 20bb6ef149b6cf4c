"""Neuron models: the family of kinds and its base classes."""

from stdpbench.neurons.base import Neuron, Variable
from stdpbench.registry import Family

neurons: Family[Neuron] = Family(
    "neuron",
    Neuron,
    {
        "adaptive-lif": "stdpbench.neurons.adaptive_lif:AdaptiveLIF",
        "adaptive-lif-discrete": "stdpbench.neurons.adaptive_lif_discrete:AdaptiveLIFDiscrete",
        "adaptive-lif-lockout": "stdpbench.neurons.adaptive_lif_lockout:AdaptiveLIFLockout",
        "adex": "stdpbench.neurons.adex:AdEx",
        "izhikevich": "stdpbench.neurons.izhikevich:Izhikevich",
        "lif": "stdpbench.neurons.lif:LIF",
        "lif-alpha": "stdpbench.neurons.lif_alpha:LIFAlpha",
        "lif-current": "stdpbench.neurons.lif_current:LIFCurrent",
        "lif-current-alpha": "stdpbench.neurons.lif_current_alpha:LIFCurrentAlpha",
        "lif-discrete": "stdpbench.neurons.lif_discrete:LIFDiscrete",
        "srm-masquelier": "stdpbench.neurons.srm_masquelier:SRMMasquelier",
    },
    group="stdpbench.neurons",
)

__all__ = ["Neuron", "Variable", "neurons"]
