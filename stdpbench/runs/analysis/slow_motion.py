"""Reconstruct one presentation for one neuron from frames, for slow motion and the inspector.

Frames contain spikes, the weights at the end and, if requested, time courses. Traces and weights during the
presentation are recomputed (`stdpbench.kinds.plasticity.replay`); the assumptions are listed as remarks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import scientific
from stdpbench.data.stimuli import StimulusSet
from stdpbench.declare.learned_names import delays_in, listed, weights_of
from stdpbench.engine.network import Layout, connected, delays_of
from stdpbench.experiment import Experiment, encode
from stdpbench.experiment.graph import Graph, Projection
from stdpbench.experiment.learning import same_kind
from stdpbench.experiment.templates.brian2 import FileRule
from stdpbench.kinds.neurons.threshold import threshold_course
from stdpbench.kinds.plasticity import PlasticityRule, Trace
from stdpbench.kinds.plasticity.replay import ReceivedSpikes, Replay, replay, weights_before
from stdpbench.runs.analysis.frame_spikes import Pairs, spikes_in
from stdpbench.runs.analysis.shown_stimulus import factors_sentence
from stdpbench.runs.analysis.weight_views import spread
from stdpbench.runs.protocol.changes import changes_rule
from stdpbench.runs.protocol.live_run import LiveRun

_AGREES = 1e-5  # tolerance, since weights in frames are float32
_LASTS = 3  # number of time constants after which a trace is small
_NEGLIGIBLE = 1e-3  # remaining fraction of a trace

Frame = Mapping[str, Any]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Courses:
    """Time courses of one neuron, at the end of each step.

    Attributes
    ----------
    v, threshold : ndarray, float64, (n_bins,)
        Membrane potential and spike threshold, in `unit`; the threshold is empty if it is not of the form v > ….
    ge, gi : ndarray, float64, (n_bins,)
        Excitation and inhibition: conductances in units of the leak, or the input in each step for neurons without
        units.
    unit : str
        ``"mV"``, or empty for neurons without units.
    """

    v: Floats
    threshold: Floats
    ge: Floats
    gi: Floats
    unit: str = "mV"


@dataclass(frozen=True, eq=False)
class SlowMotion:
    """One presentation of a run, and a projection onto one neuron.

    Attributes
    ----------
    projection, source, target : str
        Names of the projection and of its populations.
    presentation, image, attempts, neuron : int
        Indices of presentation (from 0) and picture, number of attempts, and index of the neuron in the target.
    dt : float
        Time step in ms.
    n_bins, stimulus_bins : int
        Numbers of time steps in total and during the stimulus.
    source_spikes, target_spikes : tuple of ndarray, int32
        Spikes of all neurons of the source and of the target as (index, bin).
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
    n_source : int
        Number of neurons of the source.
    sources : ndarray, int, (n_synapses,)
        Source neuron of each replayed synapse, ascending.
    connected : ndarray of bool, or None
        Which of the replayed synapses exist; None: all.
    delays : int or ndarray, int32, (n_synapses,)
        Axonal delays of the replayed synapses in steps: from a spike of the source to its arrival.
    source_factor : ndarray, float64 or float32, or None
        Factors of the spikes of the source, if it is the input and its spikes are graded.
    """

    projection: str
    source: str
    target: str
    presentation: int
    image: int
    attempts: int
    neuron: int
    dt: float
    n_bins: int
    stimulus_bins: int
    source_spikes: Pairs
    target_spikes: Pairs
    output: NDArray[np.integer[Any]]
    traces: tuple[Trace, ...]
    replay: Replay
    courses: Courses | None
    remarks: tuple[str, ...]
    n_source: int
    sources: NDArray[np.integer[Any]]
    connected: NDArray[np.bool_] | None = None
    delays: int | NDArray[np.int32] = 0
    source_factor: NDArray[np.float64 | np.float32] | None = None

    def arrivals(self) -> NDArray[np.float64]:
        """Return the step in which each spike of the source arrives at the neuron, float64; NaN if it does not arrive.

        If there are several synapses between the same neurons, the first one counts.
        """
        late = np.full(max(self.n_source, 1), np.nan)
        existing = slice(None) if self.connected is None else self.connected
        delays = np.broadcast_to(np.asarray(self.delays), self.sources.shape)
        late[self.sources[existing][::-1]] = delays[existing][::-1]
        index, bins = self.source_spikes
        return np.asarray(bins + late[index], np.float64)

    def synapses_from(self, neuron: int) -> NDArray[np.int64]:
        """Return the numbers in `replay` of the synapses from a neuron of the source; there may be several or none."""
        first, after = (int(np.searchsorted(self.sources, neuron, side)) for side in ("left", "right"))
        numbers = np.arange(first, after, dtype=np.int64)
        return numbers if self.connected is None else numbers[self.connected[first:after]]

    def per_source(self, values: Floats) -> NDArray[np.float32]:
        """Return the sum of values of synapses for each source neuron, (n_source,); NaN without a synapse."""
        existing = slice(None) if self.connected is None else self.connected
        return spread(self.sources[existing], values[existing], self.n_source)


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


def with_input(frame: Mapping[str, Any], live: LiveRun, stimuli: StimulusSet) -> Mapping[str, Any]:
    """Return a frame ``presentation`` of a history with its input spikes, which are encoded again.

    Parameters
    ----------
    frame : mapping
        The frame, of a training presentation.
    live : LiveRun
        The run.
    stimuli : StimulusSet
        Its training stimuli.
    """
    experiment = experiment_at(live, frame["presentation"])
    graph, changed = experiment.graph(), experiment.schedule.timing != "intact"
    if graph.stream or not graph.input or changed:  # spikes of a stream are stored; a control needs all stimuli
        return frame
    number, attempt = frame["presentation"], frame["attempts"] - 1
    spikes = encode(experiment, stimuli, "train", number, attempt, frame["image"])
    factor = {} if spikes.factor is None else {"input_factor": spikes.factor}
    return {**frame, "spikes": {graph.input: (spikes.index, spikes.bin)}, **factor}


def rule_starts(live: LiveRun, presentation: int, projection: str = "") -> bool:
    """Return whether the rule of a projection became active in this presentation, so that its traces start at 0.

    The default projection is `Graph.shown`.
    """
    if not any(position == presentation and changes_rule(change) for position, change in live.changes):
        return False
    new = _rule(experiment_at(live, presentation).graph(), projection)
    old = _rule(experiment_at(live, presentation - 1).graph(), projection)
    return not same_kind(new, old)


def courses_of(experiment: Experiment, frame: Frame, neuron: int, population: str = "") -> Courses | None:
    """Return the recorded time courses of a neuron in a frame of ``presentation``; None if there are none.

    The default population is the one that is read.
    """
    graph, recording = experiment.graph(), frame.get("recording")
    population = population or graph.read
    if recording is None or "v" not in recording or recording.get("population", graph.read) != population:
        return None
    places = np.flatnonzero(recording["neurons"] == neuron)
    if not len(places):
        return None
    place = int(places[0])
    neuron_model, silent = graph.populations[population].neuron, np.zeros(len(recording["v"]))
    assert neuron_model is not None
    # conductances without projections, and thresholds that do not adapt, are not recorded
    names = ("theta", *neuron_model.sides)
    theta, ge, gi = (recording[name][:, place] if name in recording else silent for name in names)
    factor, unit = neuron_model.shown_as("v")
    try:
        threshold = threshold_course(neuron_model, theta) * factor
    except StdpbenchError:
        threshold = np.empty(0)
    return Courses(recording["v"][:, place] * factor, threshold, ge.copy(), gi.copy(), unit)


def slow_motion(
    experiment: Experiment,
    frame: Frame,
    network: Frame,
    neuron: int,
    *,
    earlier: Frame,
    before: Frame,
    rule_starts: bool = False,
    projection: str = "",
    shape: tuple[int, ...] = (),
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
        Index of the neuron in the target of the projection.
    earlier, before : mapping
        Earlier frames of ``presentation`` and ``network``, used if they are from the preceding presentation; may be
        empty.
    rule_starts : bool
        Whether the rule became active in this presentation; see `rule_starts`.
    projection : str
        Name of the projection whose weights are replayed; default: `Graph.shown`.
    shape : tuple of int
        Shape of the input of the run. Needed for synapses from the input that are not all to all, unless the
        experiment defines it.

    Raises
    ------
    StdpbenchError
        If the weights belong to another presentation, the projection does not learn in it, or its rule cannot be
        replayed.
    """
    graph = experiment.graph()
    projection = projection or graph.shown
    rule = _rule(graph, projection)
    if network.get("position") != frame["position"]:
        raise StdpbenchError("the weights belong to a later presentation; pause the run, so that both match")
    if projection not in frame.get("plastic", (projection,)):
        raise StdpbenchError(
            f"{projection} does not learn in this stage of the training, so its weights do not change"
        )
    number, dt = frame["presentation"], graph.dt * 1e-3
    if problem := not_replayed(graph, graph.projections[projection]):
        raise StdpbenchError(problem)
    learned = np.asarray(network["learned"][weights_of(projection)])
    synapses = _Synapses.of(experiment, projection, neuron, len(learned), shape)
    after = synapses.weights(network)
    follows = frame["attempts"] == 1 and earlier.get("presentation") == number - 1
    delays_after = graph.projections[projection].delay_plasticity is not None
    if delays_after:
        delays_after = not (before.get("position") == number and frame["attempts"] == 1)
        synapses = synapses.with_delays(network if delays_after else before)
    spikes = synapses.received(frame, earlier if follows else {})
    traces, remarks = _traces_at_start(experiment, rule, synapses, frame, {} if rule_starts else earlier)
    if rule_starts and frame["attempts"] == 1:
        remarks = ["The rule is active from this presentation on: its traces start at 0."]
    factor = frame.get("input_factor") if synapses.source == graph.input else None
    if factor is not None and len(factor):
        remarks.append(f"{factors_sentence(factor)} The rule ignores these factors.")
    if synapses.delayed and not follows and not (experiment.schedule.between == "reset" or _first(frame)):
        remarks.append("Spikes that were in flight at the start are unknown.")
    if delays_after:
        remarks.append("Delays are those after the presentation, since those during it are unknown.")
    replayed = None
    if before.get("position") == number and frame["attempts"] == 1:
        w = synapses.weights(before)
        scaling = graph.projections[projection].normalise
        if scaling is not None:
            scaling.apply(w[:, None])
        replayed = replay(rule, dt, spikes, w, traces, synapses.connected)
        off = float(np.abs(replayed.end - after).max(initial=0.0))
        if off > _AGREES * max(1.0, float(np.abs(after).max(initial=0.0))):
            replayed = None
        else:
            remarks.append(f"The replayed weights agree with those of the run at the end, to {scientific(off, 1)}.")
    if replayed is None:
        replayed, off = weights_before(rule, dt, spikes, after, traces, synapses.connected)
        remarks.append(
            "Weights at the start are computed backwards from those at the end"
            + (f", and reproduce them only to {scientific(off, 1)}." if off > _AGREES else ".")
        )
    return SlowMotion(
        projection,
        synapses.source,
        synapses.target,
        number,
        frame["image"],
        frame["attempts"],
        neuron,
        graph.dt,
        frame["n_bins"],
        frame["stimulus_bins"],
        spikes_in(frame, synapses.source),
        spikes_in(frame, synapses.target),
        spikes.output,
        rule.traces,
        replayed,
        courses_of(experiment, frame, neuron, synapses.target),
        tuple(remarks),
        synapses.n_source,
        synapses.origins,
        synapses.connected,
        synapses.delays,
        factor,
    )


def not_replayed(graph: Graph, projection: Projection) -> str:
    """Return why changes of weights by a rule cannot be computed from recorded spikes; empty if they can."""
    if projection.shared:
        return f"weights that all places of {projection.target} share cannot be replayed for one neuron"
    if graph.populations[projection.target].learning_spikes:
        return f"weights that learn at the first spikes of {projection.target} only are not replayed"
    rule = projection.plasticity
    if isinstance(rule, FileRule):
        return "this rule cannot be replayed: only the file that builds the network has it"
    names = "" if rule is None else ", ".join([*(a.name for a in rule.averages), *rule.synapse_variables])
    return f"this rule cannot be replayed: it depends on {names}, which is not recorded" if names else ""


def _rule(graph: Graph, projection: str) -> PlasticityRule:
    projection = projection or graph.shown
    rule = graph.projections[projection].plasticity if projection in graph.projections else None
    if rule is None:
        able = [name for name in graph.plastic if graph.projections[name].plasticity is not None]
        problem = f"{listed(able)} can" if able else "no weights of this network learn"
        raise StdpbenchError(f"slow motion replays the weights of a plastic projection; {problem}")
    return rule


def _first(frame: Frame) -> bool:
    """Return whether the network was in the reset state before the presentation in a frame."""
    return bool(frame["attempts"] == 1 and frame["presentation"] == 0)


@dataclass(frozen=True, eq=False)
class _Synapses:
    """The synapses of a projection onto one neuron.

    Attributes
    ----------
    graph : Graph
        The network.
    projection, source, target : str
        Names of the projection and of its populations.
    neuron : int
        Index of the neuron in the target.
    single : bool
        Whether there is only one synapse, from the source neuron of the same index.
    delays : int or ndarray, int32
        Delays in steps.
    connected : ndarray of bool, or None
        Which source neurons are connected to the neuron; None: all.
    sources, numbers : ndarray, int32, or None
        For a sparse projection, source and number of each synapse, ascending.
    """

    graph: Graph
    projection: str
    source: str
    target: str
    neuron: int
    single: bool
    delays: int | NDArray[np.int32]
    connected: NDArray[np.bool_] | None
    sources: NDArray[np.int32] | None = None
    numbers: NDArray[np.int32] | None = None

    @classmethod
    def of(
        cls, experiment: Experiment, projection: str, neuron: int, n_source: int, shape: tuple[int, ...]
    ) -> _Synapses:
        """Find delays and connections."""
        graph = experiment.graph(*shape)
        source, target = graph.projections[projection].source, graph.projections[projection].target
        if source == graph.input and not graph.is_sparse(projection):
            graph = graph.with_input(n_source)
        elif source == graph.input and not graph.populations[source].shape:
            raise StdpbenchError(
                f"slow motion of {projection} needs the shape of the input, which the experiment does not define: set "
                f"network.populations.{source}.shape, for example to [28, 28]"
            )
        layout = Layout(graph).projections[projection]
        if layout.sparse:
            first, numbers, sources = layout.synapses.incoming
            selected = slice(first[neuron], first[neuron + 1])
            bins = delays_of(graph, projection)[numbers[selected]] if layout.delays_differ else layout.delay_bins
            return cls(
                graph, projection, source, target, neuron, False, bins, None, sources[selected], numbers[selected]
            )
        single = not layout.dense
        delays: int | NDArray[np.int32] = layout.delay_bins
        if layout.delays_differ:
            drawn = delays_of(graph, projection)
            delays = drawn[neuron : neuron + 1] if single else drawn[:, neuron]
        reached = connected(layout)[:, neuron] if layout.at_end else None
        return cls(graph, projection, source, target, neuron, single, delays, reached)

    @property
    def delayed(self) -> bool:
        """Whether spikes may be in flight between two presentations; input spikes only in a stream."""
        return (self.graph.stream or self.source != self.graph.input) and bool(np.any(self.delays))

    @property
    def n_source(self) -> int:
        """Number of neurons of the source."""
        return self.graph.populations[self.source].size

    @property
    def origins(self) -> NDArray[np.integer[Any]]:
        """Source neuron of each replayed synapse."""
        if self.sources is not None:
            return self.sources
        return np.array([self.neuron]) if self.single else np.arange(self.n_source)

    @property
    def n(self) -> int:
        """Number of replayed synapses."""
        return len(self.origins)

    def weights(self, network: Frame) -> Floats:
        """Return their weights in a frame of ``network``, as float64."""
        return self._select(network["learned"][weights_of(self.projection)])

    def with_delays(self, network: Frame) -> _Synapses:
        """Return these synapses with the learned delays in a frame of ``network``."""
        delays = self._select(network["learned"][delays_in(self.projection)])
        return replace(self, delays=np.rint(delays / (self.graph.dt * 1e-3)).astype(np.int32))

    def _select(self, values: NDArray[np.floating[Any]]) -> Floats:
        if self.numbers is not None:
            return np.array(values[self.numbers], np.float64)
        selected = values[self.neuron : self.neuron + 1] if self.single else values[:, self.neuron]
        return np.array(selected, np.float64)

    def received(self, frame: Frame, earlier: Frame) -> ReceivedSpikes:
        """Return the spikes that arrive in a presentation, including those in flight from the preceding one."""
        index, bins = spikes_in(frame, self.source)
        if earlier and self.delayed:
            past = spikes_in(earlier, self.source)
            index = np.concatenate([past[0], index])
            bins = np.concatenate([past[1] - earlier["n_bins"], bins])
        if self.single:
            of_neuron = index == self.neuron
            index, bins = np.zeros(int(of_neuron.sum()), np.int32), bins[of_neuron]
        if self.sources is not None:  # a spike arrives at each synapse of its neuron
            first, after = (np.searchsorted(self.sources, index, side) for side in ("left", "right"))
            counts = after - first
            within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
            index, bins = (np.repeat(first, counts) + within).astype(np.int32), np.repeat(bins, counts)
        targets, times = spikes_in(frame, self.target)
        return ReceivedSpikes.of(frame["n_bins"], index, bins, times[targets == self.neuron], self.delays)


def _traces_at_start(
    experiment: Experiment, rule: PlasticityRule, synapses: _Synapses, frame: Frame, earlier: Frame
) -> tuple[dict[str, Any], list[str]]:
    """Return the traces at the start of a presentation, and remarks about them."""
    number, dt = frame["presentation"], synapses.graph.dt
    if experiment.schedule.between == "reset" or _first(frame):
        return {}, []
    slowest = max((rule.quantities()[trace.tau] * 1e3 for trace in rule.traces), default=0.0)
    learned = synapses.projection in earlier.get("plastic", (synapses.projection,))
    if frame["attempts"] == 1 and earlier.get("presentation") == number - 1 and learned:
        spikes = synapses.received(earlier, {})
        past = replay(rule, dt * 1e-3, spikes, np.zeros(synapses.n), connected=synapses.connected)
        remaining = np.exp(-spikes.n_bins * dt / slowest) if slowest else 0.0
        assumption = "" if remaining < _NEGLIGIBLE else ", assuming that they were 0 at its start"
        return past.traces_end, [
            f"Traces start with their values at the end of the preceding presentation{assumption}."
        ]
    return {}, [
        f"Traces at the start are unknown and assumed to be 0, which may be wrong for {_LASTS * slowest:.0f} ms."
    ]
