"""Read-outs: classes from spikes, with measures of their quality. Families of kinds and their base classes."""

from stdpbench.readout.base import NO_ANSWER, Assignment, Readout, assign, classes_of_outputs
from stdpbench.readout.metrics import INTERVAL, Score, score, wilson_interval
from stdpbench.readout.spike_trains import SpikeTrains
from stdpbench.readout.timed import Known, TimedReadout
from stdpbench.registry import Family

readouts: Family[Readout] = Family(
    "read-out",
    Readout,  # type: ignore[type-abstract]
    {
        "vote": "stdpbench.readout.vote:Vote",
        "proportion": "stdpbench.readout.proportion:Proportion",
        "confidence": "stdpbench.readout.confidence:Confidence",
        "likelihood": "stdpbench.readout.likelihood:Likelihood",
    },
    group="stdpbench.readout",
)

timed_readouts: Family[TimedReadout] = Family(
    "read-out of spike times",
    TimedReadout,  # type: ignore[type-abstract]
    {
        "first-spike": "stdpbench.readout.first_spike:FirstSpike",
        "van-rossum": "stdpbench.readout.van_rossum:VanRossum",
        "victor-purpura": "stdpbench.readout.victor_purpura:VictorPurpura",
    },
    group="stdpbench.timed_readout",
)

READOUTS = ("vote", "proportion", "confidence", "likelihood")
"""Read-outs with which every run is scored; the first one is used in figures. Older runs lack the last one."""

__all__ = [
    "INTERVAL",
    "NO_ANSWER",
    "READOUTS",
    "Assignment",
    "Known",
    "Readout",
    "Score",
    "SpikeTrains",
    "TimedReadout",
    "assign",
    "classes_of_outputs",
    "readouts",
    "score",
    "timed_readouts",
    "wilson_interval",
]
