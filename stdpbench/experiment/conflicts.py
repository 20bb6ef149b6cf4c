"""Conflicts between the sections of an experiment: one sentence each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stdpbench.base.errors import suggestion
from stdpbench.data.datasets import Source, datasets
from stdpbench.experiment.graph import Graph
from stdpbench.experiment.graph.checks import neural, problems
from stdpbench.experiment.references import Reference
from stdpbench.experiment.sections import Schedule, Stage
from stdpbench.experiment.templates import Parts, Template
from stdpbench.experiment.templates.paths import in_short
from stdpbench.kinds.delays import Delay
from stdpbench.kinds.encoding import Encoder, encoders
from stdpbench.kinds.streams import Stream

_MOST_BINS = 65_535  # a spike count must fit into 16 bits
_MOST_STEPS = 2**52  # counted in float64


def conflicts(
    network: Template, parts: Parts, data: Source, encoding: Encoder, schedule: Schedule, reference: Reference
) -> Iterator[str]:
    """Yield a sentence for each conflict between sections."""
    if isinstance(data, Stream) or schedule.is_stream:
        if reference.trains:
            yield "reference.kind must be 'none' with a stream, which has no labels"
        yield from _of_stream(network, parts, data, schedule)
        return
    if data.shows not in encoding.takes and not data.missing:
        yield _of_encoding(data, encoding)
        return
    dt = network.dt
    times = {"schedule.stimulus": schedule.stimulus, "schedule.rest": schedule.rest}
    uneven = [name for name, time in times.items() if abs(time / dt - round(time / dt)) > 1e-6]
    for name in uneven:
        yield f"{name} ({times[name]:g} ms) must be a whole number of steps of network.dt ({dt:g} ms)"
    if "schedule.stimulus" not in uneven and not 1 <= round(schedule.stimulus / dt) <= _MOST_BINS:
        yield f"schedule.stimulus ({schedule.stimulus:g} ms) must be 1 to {_MOST_BINS} steps of network.dt ({dt:g} ms)"
    graph = network.expand(parts)
    yield from _of_graph(network, parts, graph, schedule)
    if encoding.currents:
        yield from _of_currents(network, parts, graph)
    if encoding.graded:
        yield from _of_factors(network, parts, graph, getattr(encoding, "kind", ""))
    if reference.trains:
        for sentence in reference.problems(graph, encoding, round(schedule.stimulus / dt)):
            yield in_short(sentence, network, parts)
        if reference.file and schedule.passes:
            yield "schedule.passes must be 0 with reference.weights: the network of the file is not trained here"
        if reference.takes == "times" and schedule.timing != "intact":
            yield "schedule.timing must be 'intact' for this reference, which learns from spike times"
    last = schedule.max_attempts - 1 if encoding.stronger else 0
    n_rest = round(schedule.rest / dt) if schedule.between == "rest" else 0
    n_bins = round(schedule.stimulus / dt) - max(0, graph.input_delay_bins - n_rest)
    if problem := encoding.problem(255.0, last, n_bins, dt * 1e-3):
        yield problem


def _of_currents(network: Template, parts: Parts, graph: Graph) -> Iterator[str]:
    """Yield a sentence for each projection from the input that cannot pass on currents."""
    for name, projection in graph.projections.items():
        if projection.source != graph.input:
            continue
        where = f"network.projections.{name}"
        if projection.learns:
            learns = in_short(f"{where}.plasticity.kind", network, parts)
            yield (
                f"encoding.kind 'current' gives currents and no spikes, from which {learns} cannot learn; use an "
                "encoding with spikes"
            )
        elif projection.release is not None:
            yield f"{where}.release needs spikes, but encoding.kind 'current' gives currents; remove it"
        elif projection.longest_delay:
            yield f"{in_short(f'{where}.delay', network, parts)} cannot delay the currents of encoding.kind 'current'"


def _of_factors(network: Template, parts: Parts, graph: Graph, kind: str) -> Iterator[str]:
    """Yield a sentence for each projection from the input that cannot pass on spikes with factors."""
    spikes = f"spikes with factors, which encoding.kind {kind!r} gives here"
    for name, projection in graph.projections.items():
        if projection.source != graph.input:
            continue
        where, rule = f"network.projections.{name}", projection.plasticity
        if projection.connect.at_end:
            yield f"{in_short(f'{where}.connect.kind', network, parts)} 'others' cannot pass on {spikes}"
        elif projection.release is not None:
            yield f"{where}.release cannot pass on {spikes}; remove it, or use another encoding"
        elif rule is not None and rule.each_step:
            learns = in_short(f"{where}.plasticity.kind", network, parts)
            yield f"{learns} changes weights in every step, which it cannot do with {spikes}; use another encoding"


def _of_encoding(data: Source, encoding: Encoder) -> str:
    """Return the sentence for an encoder that cannot show the stimuli of the data."""
    stimuli = {"images": "pictures"}.get(data.shows, data.shows)
    possible = [repr(kind) for kind, cls in encoders.usable().items() if data.shows in cls.takes]
    choice = f"choose one of {', '.join(possible)}" if len(possible) > 1 else f"choose {possible[0]}"
    kinds = f"data.kind {getattr(data, 'kind', '')!r} gives {stimuli}"
    return f"{kinds}, which encoding.kind {getattr(encoding, 'kind', '')!r} cannot show; {choice}"


def _of_stream(network: Template, parts: Parts, data: Source, schedule: Schedule) -> Iterator[str]:
    """Yield a sentence for each conflict in an experiment with a stream."""
    kind = getattr(data, "kind", "")
    if not isinstance(data, Stream):
        kinds = ", ".join(repr(name) for name, cls in datasets.usable().items() if issubclass(cls, Stream))
        yield f"schedule.between = 'stream' needs data that are spikes ({kinds}), not the pictures of {kind!r}"
        return
    if not schedule.is_stream:
        yield f"schedule.between must be 'stream' with data.kind {kind!r}, which has no pictures"
        return
    dt = network.dt
    piece, duration = (schedule.piece or 0.0) * 1e3, (schedule.duration or 0.0) * 1e3
    if abs(piece / dt - round(piece / dt)) > 1e-6:
        yield f"schedule.piece ({piece:g} ms) must be a whole number of steps of network.dt ({dt:g} ms)"
    durations = {f"schedule.stages.{n}.duration": s.duration for n, s in enumerate(schedule.stages or (), 1)}
    for name, seconds in durations.items() or (("schedule.duration", schedule.duration),):
        n_pieces = (seconds or 0.0) * 1e3 / piece
        if abs(n_pieces - round(n_pieces)) > 1e-6 or n_pieces < 0.5:
            yield f"{name} ({seconds:g} s) must be a whole number of pieces (schedule.piece, {piece * 1e-3:g} s)"
    if duration / dt > _MOST_STEPS:
        yield f"schedule.duration must be below {_MOST_STEPS * dt * 1e-3:g} s"
    if problem := data.problem(dt * 1e-3):
        yield problem
    graph = replace(network.expand(parts), stream=True)
    if kind == "none" and graph.input:
        yield f"network.populations.{graph.input} has no neuron, but data.kind 'none' gives no spikes; give it one"
    elif kind != "none" and not graph.input:
        yield f"network.populations needs one without a neuron, which gets the spikes of data.kind {kind!r}"
    yield from _of_graph(network, parts, graph, schedule)


def _of_graph(network: Template, parts: Parts, graph: Graph, schedule: Schedule) -> Iterator[str]:
    """Yield a sentence for each error of the network and of the stages."""
    for sentence in _of_network(network, parts, graph, schedule):
        yield in_short(sentence, network, parts)
    for name in schedule.record_spikes:
        if name not in neural(graph.populations):
            known = suggestion(name, neural(graph.populations))
            yield f"schedule.record_spikes: there is no population with neurons {name!r}; {known}"
    for number, stage in enumerate(schedule.stages or (), 1):
        yield from _of_stage(f"schedule.stages.{number}.projections", stage, graph)


def _of_network(network: Template, parts: Parts, graph: Graph, schedule: Schedule) -> Iterator[str]:
    """Yield a sentence for each error of the network, with paths of the expanded one."""
    for name, projection in graph.projections.items():
        longest = projection.longest_delay
        if longest >= schedule.stimulus and longest > graph.dt and not graph.stream:
            path = f"network.projections.{name}.delay{_of_longest(projection.delay)}"
            if longest > projection.delay.longest:
                path = f"network.projections.{name}.delay_plasticity.d_max"
            yield f"{path} must be shorter than schedule.stimulus"
    of_template = list(network.conflicts(parts))
    yield from of_template or problems(graph)


def _of_stage(path: str, stage: Stage, graph: Graph) -> Iterator[str]:
    learning = f"those that learn are {', '.join(graph.plastic) or 'none'}"
    if not stage.projections:
        yield f"{path} must name at least one projection; {learning}"
    for name in stage.projections:
        if name not in graph.projections:
            yield f"{path}: there is no projection {name!r}; {suggestion(name, graph.plastic)}"
        elif name not in graph.plastic:
            yield f"{path}: the projection {name!r} does not learn; {learning}"


def _of_longest(delay: Delay) -> str:
    """Return the last part of the path of the parameter that sets the longest delay."""
    return next((f".{p.name}" for p in delay.describe() if getattr(delay, p.name) == delay.longest), "")
