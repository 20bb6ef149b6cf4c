"""The result of one run of a sweep: accuracies on the validation part, or measures of a stream.

Measures of a stream are taken at its end (`stdpbench.runs.analysis.stream_series.summary`) and named as in
``metrics.json``: ``rate.POPULATION`` in Hz, ``cv.POPULATION``, ``synchrony.POPULATION``, for several neurons
``delta.POPULATION`` and ``gamma.POPULATION`` (power of rhythms, relative to Poisson spikes), and with patterns
``hit_rate``, ``false_alarms`` per second, ``latency`` in ms and ``neurons_with_hits``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.toml_lines import flat
from stdpbench.experiment import Experiment
from stdpbench.results.readout import READOUTS
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder

NONE: Final = "none"
"""Metric of a sweep that lists the measures of a stream and ranks no arm."""
LOWER: Final = ("false_alarms", "latency")
"""Measures for which lower is better, unless the sweep says otherwise."""
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
    cells = {
        name: population
        for name, population in experiment.graph().populations.items()
        if population.neuron is not None
    }
    names = [
        f"{measure}.{name}"
        for name, population in cells.items()
        for measure in _OF_POPULATIONS
        if population.size != 1 or measure not in _RHYTHMS
    ]
    return (*names, *(_OF_PATTERNS if experiment.stream.n_patterns else ()))


def title(name: str) -> str:
    """Return the heading of a measure, with its unit."""
    measure, _, population = name.partition(".")
    if population:
        return _OF_POPULATIONS[measure].format(population)
    return _OF_PATTERNS.get(name) or f"{name} (%)"


def is_share(name: str) -> bool:
    """Return whether a measure is an accuracy, which is shown in per cent."""
    return name in READOUTS


def at_end_of_stream(training: Mapping[str, Any]) -> dict[str, float]:
    """Return the measures of a stream from the section ``training`` of ``metrics.json``; empty without a stream."""
    measures = flat(training.get("stream") or {})
    return {name: float(value) for name, value in measures.items() if name != "seconds" and value is not None}


@dataclass(frozen=True)
class Result:
    """Result of one run.

    Attributes
    ----------
    accuracy : mapping of str to float
        By read-out, on the validation part, 0 to 1; empty for a stream.
    n_images : int
        Pictures of the validation part; 0 for a stream.
    spikes_per_image, presentations_per_image, mean_theta_mV : float
        Of the training: spikes of the population that is read per picture, how often a picture was shown, mean theta
        at the end in mV.
    seconds, images_per_second : float
        Duration and speed of training; not part of the outcome.
    outcome : str
        SHA-256, hexadecimal, of all results: equal for two runs with identical results, bit for bit.
    versions : mapping of str to str
        Versions of Python and packages.
    folder : str
        Name of the run folder.
    measures : mapping of str to float
        Measures at the end of a stream; empty for pictures.
    """

    accuracy: Mapping[str, float]
    n_images: int
    spikes_per_image: float
    presentations_per_image: float
    mean_theta_mV: float
    seconds: float
    images_per_second: float
    outcome: str
    versions: Mapping[str, str]
    folder: str
    measures: Mapping[str, float] = field(default_factory=dict)

    @property
    def values(self) -> Mapping[str, float]:
        """Values by which arms can be compared: accuracies, or measures of a stream."""
        return self.measures or self.accuracy

    @classmethod
    def of(cls, folder: RunFolder) -> Result:
        """Read the result of a finished run.

        Raises
        ------
        StdpbenchError
            If its metrics are missing, or not from the validation part.
        """
        metrics, about = folder.read_json("metrics.json"), folder.about
        measures = at_end_of_stream(metrics.get("training", {}))
        if not measures and metrics.get("evaluated_on") != "validation":
            raise StdpbenchError(f"{folder.path.name} was not evaluated on the validation part")
        if not measures and not metrics.get("accuracy"):
            raise StdpbenchError(f"{folder.path.name} has no accuracy: a sweep needs labelled pictures or a stream")
        training = metrics["training"]
        digests = json.dumps(outcome(folder), sort_keys=True)
        return cls(
            accuracy={}
            if measures
            else {name: metrics["accuracy"][name]["accuracy"] for name in READOUTS if name in metrics["accuracy"]},
            n_images=0 if measures else metrics["n_test_images"],
            spikes_per_image=_number(training.get("spikes_per_image")),
            presentations_per_image=_number(training.get("presentations_per_image")),
            mean_theta_mV=_number(training.get("mean_theta_mV")),
            seconds=_number(training.get("seconds")),
            images_per_second=_number(training.get("images_per_second")),
            outcome=hashlib.sha256(digests.encode()).hexdigest(),
            versions=about.get("versions", {}),
            folder=folder.path.name,
            measures=measures,
        )

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Result:
        """Read the values of the attributes.

        Raises
        ------
        StdpbenchError
            If it is not a valid result.
        """
        try:
            result = cls(**mapping)
        except TypeError as error:
            raise StdpbenchError(f"invalid result ({error})") from None
        if not {*result.accuracy} <= {*READOUTS} or bool(result.accuracy) == bool(result.measures):
            raise StdpbenchError("invalid result (accuracy)")
        return result


def _number(value: Any) -> float:
    return 0.0 if value is None else float(value)
