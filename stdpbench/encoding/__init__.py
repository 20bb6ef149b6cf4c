"""Encoders of stimuli as spikes: the family of kinds and its base class."""

from stdpbench.encoding.base import PHASES, Encoder, Spikes, generator
from stdpbench.encoding.timing import CONTROLS, Timing, altered
from stdpbench.registry import Family

encoders: Family[Encoder] = Family(
    "encoder",
    Encoder,
    {
        "poisson": "stdpbench.encoding.poisson:Poisson",
        "regular": "stdpbench.encoding.regular:Regular",
        "latency": "stdpbench.encoding.latency:Latency",
        "rank-order": "stdpbench.encoding.rank_order:RankOrder",
        "burst": "stdpbench.encoding.burst:Burst",
        "phase": "stdpbench.encoding.phase:Phase",
        "population": "stdpbench.encoding.population:Population",
        "direct": "stdpbench.encoding.direct:Direct",
        "current": "stdpbench.encoding.current:Current",
        "delta": "stdpbench.encoding.delta:Delta",
        "events": "stdpbench.encoding.events:Events",
    },
    group="stdpbench.encoding",
)

__all__ = ["CONTROLS", "PHASES", "Encoder", "Spikes", "Timing", "altered", "encoders", "generator"]
