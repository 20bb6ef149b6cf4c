"""Encoders of stimuli as spikes: the family of kinds and its base class."""

from stdpbench.declare.registry import Family
from stdpbench.kinds.encoding.base import PHASES, Encoder, Spikes, generator
from stdpbench.kinds.encoding.timing import CONTROLS, Timing, altered

encoders: Family[Encoder] = Family(
    "encoder",
    Encoder,
    {
        "poisson": "stdpbench.kinds.encoding.poisson:Poisson",
        "regular": "stdpbench.kinds.encoding.regular:Regular",
        "latency": "stdpbench.kinds.encoding.latency:Latency",
        "rank-order": "stdpbench.kinds.encoding.rank_order:RankOrder",
        "burst": "stdpbench.kinds.encoding.burst:Burst",
        "phase": "stdpbench.kinds.encoding.phase:Phase",
        "population": "stdpbench.kinds.encoding.population:Population",
        "direct": "stdpbench.kinds.encoding.direct:Direct",
        "current": "stdpbench.kinds.encoding.current:Current",
        "delta": "stdpbench.kinds.encoding.delta:Delta",
        "events": "stdpbench.kinds.encoding.events:Events",
    },
    group="stdpbench.encoding",
)

__all__ = ["CONTROLS", "PHASES", "Encoder", "Spikes", "Timing", "altered", "encoders", "generator"]
