"""Read-outs: from spike counts to classes, and what an answer is worth. The family, and what its kinds share."""

from stdpbench.readout.base import NO_ANSWER, Assignment, Readout, assign
from stdpbench.readout.metrics import Score, score, wilson_interval
from stdpbench.registry import Family

readouts: Family[Readout] = Family(
    "read-out",
    Readout,  # type: ignore[type-abstract]
    {
        "vote": "stdpbench.readout.vote:Vote",
        "proportion": "stdpbench.readout.proportion:Proportion",
        "confidence": "stdpbench.readout.confidence:Confidence",
    },
    group="stdpbench.readout",
)

READOUTS = ("vote", "proportion", "confidence")
"""The read-outs that every run is scored with; the first is the one that is drawn."""

__all__ = [
    "NO_ANSWER",
    "READOUTS",
    "Assignment",
    "Readout",
    "Score",
    "assign",
    "readouts",
    "score",
    "wilson_interval",
]
