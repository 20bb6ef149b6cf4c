"""One presentation from the point of view of one exc neuron, reconstructed from frames for slow motion and inspector.

Frames contain spikes, the weights at the end and, if requested, time courses. Traces and weights during the
presentation are recomputed (`stdpbench.plasticity.replay`); the assumptions made are listed as remarks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.learned_names import SHOWN_PROJECTION, weights_of
from stdpbench.network import projection_delays
from stdpbench.neurons.threshold import threshold_course
from stdpbench.plasticity import Trace
from stdpbench.plasticity.replay import Heard, Replay, replay, weights_before
from stdpbench.runs.protocol.changes import changes_rule
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.templates.diehl_cook import Network

_WEIGHTS = weights_of(SHOWN_PROJECTION)  # replayed with the rule of the experiment
_AGREES = 1e-5  # frames hold weights as float32
_LASTS = 3  # time constants after which a trace is small
_NEGLIGIBLE = 1e-3  # remaining fraction of a trace

Frame = Mapping[str, Any]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Courses:
    """Time courses of one neuron, at the end of each step.

    Attributes
    ----------
    v, threshold : ndarray, float64, (n_bins,), mV
        Membrane potential and spike threshold.
    ge, gi : ndarray, float64, (n_bins,), in units of the leak
        Conductances.
    """

    v: Floats
    threshold: Floats
    ge: Floats
    gi: Floats


@dataclass(frozen=True, eq=False)
class SlowMotion:
    """One presentation of a run and one neuron.

    Attributes
    ----------
    presentation, image, attempts, neuron : int
        Indices of presentation (from 0) and picture, number of attempts, and index of the exc neuron.
    dt : float
        Time step in ms.
    n_bins, stimulus_bins : int
        Numbers of time steps in total and during the stimulus.
    input, exc : tuple of ndarray, int32
        Spikes of all input and exc neurons as (index, bin).
    output : ndarray, int32
        Time steps in which the neuron spikes.
    traces : tuple of Trace
        Traces of the rule.
    replay : Replay
        Recomputed traces and weights.
    courses : Courses or None
        Recorded time courses; None if they were not recorded.
    remarks : tuple of str
        Sentences about assumptions and their accuracy.
    """

    presentation: int
    image: int
    attempts: int
    neuron: int
    dt: float
    n_bins: int
    stimulus_bins: int
    input: tuple[NDArray[np.int32], NDArray[np.int32]]
    exc: tuple[NDArray[np.int32], NDArray[np.int32]]
    output: NDArray[np.integer[Any]]
    traces: tuple[Trace, ...]
    replay: Replay
    courses: Courses | None
    remarks: tuple[str, ...]


def step_ends(n_bins: int, dt: float) -> Floats:
    """Return the end of each time step from the start of the presentation, in the unit of `dt`: float64, (n_bins,)."""
    ends: Floats = np.arange(1, n_bins + 1, dtype=np.float64) * dt
    return ends


def experiment_at(live: LiveRun, presentation: int) -> Experiment:
    """Return the experiment with the parameters that were active in a training presentation.

    Raises
    ------
    StdpbenchError
        If the network is not ready yet.
    """
    changes = [change for change in live.changes if change[0] <= presentation]
    parameters = replace(live, changes=changes).parameters()
    if not parameters:
        raise StdpbenchError("the network is not ready yet")
    return Experiment.from_mapping(parameters)


def rule_starts(live: LiveRun, presentation: int) -> bool:
    """Whether the rule became active in this presentation, so that its traces start in the reset state."""
    changed = any(at == presentation and changes_rule(change) for at, change in live.changes)
    return changed and not experiment_at(live, presentation).same_rule(experiment_at(live, presentation - 1))


def courses_of(experiment: Experiment, frame: Frame, neuron: int) -> Courses | None:
    """Return the recorded time courses of a neuron in a frame of ``presentation``; None if there are none."""
    recording = frame.get("recording")
    if recording is None:
        return None
    places = np.flatnonzero(recording["neurons"] == neuron)
    if not len(places):
        return None
    place = int(places[0])
    graph = experiment.graph()
    neuron_model, silent = graph.populations[graph.read].neuron, np.zeros(len(recording["v"]))
    assert neuron_model is not None
    # a conductance that no projection acts on, or a threshold that does not adapt, is not recorded
    theta, ge, gi = (recording[name][:, place] if name in recording else silent for name in ("theta", "ge", "gi"))
    return Courses(recording["v"][:, place] * 1e3, threshold_course(neuron_model, theta) * 1e3, ge.copy(), gi.copy())


def slow_motion(
    experiment: Experiment,
    frame: Frame,
    network: Frame,
    neuron: int,
    *,
    earlier: Frame,
    before: Frame,
    rule_starts: bool = False,
) -> SlowMotion:
    """Reconstruct one presentation.

    Parameters
    ----------
    experiment : Experiment
        Experiment with the parameters that were active; see `experiment_at`.
    frame : mapping
        The frame of ``presentation``.
    network : mapping
        The frame of ``network`` immediately after it.
    neuron : int
        Index of the exc neuron.
    earlier, before : mapping
        Earlier frames of ``presentation`` and ``network``, used if they are from the preceding presentation. May be
        empty.
    rule_starts : bool
        Whether the rule became active in this presentation; see `rule_starts`.

    Raises
    ------
    StdpbenchError
        If the weights belong to another presentation, or the rule cannot be replayed.
    """
    if not isinstance(experiment.network, Network):
        raise StdpbenchError("slow motion can replay the weights of networks of kind diehl-cook only")
    if network.get("position") != frame["position"]:
        raise StdpbenchError("the weights belong to a later presentation; pause the run, so that both match")
    number, rule, dt = frame["presentation"], experiment.plasticity, experiment.network.dt * 1e-3
    if rule.averages or rule.synapse_variables:
        names = ", ".join([*(average.name for average in rule.averages), *rule.synapse_variables])
        raise StdpbenchError(f"this rule cannot be replayed: it depends on {names}, which is not recorded")
    after = network["learned"][_WEIGHTS][:, neuron].astype(np.float64)
    spikes = _received_spikes(experiment, frame, neuron, len(after))
    traces, remarks = _traces_at_start(experiment, frame, {} if rule_starts else earlier, neuron, len(after))
    if rule_starts and frame["attempts"] == 1:
        remarks = ["The rule is active from this presentation on: its traces start at 0."]
    made = None
    if before.get("position") == number and frame["attempts"] == 1:
        w = before["learned"][_WEIGHTS][:, neuron].astype(np.float64)
        if experiment.network.weight_sum is not None and w.sum() > 0:
            w *= experiment.network.weight_sum / w.sum()
        made = replay(rule, dt, spikes, w, traces)
        off = float(np.abs(made.end - after).max())
        if off > _AGREES:
            made = None
        else:
            remarks.append(f"The replayed weights agree with those of the run at the end, to {off:.0e}.")
    if made is None:
        made, off = weights_before(rule, dt, spikes, after, traces)
        remarks.append(
            "Weights at the start are computed backwards from those at the end"
            + (f", and reproduce them only to {off:.0e}." if off > _AGREES else ".")
        )
    return SlowMotion(
        number,
        frame["image"],
        frame["attempts"],
        neuron,
        experiment.network.dt,
        frame["n_bins"],
        experiment.stimulus_bins,
        frame["input"],
        frame["exc"],
        spikes.output,
        rule.traces,
        made,
        courses_of(experiment, frame, neuron),
        tuple(remarks),
    )


def _received_spikes(experiment: Experiment, frame: Frame, neuron: int, n_input: int) -> Heard:
    network = experiment.network
    delays: int | NDArray[np.int32] = 0
    if network.delays == "homogeneous":
        delays = round(network.max_delay / network.dt)
    elif network.delays == "uniform":
        delays = projection_delays(experiment.graph(n_input), experiment.seed)["feed"][:, neuron]
    index, bins = frame["exc"]
    input_index, input_bins = frame["input"]
    return Heard.of(frame["n_bins"], input_index, input_bins, bins[index == neuron], delays)


def _traces_at_start(
    experiment: Experiment, frame: Frame, earlier: Frame, neuron: int, n_input: int
) -> tuple[dict[str, Any], list[str]]:
    """Return the traces at the start of a presentation, and remarks about them."""
    number, rule = frame["presentation"], experiment.plasticity
    first = frame["attempts"] == 1
    if experiment.schedule.between == "reset" or (first and number == 0):
        return {}, []
    slowest = max((rule.quantities()[trace.tau] * 1e3 for trace in rule.traces), default=0.0)
    if first and earlier.get("presentation") == number - 1:
        spikes = _received_spikes(experiment, earlier, neuron, n_input)
        past = replay(rule, experiment.network.dt * 1e-3, spikes, np.zeros(n_input))
        remaining = np.exp(-spikes.n_bins * experiment.network.dt / slowest) if slowest else 0.0
        assumption = "" if remaining < _NEGLIGIBLE else ", assuming that they were 0 at its start"
        return past.traces_end, [
            f"Traces start with their values at the end of the preceding presentation{assumption}."
        ]
    return {}, [
        f"Traces at the start are unknown and assumed to be 0, which may be wrong for {_LASTS * slowest:.0f} ms."
    ]
