"""What arms are compared by: accuracies on the validation part, or measures of a stream.

Measures of a stream are those of its end (`stdpbench.runs.analysis.stream_series.summary`), named as in
``metrics.json``: ``rate.POPULATION`` in Hz, ``cv.POPULATION``, ``synchrony.POPULATION``, of several neurons
``delta.POPULATION`` and ``gamma.POPULATION`` (power of rhythms, relative to Poisson spikes), and with patterns
``hit_rate``, ``false_alarms`` per second, ``latency`` in ms and ``neurons_with_hits``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from stdpbench.base.toml_lines import flat
from stdpbench.experiment import Experiment
from stdpbench.results.readout import READOUTS

NONE: Final = "none"
"""Metric of a sweep that lists the measures of a stream and ranks no arm."""
LOWER: Final = ("false_alarms", "latency")
"""Measures of which less is better, unless the sweep says otherwise."""
_OF_POPULATIONS: Final = {
    "rate": "rate of {} (Hz)",
    "cv": "CV of {}",
    "synchrony": "synchrony of {}",
    "delta": "power of {} at 2–4 Hz",
    "gamma": "power of {} at 30–70 Hz",
}
_RHYTHMS: Final = ("delta", "gamma")
_OF_PATTERNS: Final = {
    "hit_rate": "hit rate",
    "false_alarms": "false alarms (1/s)",
    "latency": "latency (ms)",
    "neurons_with_hits": "neurons with hits",
}


def measures_of(experiment: Experiment) -> tuple[str, ...]:
    """Return the names of all measures by which runs of an experiment can be compared."""
    if experiment.stream is None:
        return tuple(READOUTS)
    cells = {name: each for name, each in experiment.graph().populations.items() if each.neuron is not None}
    found = [
        f"{measure}.{name}"
        for name, population in cells.items()
        for measure in _OF_POPULATIONS
        if population.size != 1 or measure not in _RHYTHMS
    ]
    return (*found, *(_OF_PATTERNS if experiment.stream.n_patterns else ()))


def title(name: str) -> str:
    """Return a measure for people, with its unit."""
    measure, _, population = name.partition(".")
    if population:
        return _OF_POPULATIONS[measure].format(population)
    return _OF_PATTERNS.get(name) or f"{name} (%)"


def is_share(name: str) -> bool:
    """Whether a measure is an accuracy, which is shown in per cent."""
    return name in READOUTS


def at_end_of_stream(training: Mapping[str, Any]) -> dict[str, float]:
    """Return the measures of a stream from the section ``training`` of ``metrics.json``; empty without a stream."""
    found = flat(training.get("stream") or {})
    return {name: float(value) for name, value in found.items() if name != "seconds" and value is not None}
