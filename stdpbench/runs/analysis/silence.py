"""Warnings about runs with silent neurons or ineffective plasticity: the observation, and a parameter to change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from stdpbench.data.datasets import Split
from stdpbench.declare.parameters import Parameters
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.normalisations.norm import Norm
from stdpbench.kinds.normalisations.sum import Sum
from stdpbench.kinds.streams.spike_times import SpikeTimes
from stdpbench.results.readout.metrics import wilson_interval

MOST_SILENT = 0.05
"""Share of presentations without a spike of the population that is read, above which there is a warning."""
_FEWEST = 100  # minimum number of evaluated stimuli without a warning
_UNCHANGED = 1e-6  # change of weights in a block, as a share of their mean, that may be rounding
_STRENGTHS = ("intensity", "rate_per_grey", "rate", "max_rate", "gain")  # parameters of encoders
_RATES = ("nu", "eta", "A", "a_", "lambda", "gain")  # prefixes of the names of learning rates


@dataclass(frozen=True)
class Activity:
    """Activity observed in some presentations.

    Attributes
    ----------
    shown : str
        The presentations, such as ``"the first 100 training presentations"``.
    n : int
        Their number.
    silent : int
        Number of presentations in which no neuron of the population that is read fired.
    arrived : int
        Input spikes in these presentations, or in a sample of them.
    others : mapping of str to int
        Spikes of populations in the last presentation, as far as they are known.
    """

    shown: str
    n: int
    silent: int
    arrived: int
    others: Mapping[str, int] = field(default_factory=dict)


def arriving(spikes: Spikes) -> int:
    """Return the number of input spikes or, for currents, the number of values other than 0."""
    return len(spikes) if spikes.currents is None else int(np.count_nonzero(spikes.currents))


def silence(experiment: Experiment, activity: Activity) -> str:
    """Return a warning if no neuron fired in more than 5 % of the presentations; else an empty text.

    Parameters
    ----------
    experiment : Experiment
        The experiment with the active parameters.
    activity : Activity
        The observation. Pieces of a stream have no winner, so only complete silence of a stream is reported.
    """
    graph, all_silent = experiment.graph(), activity.silent == activity.n
    acceptable = activity.silent <= MOST_SILENT * activity.n or experiment.stream is not None
    if not activity.n or (acceptable and not all_silent):
        return ""
    some = "" if all_silent else f"{activity.silent} of "
    return f"No neuron of {graph.read} fired in {some}{activity.shown}: {_remedy(experiment, graph, activity)}."


def no_effect(experiment: Experiment, changes: Mapping[str, tuple[float, float]], shown: str) -> Iterator[str]:
    """Yield a warning for each projection with a rule whose weights do not change.

    Parameters
    ----------
    experiment : Experiment
        The experiment with the active parameters.
    changes : mapping of str to (float, float)
        Largest mean absolute change in a block, and mean size, of the weights of plastic projections.
    shown : str
        The presentations, as in `Activity`.
    """
    graph = experiment.graph()
    for name, (change, size) in changes.items():
        rule = graph.projections[name].plasticity
        if rule is None or change > _UNCHANGED * size:  # without a rule of weights, delays learn
            continue
        names = [key for key in type(rule).model_fields if key.startswith(_RATES)]
        off = [key for key in names if getattr(rule, key) == 0] or names
        paths = ", ".join(experiment.in_short(f"network.projections.{name}.plasticity.{key}") for key in off)
        yield (
            f"Plasticity has no effect: the weights of {name} did not change in {shown}; raise its learning rates"
            f"{f' ({paths})' if paths else ''}."
        )


def nothing_learns(experiment: Experiment) -> str:
    """Return a warning if no projection of the network learns or is trained; else an empty text."""
    if experiment.graph().shown:
        return ""
    return (
        "Nothing learns: no projection of this network has a plasticity rule; add one, such as "
        'network.projections.NAME.plasticity = { kind = "diehl-cook-triplet" }.'
    )


def few_evaluated(experiment: Experiment, split: Split) -> str:
    """Return a warning if accuracy will be measured on fewer than 100 stimuli; else an empty text."""
    n = len(split.test)
    if n >= _FEWEST or experiment.stream is not None or split.test.labels is None or split.train.labels is None:
        return ""
    low, high = wilson_interval(n // 2, n)
    held_out = "test_fraction" in type(experiment.data).model_fields
    parameter = ""
    if experiment.schedule.test_images:
        parameter = "schedule.test_images"
    elif held_out and n + len(split.train) > 2 * _FEWEST:
        parameter = "data.test_fraction"
    remedy = f"raise {parameter} to evaluate {_FEWEST} or more" if parameter else f"add {split.test.noun}s"
    return (
        f"Accuracy is measured on {n} {split.test.noun}s only, so it is uncertain by up to "
        f"± {50 * (high - low):.0f} percentage points; {remedy}."
    )


def _remedy(experiment: Experiment, graph: Graph, activity: Activity) -> str:
    """Return a clause with the observation and a remedy."""
    read, schedule = graph.populations[graph.read], experiment.schedule
    if graph.input and not activity.arrived:
        return f"no input spike arrived; {_more_input(experiment)}"
    if isinstance(experiment.stream, SpikeTimes) and experiment.stream.share_after(schedule.duration or 0.0) > 0.5:
        return f"most spikes come after its end; {_more_input(experiment)}"
    end, length = schedule.stimulus, "stimulus"
    if schedule.is_stream:
        end, length = 1e3 * (schedule.duration or 0.0), "duration"
    if graph.input and _first_arrival(graph) >= end:
        return (
            f"spikes need {_first_arrival(graph):g} ms from {graph.input} to {graph.read}; lower the delays, or raise "
            f"schedule.{length} ({end:g} ms)"
        )
    assert read.neuron is not None
    excitatory, inhibitory = read.neuron.sides[:2]
    into = {name: projection for name, projection in graph.projections.items() if projection.target == graph.read}
    for name, projection in into.items():
        source = projection.source
        if projection.receptor == inhibitory and source != graph.read and activity.others.get(source):
            return f"{source} fires and inhibits them; lower the weights of {name}{_weights(experiment, name)}"
    drive = next((name for name, projection in into.items() if projection.receptor == excitatory), "")
    owner = experiment.in_short(f"network.populations.{graph.read}.neuron")
    threshold = next((key for key in type(read.neuron).model_fields if "thresh" in key or key == "V_Trest"), "")
    lower = f"lower the threshold of {graph.read} ({owner}{f'.{threshold}' if threshold else ''})"
    remedy = f"raise the weights of {drive}{_weights(experiment, drive)} or {lower}" if drive else lower
    brake = next(
        (name for name, one in into.items() if one.receptor == inhibitory and one.source == graph.input != ""), ""
    )
    if brake:
        remedy = f"lower the weights of {brake}{_weights(experiment, brake)}, by which it inhibits them, {remedy}"
    rising = getattr(read.neuron, "theta_plus", 0) and activity.silent < activity.n
    return (
        f"the input is too weak for their thresholds; {remedy}"
        f"{f', or lower {owner}.theta_plus, by which a spike raises it' if rising else ''}"
    )


def _more_input(experiment: Experiment) -> str:
    """Return a clause with the parameter of the data or the encoder that yields input spikes."""
    data, encoding = experiment.data, experiment.encoding
    length = f"{experiment.schedule.stimulus:g} ms (schedule.stimulus)"
    if experiment.stream is not None:
        if "path" in type(data).model_fields:
            lasts = f"schedule.duration ({experiment.schedule.duration:g} s)"
            return f"times in data.path must be in seconds, and some of them within {lasts}"
        return f"raise the rate of the stream{_first_of(data, 'data', _STRENGTHS)}"
    if data.shows == "events":
        return f"times of events must be in seconds, and some of them within {length} from the start of a recording"
    if "threshold" in type(encoding).model_fields:
        return "lower encoding.threshold, or check that the signals change (stdpbench data show)"
    return (
        f"check that pictures are not empty (stdpbench data show), and raise the strength of the encoding"
        f"{_first_of(encoding, 'encoding', _STRENGTHS) or ' (encoding)'}"
    )


def _first_of(owner: Parameters, section: str, names: Collection[str]) -> str:
    parameter = next((name for name in names if name in type(owner).model_fields), "")
    return f" ({section}.{parameter})" if parameter else ""


def _weights(experiment: Experiment, name: str) -> str:
    """Return the path of the parameter for the strength of a projection, in brackets; empty if there is none."""
    projection = experiment.graph().projections[name]
    parameter = "normalise.value" if isinstance(projection.normalise, Sum | Norm) else "weight.value"
    if parameter == "weight.value" and "value" not in type(projection.weight).model_fields:
        return ""
    return f" ({experiment.in_short(f'network.projections.{name}.{parameter}')})"


def _first_arrival(graph: Graph) -> float:
    """Return the time that a spike needs from the input to the population that is read, in ms."""
    arrival = {graph.input: 0.0}
    for _ in graph.populations:
        for projection in graph.projections.values():
            if projection.source in arrival:
                delay = projection.delay.longest if projection.delay.form == "one" else 0.0
                time = arrival[projection.source] + delay
                arrival[projection.target] = min(arrival.get(projection.target, float("inf")), time)
    return arrival.get(graph.read, 0.0)
