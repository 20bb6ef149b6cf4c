"""Read-outs, which predict classes from spikes, and measures of their quality: families of kinds and base classes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.registry import Family
from stdpbench.results.readout.base import NO_ANSWER, Assignment, Readout, assign, classes_of_outputs
from stdpbench.results.readout.metrics import INTERVAL, Score, score, wilson_interval
from stdpbench.results.readout.spike_trains import SpikeTrains
from stdpbench.results.readout.timed import Known, TimedReadout

readouts: Family[Readout] = Family(
    "read-out",
    Readout,
    {
        "vote": "stdpbench.results.readout.vote:Vote",
        "proportion": "stdpbench.results.readout.proportion:Proportion",
        "confidence": "stdpbench.results.readout.confidence:Confidence",
        "likelihood": "stdpbench.results.readout.likelihood:Likelihood",
    },
    group="stdpbench.readout",
)

timed_readouts: Family[TimedReadout] = Family(
    "read-out of spike times",
    TimedReadout,
    {
        "first-spike": "stdpbench.results.readout.first_spike:FirstSpike",
        "van-rossum": "stdpbench.results.readout.van_rossum:VanRossum",
        "victor-purpura": "stdpbench.results.readout.victor_purpura:VictorPurpura",
    },
    group="stdpbench.timed_readout",
)

READOUTS = tuple(readouts.usable())
"""Read-outs of every run, those of other packages last; the first one is used in figures."""


def scores_of(
    spike_counts: NDArray[np.integer[Any]], assignment: Assignment, labels: NDArray[np.int64]
) -> dict[str, Score]:
    """Return the score of every read-out, by name; `labels` are the classes of the pictures that were shown."""
    n_classes = assignment.n_classes
    return {
        name: score(readouts.get(name)().predict(spike_counts, assignment), labels, n_classes) for name in READOUTS
    }


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
    "scores_of",
    "timed_readouts",
    "wilson_interval",
]
