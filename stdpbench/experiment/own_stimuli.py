"""Create an experiment on the user's own signals, events or tables: an encoder, and settings for their spikes.

The network is that of the shipped experiment ``fast-100``, which was tuned on MNIST, with the values that the user
states. It is adapted as follows:

* signals are shown by `delta`, with the largest of some thresholds that evokes enough spikes; tables by `population`
  as rates; events as they are;
* ``network.weight_sum`` gives neurons the same drive as MNIST's pictures do: spikes of a stimulus times mean weight.
  With few spikes, weights may be larger, and learning rates grow in proportion;
* thresholds settle where the population fires about ten spikes per stimulus: their time constant is proportional to
  the number of neurons and to the duration of a stimulus;
* stimuli are shown for their whole duration, up to 2 s, and in as many passes as a few thousand presentations need.

These settings are a start and not tuned for any data. They also apply to a file with such data that does not set the
normalisation of its network (`with_settings`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.toml_lines import flat
from stdpbench.base.units import first_few
from stdpbench.data.datasets import Source, Split
from stdpbench.data.stimuli import EventSet, Signals
from stdpbench.declare.parameters import Parameters, parameter
from stdpbench.experiment.dry_run import Numbers, shown_numbers
from stdpbench.experiment.experiment import Experiment, read_experiment
from stdpbench.kinds.encoding import encoders
from stdpbench.kinds.plasticity import PlasticityRule

_BASE = "fast-100"
_DRIVE = 170.0  # spikes of a stimulus times mean weight; 0.1 times 2300 for MNIST
_LARGEST_MEAN = 0.5  # mean weight, as a share of w_max
_ENOUGH_SPIKES = 300.0  # per stimulus
_SHARES = (0.1, 0.05, 0.02, 0.01, 0.005)  # thresholds as shares of the range of a signal
_GAINS = (3.0, 5.0, 8.0, 12.0)
_RATE = "200 Hz"
_LONGEST = 2000.0  # ms
_PRESENTATIONS, _MOST_PASSES = 3000, 20
_SETTLING = 5000.0  # ms of tau_theta per neuron, for stimuli of 350 ms
_USUAL = 350.0  # ms
_SAMPLE = 40
_FEWEST, _MOST = 20, 100  # neurons
_OWN = ("tabular", "signals", "events")
_NOUNS = {"images": ("row", "rows"), "signals": ("signal", "signals"), "events": ("recording", "recordings")}


class OwnNetwork(Parameters):
    """Settings of an experiment on own data beside those of the data."""

    name: str = parameter("own-data", help="Name of the experiment, used for the run folder and a file.")
    n_exc: int = parameter(
        100,
        ge=1,
        le=100_000,
        help="Number of exc neurons. Each learns one prototype; more neurons learn more, but take longer.",
    )


class StimuliNetwork(OwnNetwork):
    """Settings of an experiment on own signals, events or tables."""

    encoding: str = parameter("delta", help="How stimuli become spikes; its parameters follow from the data.")


def encoders_for(source: Source) -> tuple[str, ...]:
    """Return the kinds of encoders that can show a source; the suggested one first."""
    first = {"images": "population", "signals": "delta", "events": "events"}[source.shows]
    suitable = [kind for kind, cls in encoders.usable().items() if source.shows in cls.takes]
    return first, *(kind for kind in suitable if kind != first)


def suggested_neurons(split: Split) -> int:
    """Return a number of exc neurons that suits the number of classes: ten for each, 20 to 100."""
    return int(np.clip(10 * len(split.class_names), _FEWEST, _MOST)) if split.class_names else 50


def stimuli_sentence(source: Source, split: Split) -> str:
    """Return a sentence with number, size and classes of the user's stimuli."""
    train, names = split.train, split.class_names
    noun = _NOUNS[source.shows][1]
    height, width = train.shape
    if isinstance(train, Signals):
        size = f"of {width} channel{'s' * (width != 1)}"
    elif isinstance(train, EventSet):
        size = f"of {height * width} channels" if height == 1 else f"of {height} × {width} channels"
    else:
        size = f"of {width} feature{'s' * (width != 1)}"
    lengths = [f"{(train.seconds(number) or 0.0) * 1e3:.3g}" for number in range(len(train))]
    low, high = min(lengths, key=float), max(lengths, key=float)
    lasting = "" if source.shows == "images" else f", {low if low == high else f'{low} to {high}'} ms long"
    classes = f"in {len(names)} class{'es' * (len(names) != 1)}: {first_few(names, 10)}" if names else "without labels"
    return f"{len(train)} training and {len(split.test)} test {noun} {size}{lasting}, {classes}."


def experiment_on_stimuli(
    source: Source, split: Split, encoder: str, n_exc: int, name: str, stated: Mapping[str, Any] | None = None
) -> Experiment:
    """Create an experiment on own signals, events or tables.

    Parameters
    ----------
    source : Source
        The data.
    split : Split
        Its stimuli.
    encoder : str
        One of `encoders_for`.
    n_exc : int
        Number of exc neurons.
    name : str
        Name of the experiment.
    stated : mapping, optional
        Tables of an experiment whose values stay as they are.

    Raises
    ------
    StdpbenchError
        If the stimuli evoke no spikes, or the stated values do not fit the network.
    """
    stated = stated or {}
    experiment, numbers = _encoded(source, split, encoder, name, stated)
    duration = numbers.duration[1]
    changes: dict[str, Any] = {
        "about.title": f"{name}: own {_NOUNS[source.shows][1]}, {n_exc} exc neurons",
        "about.summary": f"{stimuli_sentence(source, split)} Settings of {_BASE}, which were tuned on MNIST.",
        "network.n_exc": n_exc,
        "exc.theta_plus": "0.2 mV",
        "exc.tau_theta": f"{_digits(_SETTLING * n_exc * duration / _USUAL):g} ms",
        "schedule.passes": min(_MOST_PASSES, max(1, math.ceil(_PRESENTATIONS / len(split.train)))),
    }
    places = {"sum": "network.weight_sum", "w_max": "plasticity.w_max"}
    for key, value in usual_drive(experiment.plasticity, numbers, numbers.n_inputs).items():
        changes[places.get(key, f"plasticity.{key}")] = value
    return experiment.override({path: value for path, value in changes.items() if path not in flat(stated)})


def usual_drive(rule: PlasticityRule, numbers: Numbers, n: int) -> dict[str, float]:
    """Return values of the input weights that give neurons the same drive as MNIST's pictures do.

    Parameters
    ----------
    rule : PlasticityRule
        The rule of the weights.
    numbers : Numbers
        Numbers of the input spikes, at least one spike.
    n : int
        Inputs of a neuron.

    Returns
    -------
    dict of str to float
        ``sum``, the sum of the weights of a neuron; if this needs larger weights than the rule allows, also the
        ``w_max`` of the rule and, if it has them, ``nu_pre`` and ``nu_post``.
    """
    total = _DRIVE / numbers.spikes[1] * numbers.n_inputs
    largest = total / n / _LARGEST_MEAN
    values = {"sum": _digits(total)}
    if largest > rule.w_max:
        steps, scale = rule.to_mapping(), largest / rule.w_max
        values["w_max"] = _digits(largest)
        values |= {step: _digits(float(steps[step]) * scale) for step in ("nu_pre", "nu_post") if step in steps}
    return values


def with_settings(experiment: Experiment, stated: Mapping[str, Any]) -> Experiment:
    """Return an experiment with settings for its data, if its file leaves them open.

    This is the case if the data are a table, signals or events of the user, and the file names neither a kind of
    network, neuron or rule nor the sum or norm of weights. Values in the file stay.

    Parameters
    ----------
    experiment : Experiment
        The experiment with the usual defaults.
    stated : mapping
        The tables of its file.
    """
    network = stated.get("network", {})
    of_kind = any("kind" in stated.get(name, {}) for name in ("network", "exc", "plasticity", "reference"))
    if (
        getattr(experiment.data, "kind", "") not in _OWN
        or of_kind
        or {"weight_sum", "weight_norm"}.intersection(network)
    ):
        return experiment
    try:
        split = experiment.data.prepare()
    except StdpbenchError:  # reported when the data are used; they may have changed by then
        return experiment
    encoder = getattr(experiment.encoding, "kind", "") if "encoding" in stated else encoders_for(experiment.data)[0]
    n_exc = network.get("n_exc", suggested_neurons(split))
    made = experiment_on_stimuli(experiment.data, split, encoder, n_exc, experiment.name, stated)
    return made.model_copy(update={"data": experiment.data})


def _encoded(
    source: Source, split: Split, encoder: str, name: str, stated: Mapping[str, Any]
) -> tuple[Experiment, Numbers]:
    """Return an experiment with an encoder whose parameters suit the stimuli, and the numbers of its spikes."""
    seconds = [stimuli.seconds(number) for stimuli in (split.train, split.test) for number in range(len(stimuli))]
    longest = max((duration * 1e3 for duration in seconds if duration is not None), default=_USUAL)
    mapping = read_experiment(_BASE).to_mapping() | {"name": name, "data": source.resolved().to_mapping()}
    mapping["schedule"] |= {"stimulus": f"{min(math.ceil(longest / 10) * 10, _LONGEST):g} ms"}
    for section, table in stated.items():
        mapping[section] = {**mapping.get(section, {}), **table} if isinstance(table, Mapping) else table
    choices: list[dict[str, Any]] = [{}]
    if encoder == "delta" and isinstance(split.train, Signals):
        values = split.train.values
        span = float((values.max(axis=1) - values.min(axis=1)).mean()) or 1.0
        choices = [{"threshold": _digits(share * span)} for share in _SHARES]
    elif encoder == "population":
        choices = [{"form": "rate", "rate": _RATE}]
    elif encoder == "direct" and isinstance(split.train, Signals):
        white = _digits(float(split.train.values.max()))
        choices = [{"white": white if white > 0 else 1.0, "gain": gain} for gain in _GAINS]
    for choice in [stated["encoding"]] if "encoding" in stated else choices:
        experiment = Experiment.from_mapping(mapping | {"encoding": {"kind": encoder} | choice})
        numbers = shown_numbers(experiment, split, _SAMPLE)
        if numbers.spikes[1] >= _ENOUGH_SPIKES:
            break
    if numbers.spikes[1] <= 0:
        raise StdpbenchError(f"encoding.kind {encoder!r} evokes no spikes with these data; choose another one")
    return experiment, numbers


def _digits(number: float) -> float:
    return float(f"{number:.3g}")
