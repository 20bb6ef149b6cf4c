"""A plain Brian2 script of a network: what its training does, for readers, reviewers and teaching.

The text needs brian2 and numpy only. It is written from the graph alone; neither the engine nor Brian2 is imported.
"""

from __future__ import annotations

import builtins
import json
import keyword
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from textwrap import dedent, indent
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import Parameters
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.kinds.connections.others import Others
from stdpbench.kinds.delay_plasticity import DelayRule
from stdpbench.kinds.neurons import Neuron
from stdpbench.kinds.normalisations.norm import Norm
from stdpbench.kinds.normalisations.sum import Sum
from stdpbench.kinds.plasticity import PlasticityRule, Trace

_UNITS = {"ms": "ms", "s": "second", "mV": "mV", "V": "volt", "Hz": "Hz", "pA": "pA", "pF": "pF", "nS": "nS"}
_WIDTH = 90  # characters of a mapping on one line
_TAKEN = {
    *keyword.kwlist,
    *dir(builtins),
    "np",
    "b2",
    "Path",
    "data",
    "network",
    "monitors",
    "time_step",
    *_UNITS.values(),
}

_OWN, _SIZE = "\1", "\2"
"""Stand for the name and the size of a population in lines that several may share."""

_EXACT = """# By default, -ffast-math may reorder sums; here rounding can decide which neuron fires first.
b2.prefs.codegen.cpp.extra_compile_args_gcc = ["-w", "-O3", "-march=native"]"""
_IN_ORDER = """# Synapses share weights: their events act one after the other, in the order of the neurons.
b2.BrianLogger.suppress_hierarchy("brian2.codegen.generators.base")"""


@dataclass(frozen=True)
class Shown:
    """What a script presents, and what happens between two presentations.

    Attributes
    ----------
    title : str
        One line about the network.
    origin : str
        Where the script comes from, as a sentence.
    arrays : str
        Name of the file with the arrays.
    plastic : frozenset of str
        Projections that learn.
    decays : mapping of str to float or None
        Factor of slow variables after each presentation, by ``"population.variable"``; None: it is in the file.
    reset : bool
        Whether the state of neurons and traces is reset after each presentation.
    noises : mapping of str to int
        Number of sources of the noise into each population that has it: a multiple of its neurons.
    every : mapping of str to int
        Number of presentations between two updates of the weights of projections whose rule acts periodically.
    """

    title: str
    origin: str
    arrays: str
    plastic: frozenset[str]
    decays: Mapping[str, float | None]
    reset: bool
    noises: Mapping[str, int]
    every: Mapping[str, int]


def unsupported(graph: Graph, plastic: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each part of a network that a plain script cannot express."""
    if graph.file is not None:
        yield f"{graph.file.name} builds the network, and is such a script already, without data and normalisation"
        return
    for name, population in graph.populations.items():
        if population.learning_spikes:
            yield f"only the first spikes of {name} in a presentation change weights"
    for name, projection in graph.projections.items():
        if projection.release is not None:
            yield f"{name} has short-term plasticity"
    for name in plastic:
        projection = graph.projections[name]
        rule = projection.plasticity
        if projection.spreads and projection.delay.form == "each":
            yield f"a trace of {name} spreads to neighbouring inputs, and delays differ"
        if rule is not None and rule.protocol_variables:
            yield f"the rule of {name} has variables that only protocols set"


def script(graph: Graph, weights: Mapping[str, NDArray[Any]], shown: Shown) -> str:
    """Return the script of a network.

    Parameters
    ----------
    graph : Graph
        The network, with the shape of its input.
    weights : mapping of str to ndarray
        Start weights by projection: in the shape of its weights, or one number for all.
    shown : Shown
        Presentations, and what learns.

    The network must have nothing `unsupported`.
    """
    return _Script(graph, weights, shown).text()


class _Script:
    def __init__(self, graph: Graph, weights: Mapping[str, NDArray[Any]], shown: Shown) -> None:
        self._graph, self._weights, self._shown = graph, weights, shown
        self._rules = {
            name: rule
            for name, projection in graph.projections.items()
            if name in shown.plastic and (rule := projection.plasticity) is not None
        }
        self._delays = {
            name: delays
            for name, projection in graph.projections.items()
            if name in shown.plastic and (delays := projection.delay_plasticity) is not None
        }
        self._objects: list[str] = []  # names of those that are not populations or projections
        self._inputs = {graph.input: _variable(graph.input)} if graph.input else dict[str, str]()

    def text(self) -> str:
        graph, shown = self._graph, self._shown
        parts = [*self._populations()]
        parts += [self._projection(at, name, each) for at, (name, each) in enumerate(graph.projections.items())]
        parts += [self._between(), self._loop()]
        body = "\n\n".join(part for part in parts if part)
        body = re.sub(r"\n+(?=monitors = |(?:(?<!order=1\)\n))def |@b2)", "\n\n\n", body)
        units = sorted(unit for unit in set(_UNITS.values()) if re.search(rf"\* {unit}\b", body))
        head = f'"""{shown.title}\n\n{shown.origin}\n"""\n'
        imports = "from pathlib import Path\n\nimport brian2 as b2\nimport numpy as np\n"
        imports += f"from brian2 import {', '.join(units)}"
        start = f"data = dict(np.load(Path(__file__).with_name({_quoted(shown.arrays)})))\n"
        start += f"b2.defaultclock.dt = time_step = {graph.dt!r} * ms"
        if any(population.winner != "none" for population in graph.populations.values()):
            start += f"\n{_EXACT}"
        if any(graph.projections[name].shared for name in self._rules):
            start += f"\n{_IN_ORDER}"
        return f"{head}\n{imports}\n\n{start}\n\n{body}\n"

    # -- populations

    def _populations(self) -> Iterator[str]:
        alike = dict[tuple[str, str], list[str]]()
        for name, population in self._graph.populations.items():
            if population.neuron is None:
                shape = " x ".join(map(str, population.shape))
                yield (
                    f"# The input, {shape}, row by row: the spikes of each presentation are set below.\n"
                    f"{_variable(name)} = b2.SpikeGeneratorGroup({population.size}, [], [] * ms)"
                )
            else:
                alike.setdefault(self._neurons(name, population, population.neuron), []).append(name)
        for (about, text), names in alike.items():
            own, sizes = [*map(_variable, names)], [self._graph.populations[name].size for name in names]
            function, made = "", text.replace(_OWN, own[0]).replace(_SIZE, str(sizes[0]))
            if len(names) > 1:
                body = indent(text.replace(_OWN, "neurons").replace(_SIZE, "n"), "    ")
                function = f"def {own[0]}_neurons(n):\n{body}\n    return neurons\n\n\n"
                made = f"{', '.join(own)} = ({own[0]}_neurons(n) for n in {tuple(sizes)})"
            more = [line for name in names for each in (self._noise, self._winner) for line in each(name)]
            yield function + "\n".join([f"# {', '.join(names)}: {about}", made, *more])

    def _neurons(self, name: str, population: Population, neuron: Neuron) -> tuple[str, str]:
        """Return what neurons are, and lines that make them; populations with the same lines are made together."""
        own, values, shared = _OWN, neuron.quantities(), population.share == "unit"
        update, constants = neuron.update, self._constants(neuron)
        for conductance, tau in neuron.conductances:
            factor = f"(1 - dt/{tau})" if self._graph.conductance_step == "euler" else f"exp(-dt/{tau})"
            update += f"\n{conductance} *= {factor}"
        if any(self._graph.projections[each].target == name for each in self._shown.plastic):
            slow = [v.name for v in neuron.variables if v.slow and f"tau_{v.name}" in values]
            update += "".join(f"\n{v} *= exp(-dt/tau_{v})" for v in slow if self._graph.stream)
        else:
            for parameter in neuron.learning:  # nothing that reaches the population learns
                constants[parameter] = f"0 * {_unit(neuron, parameter)}" if _unit(neuron, parameter) else "0"
        model, lines = list[str](), list[str]()
        for variable in neuron.variables:
            linked = shared and variable.slow
            model.append(f"{variable.name} : {variable.unit}{' (linked)' if linked else ''}")
            start = repr(float(values[variable.start])) if variable.start else "0.0"
            if linked:
                lines += self._shared(name, variable.name, variable.unit)
            elif variable.slow:
                lines.append(f'{own}.{variable.name}_ = data["{name}.{variable.name}"]')
            elif variable.start:
                lines.append(f"{own}.{variable.name}_ = {start}")
        if shared:
            model.append("unit : integer (constant)")
            lines.insert(0, f"{own}.unit = np.arange({population.size}) % {population.shape[-1]}")
        others = self._others_into(name)
        model += [f"from_{_variable(each)} : 1" for each in others]
        for each, (at, projection) in others.items():
            arrived = f"from_{_variable(each)}"
            factor = "" if projection.scale is None else f"{projection.scale!r} * "
            act = f"{projection.receptor} += {factor}{arrived}\n{arrived} = 0"
            lines.append(f'{own}.run_regularly({_block(act)}, when="after_resets", order={at})')
        group = _call(
            f"{own} = b2.NeuronGroup",
            _SIZE,
            _block("\n".join(model)),
            f"threshold={_quoted(neuron.threshold)}",
            *([f"reset={_block(neuron.reset)}"] if neuron.reset.strip() else []),
            f"namespace={_mapping(_used(constants, neuron.threshold, neuron.reset, update))}",
        )
        step = f'{own}.run_regularly({_block(update)}, when="groups")'
        return f"{_sentence(neuron.summary)}{_source(neuron.reference)}", "\n".join([group, step, *lines])

    def _noise(self, name: str) -> list[str]:
        """Return lines for spikes from outside, which come before those of projections."""
        population = self._graph.populations[name]
        noise, own, size = population.noise, _variable(name), population.size
        if noise is None:
            return []
        self._inputs[f"noise of {name}"] = sources = f"{own}_noise"
        self._objects += [sources, f"{sources}_arrives"]
        n = self._shown.noises[name]
        to, several = ("i", "") if n == size else (f"i % {size}", "; in a step, a neuron gets several of its spikes")
        return [
            f"# Noise of {name}, drawn by stdpbench{several}.",
            f"{sources} = b2.SpikeGeneratorGroup({n}, [], [] * ms)",
            f'{sources}_arrives = b2.Synapses({sources}, {own}, on_pre="{noise.receptor}_post += {noise.weight!r}")',
            f"{sources}_arrives.pre.order = -1",
            f'{sources}_arrives.connect(j="{to}")',
        ]

    def _shared(self, name: str, variable: str, unit: str) -> list[str]:
        """Return lines that let the places of a unit share a slow variable."""
        own, units = _variable(name), self._graph.populations[name].shape[-1]
        group = f"{own}_{variable}"
        self._objects.append(group)
        return [
            f'{group} = b2.NeuronGroup({units}, "{variable} : {unit}")  # one value for all places of a unit',
            f'{group}.{variable}_ = data["{name}.{variable}"]',
            f'{own}.{variable} = b2.linked_var({group}, "{variable}", index="unit")',
        ]

    def _winner(self, name: str) -> list[str]:
        """Return lines that keep one spike per field in a step."""
        population = self._graph.populations[name]
        if population.winner == "none":
            return []
        own = _variable(name)
        units = population.shape[-1] if population.winner == "field" else population.size
        slow = [v.name for v in population.neuron.variables if v.slow] if population.neuron is not None else []
        above = f"np.array({own}.v_)" + (f" - np.array({own}.theta_)" if "theta" in slow else "")
        self._objects.append(f"{own}_winner")
        return dedent(
            f'''

            @b2.network_operation(when="thresholds", order=1)
            def {own}_winner():
                """Of the neurons of a place that cross their thresholds together, the one farthest above fires.

                `_spikespace` holds their indices, and their number at its end.
                """
                events = {own}.variables["_spikespace"].get_value()
                above, best = {above}, {{}}
                for neuron in events[: events[-1]].tolist():
                    rival = best.setdefault(neuron // {units}, neuron)
                    if above[neuron] > above[rival]:
                        best[neuron // {units}] = neuron
                events[: len(best)], events[-1] = sorted(best.values()), len(best)
            '''
        ).split("\n")

    def _others_into(self, population: str) -> dict[str, tuple[int, Projection]]:
        """Return the projections into a population that act at the end of a step, with their places."""
        return {
            name: (at, projection)
            for at, (name, projection) in enumerate(self._graph.projections.items())
            if projection.target == population and isinstance(projection.connect, Others)
        }

    # -- projections

    def _projection(self, at: int, name: str, projection: Projection) -> str:
        own, rule, graph = _variable(name), self._rules.get(name), self._graph
        factor = "" if projection.scale is None else f"{projection.scale!r} * "
        drive = f"{projection.receptor}_post += {factor}w"
        if isinstance(projection.connect, Others):
            drive = f"from_{own}_post += w"
        model = ["w : 1 (linked)", "place : integer (constant)"] if projection.shared else ["w : 1"]
        constants, on_pre, on_post, after = dict[str, str](), [drive], list[str](), list[str]()
        if rule is not None:
            stepwise = bool(rule.each_step) or any(average.of != "0" for average in rule.averages)
            of_inputs = _of_inputs(rule, projection)
            for trace in rule.traces:
                if trace in of_inputs:
                    model.append(f"{trace.name} : 1 (linked)")
                    after += self._of_inputs(at, name, projection, rule, trace)
                    continue
                law = f"d{trace.name}/dt = -{trace.name} / {_parameter(trace.tau)} : 1 (event-driven)"
                model.append(f"{trace.name} : 1" if stepwise else law)
            for average in rule.averages:
                law = f"d{average.name}/dt = -{average.name} / {_parameter(average.tau)} : 1 (event-driven)"
                model.append(f"{average.name} : 1" if stepwise else law)
            model += [f"{each} : 1" for each in rule.synapse_variables]
            own_traces = [trace for trace in rule.traces if trace not in of_inputs]
            on_pre += [_named(rule, rule.on_input_spike), *_jumps(own_traces, "input")]
            on_post += [_named(rule, rule.on_output_spike), *_jumps(own_traces, "output")]
            on_post += [f"{a.name} += {_named(rule, a.on_spike)}" for a in rule.averages if a.on_spike]
            after += self._steps(own, rule, of_inputs) if stepwise else []
            constants = {_parameter(name): value for name, value in self._constants(rule).items()}
        if (delays := self._delays.get(name)) is not None:
            constants |= {_of_delays(delays, each): value for each, value in self._constants(delays).items()}
            laws = [f"d{t.name}/dt = -{t.name} / {t.tau} : 1 (event-driven)" for t in delays.traces]
            model += ["d : second", *(_of_delays(delays, law) for law in laws)]
            arrival = [_of_delays(delays, delays.on_input_spike)]
            on_pre = [*arrival, *on_pre, *(_of_delays(delays, jump) for jump in _jumps(delays.traces, "input"))]
            fired = (delays.on_output_spike, *_jumps(delays.traces, "output"))
            on_post += [_of_delays(delays, code) for code in fired]
        periodic = "" if rule is None else _named(rule, rule.periodically)
        used = _used(constants, *model, *on_pre, *on_post, *after, periodic)
        lines = [line for part in on_pre for line in _lines(part)]
        posts = [line for part in on_post for line in _lines(part)]
        synapses = _call(
            f"{own} = b2.Synapses",
            _variable(projection.source),
            _variable(projection.target),
            _block("\n".join(model)),
            f"on_pre={_block(chr(10).join(lines))}",
            *([f"on_post={_block(chr(10).join(posts))}"] if posts else []),
            *([f"namespace={_mapping(used)}"] if used else []),
        )
        order = [f"{own}.pre.order = {2 * at}"]
        if posts:
            order.append(f"{own}.post.order = {2 * (len(graph.projections) + at)}")
        about = f"# {name}: from {projection.source} to {projection.target}."
        if rule is not None:
            about += f" It learns: {_sentence(rule.summary)}{_source(rule.reference)}"
        if delays is not None:
            about += f"\n# Its delays learn: {_sentence(delays.summary)}{_source(delays.reference)}"
        return "\n".join(
            [about, synapses, *order, self._connect(name, projection), *self._start(name, projection), *after]
        )

    def _connect(self, name: str, projection: Projection) -> str:
        own, connect = _variable(name), projection.connect
        if self._graph.is_sparse(name):
            return f'{own}.connect(i=data["{name}.i"], j=data["{name}.j"])'
        if connect.storage == "one-to-one":
            return f'{own}.connect(j="i")'
        if not isinstance(connect, Others):
            return f"{own}.connect()"
        condition = connect.condition("i", "j", self._graph.populations[projection.target].shape)
        return f'{own}.connect(condition="{condition}")'

    def _start(self, name: str, projection: Projection) -> list[str]:
        """Return lines that set start weights and delays."""
        own, w = _variable(name), self._weights[name]
        if projection.shared:
            self._objects.append(f"{own}_kernel")
            lines = [
                f'{own}_kernel = b2.NeuronGroup({w.size}, "w : 1")  # one weight for all places',
                f'{own}_kernel.w = data["{name}.w"].ravel()',
                f'{own}.place = data["{name}.place"]',
                f'{own}.w = b2.linked_var({own}_kernel, "w", index="place")',
            ]
        elif np.ptp(w) == 0:
            lines = [f"{own}.w = {float(w.flat[0])!r}"]
        elif isinstance(projection.connect, Others):
            lines = [f'{own}.w = data["{name}.w"][{own}.i[:], {own}.j[:]]']
        else:
            lines = [f'{own}.w = data["{name}.w"].ravel()']
        if name in self._delays:
            lines.append(f'{own}.d = data["{name}.d"].ravel() * second')
        elif projection.delays_differ:
            lines.append(f'{own}.pre.delay = data["{name}.delay"].ravel() * time_step')
        elif delay := self._delay(projection):
            lines.append(f"{own}.pre.delay = {delay}")
        return lines

    def _delay(self, projection: Projection) -> str:
        """Return the delay of all synapses; empty if there is none, or each has its own."""
        steps = round(projection.delay.longest / self._graph.dt)
        return f"{steps} * time_step" if projection.delay.form == "one" else ""

    def _of_inputs(self, at: int, name: str, projection: Projection, rule: PlasticityRule, trace: Trace) -> list[str]:
        """Return lines for an input trace that belongs to the inputs: see `_of_inputs`."""
        own, source = _variable(name), projection.source
        group, size = f"{own}_{trace.name}", self._graph.populations[source].size
        arrivals, spreads = f"{group}_arrivals", _spreads(rule, trace)
        self._objects += [group, arrivals]
        tau, delay = self._constants(rule)[trace.tau], self._delay(projection)
        jump = f"{trace.name}_post {'=' if trace.on_spike == 'set' else '+='} 1"
        model, code = ('"amount : 1", ', f"{trace.name}_post += amount") if spreads else ("", jump)
        arrives = f'{model}on_pre="{code}"{f", delay={delay}" if delay else ""}'
        pairs = f'i=data["{name}.spread.i"], j=data["{name}.spread.j"]' if spreads else 'j="i"'
        lines = [
            f"# The traces {trace.name} belong to the inputs{', and spread to neighbouring ones' if spreads else ''}.",
            f'{group} = b2.NeuronGroup({size}, "{trace.name} : 1", namespace={{"tau": {tau}}})',
            f'{group}.run_regularly("{trace.name} *= exp(-dt/tau)", when="groups")',
            f"{arrivals} = b2.Synapses({_variable(source)}, {group}, {arrives})",
            f"{arrivals}.pre.order = {2 * at + 1}  # after {name}",
            f"{arrivals}.connect({pairs})",
        ]
        if spreads:
            lines.append(f'{arrivals}.amount = data["{name}.spread.amount"]')
        return [*lines, f'{own}.{trace.name} = b2.linked_var({group}, "{trace.name}", index="i")']

    def _steps(self, own: str, rule: PlasticityRule, of_inputs: Collection[Trace]) -> list[str]:
        """Return lines for what a rule does in every step."""
        lines = list[str]()
        for order, follows_v in ((-1, True), (1, False)):
            moves = [
                f"{a.name} = ({of}) + ({a.name} - ({of})) * exp(-dt/{_parameter(a.tau)})"
                for a in rule.averages
                if a.follows_v == follows_v and (of := _named(rule, a.of))
            ]
            if moves:
                lines.append(f'{own}.run_regularly({_block(chr(10).join(moves))}, when="groups", order={order})')
        decays = [f"{t.name} *= exp(-dt/{_parameter(t.tau)})" for t in rule.traces if t not in of_inputs]
        if decays:
            lines.append(f'{own}.run_regularly({_block(chr(10).join(decays))}, when="groups")')
        if rule.each_step:
            lines.append(f'{own}.run_regularly({_block(_named(rule, rule.each_step))}, when="groups", order=2)')
        named = {average.name: _named(rule, average.of) for average in rule.averages if average.follows_v}
        return lines + [f"{own}.{name} = {_quoted(of)}" for name, of in named.items()]

    # -- between presentations

    def _between(self) -> str:
        scaled, delayed, followed, decayed = list[str](), list[str](), list[str](), list[str]()
        for name, projection in self._graph.projections.items():
            if name in self._shown.plastic and projection.normalise is not None:
                scaled += self._normalised(name)
        for name in self._delays:
            delayed.append(f"{_variable(name)}.pre.delay = np.rint({_variable(name)}.d / time_step) * time_step")
        for name, every in self._shown.every.items():
            code = _lines(_named(self._rules[name], self._rules[name].periodically))
            pairs = [map(str.strip, line.split("=", 1)) for line in code]
            lines = [f"{_variable(name)}.{variable} = {_quoted(value)}" for variable, value in pairs]
            followed += lines if every == 1 else [f"if (number + 1) % {every} == 0:", indent("\n".join(lines), "    ")]
        for path, factor in self._shown.decays.items():
            population, _, variable = path.partition(".")
            shared = self._graph.populations[population].share == "unit"
            own = f"{_variable(population)}_{variable}" if shared else _variable(population)
            decay = f'data["{path} decay"][number]' if factor is None else repr(factor)
            decayed.append(f"{own}.{variable}_ = np.array({own}.{variable}_) * {decay}")
        rests = self._reset() if self._shown.reset else []
        before = _function(
            "before()",
            {
                "Scale the weights into each neuron, before each presentation.": scaled,
                "Let spikes travel with the delays that were learned, in whole steps.": delayed,
            },
        )
        after = _function(
            "after(number)",
            {
                "Let weights follow what their rule has gathered.": followed,
                "Let slow variables decay, for the time of the presentation.": decayed,
                "Set potentials, currents and traces to their start; what is learned stays.": rests,
            },
        )
        return "\n\n\n".join(filter(None, (before, after)))

    def _normalised(self, name: str) -> list[str]:
        projection, own = self._graph.projections[name], _variable(name)
        scaling = projection.normalise
        assert isinstance(scaling, Norm | Sum)
        group = f"{own}_kernel" if projection.shared else own
        n_targets = self._graph.populations[projection.target].size
        is_norm = isinstance(scaling, Norm)
        if projection.shared or not self._graph.is_sparse(name):
            total = 'np.einsum("ij,ij->j", w, w)' if is_norm else "w.sum(axis=0)"
            lines = [f"w = np.array({group}.w).reshape(-1, {self._weights[name].shape[-1]})", f"total = {total}"]
            spread = "factor"
        else:
            lines = [f"w = np.array({group}.w)"]
            lines.append(f"total = np.bincount({own}.j, {'w**2' if is_norm else 'w'}, minlength={n_targets})")
            spread = f"factor[{own}.j[:]]"
        if is_norm:
            lines.append("total = np.sqrt(total)")
        value = repr(scaling.value)
        lines.append(f"factor = np.divide({value}, total, out=np.ones_like(total), where=total > 0)")
        return [*lines, f"{group}.w = (w * {spread}).ravel()"]

    def _reset(self) -> list[str]:
        lines = list[str]()
        for name, population in self._graph.populations.items():
            neuron = population.neuron
            for variable in () if neuron is None else neuron.variables:
                if neuron is not None and not variable.slow:
                    start = neuron.quantities()[variable.start] if variable.start else 0.0
                    lines.append(f"{_variable(name)}.{variable.name}_ = {float(start)!r}")
        for name, delays in self._delays.items():
            lines += [f"{_variable(name)}.{_of_delays(delays, trace.name)} = 0" for trace in delays.traces]
        for name, rule in self._rules.items():
            of_inputs = _of_inputs(rule, self._graph.projections[name])
            kept = (*(trace.name for trace in rule.traces if trace not in of_inputs), *rule.synapse_variables)
            lines += [f"{_variable(name)}.{each} = 0" for each in kept]
            lines += [f"{_variable(name)}_{trace.name}.{trace.name} = 0" for trace in of_inputs]
            followed = [average for average in rule.averages if average.follows_v]
            lines += [
                f"{_variable(name)}.{average.name} = {_quoted(_named(rule, average.of))}" for average in followed
            ]
        return lines

    def _loop(self) -> str:
        graph, between = self._graph, self._between()
        cells = [name for name in graph.populations if name != graph.input]
        monitors = ", ".join(f'"{name}": b2.SpikeMonitor({_variable(name)})' for name in cells)
        objects = [*map(_variable, (*graph.populations, *graph.projections)), *self._objects]
        lines = [f"monitors = {{{monitors}}}", _call("network = b2.Network", *objects, "*monitors.values()")]
        lines += ["step = 0", 'for number, n_steps in enumerate(data["n_steps"].tolist()):']
        if "def before" in between:
            lines.append("    before()")
        for name, sources in self._inputs.items():
            lines.append(f'    shown = slice(*data["{name}.first"][number : number + 2])')
            times = f'(step + data["{name}.step"][shown]) * time_step'
            lines.append(f'    {sources}.set_spikes(data["{name}.neuron"][shown], {times})')
        lines += ["    network.run(n_steps * time_step)", "    step += n_steps"]
        if "def after" in between:
            lines.append("    after(number)")
        counted = ", ".join(f'{{monitors["{name}"].num_spikes}} of {name}' for name in cells)
        lines.append(f"    print(f'presentation {{number + 1}}, spikes so far: {counted}')")
        return "\n".join(lines)

    # -- parameters

    def _constants(self, declared: Parameters) -> dict[str, str]:
        """Return parameters as Python expressions of quantities, exactly as they are used."""
        values = declared.quantities()
        result = {}
        for parameter in declared.describe():
            if parameter.name in values:
                unit = parameter.unit or ""
                scale = {"ms": 1e-3, "mV": 1e-3, "pA": 1e-12, "pF": 1e-12, "nS": 1e-9}.get(unit, 1.0)
                value, number = values[parameter.name], getattr(declared, parameter.name)
                if not isinstance(number, int | float) or number * scale != value:
                    number, unit = value, {"ms": "s", "mV": "V"}.get(unit, unit)
                result[parameter.name] = f"{number!r} * {_UNITS[unit]}" if unit in _UNITS else repr(number)
        return result


def _unit(declared: Parameters, name: str) -> str:
    """Return the unit of a parameter in a script; empty if it has none."""
    return next(_UNITS.get(p.unit or "", "") for p in declared.describe() if p.name == name)


def _variable(name: str) -> str:
    """Return the name of a population or projection in Python."""
    plain = re.sub(r"\W", "_", name)
    return f"{plain}_" if plain in _TAKEN or not plain[:1].isalpha() else plain


def _parameter(name: str) -> str:
    """Return the name of a parameter of a rule; Brian2 reads ``nu_pre`` as a variable of the source."""
    return re.sub(r"_(pre|post)$", lambda side: {"pre": "_input", "post": "_output"}[side[1]], name)


def _named(rule: PlasticityRule, code: str) -> str:
    """Return code of a rule with names that mean the same in synapses: v is that of the target neuron."""
    names = {name: _parameter(name) for name in rule.quantities()} | {"v": "v_post"}
    return re.sub(r"\b[A-Za-z]\w*\b", lambda word: names.get(word[0], word[0]), "\n".join(_lines(code)))


def _of_delays(rule: DelayRule, code: str) -> str:
    """Return code of a rule for delays with names that are not those of the rule for weights."""
    own = {*rule.quantities(), *(trace.name for trace in rule.traces)}
    names = "|".join(map(re.escape, own))
    return re.sub(rf"\b(d?)({names})\b", r"\1\2_of_delay", "\n".join(_lines(code)))


def _jumps(traces: Iterable[Trace], side: str) -> list[str]:
    """Return what a spike of a side does to traces."""
    return [f"{t.name} {'=' if t.on_spike == 'set' else '+='} 1" for t in traces if t.side == side]


def _of_inputs(rule: PlasticityRule, projection: Projection) -> list[Trace]:
    """Return the input traces that are one for all synapses of an input.

    Those that spread to neighbouring inputs have to be. Where places share weights, thousands of synapses would have
    the same trace.
    """
    return [t for t in rule.traces if t.side == "input" and (projection.shared or _spreads(rule, t))]


def _spreads(rule: PlasticityRule, trace: Trace) -> bool:
    return bool(trace.spread) and getattr(rule, trace.spread) > 0


def _lines(code: str) -> list[str]:
    return [line.strip() for line in code.strip().splitlines() if line.strip()]


def _sentence(text: str) -> str:
    return text.rstrip(".") + "."


def _source(reference: str) -> str:
    return f"\n# Source: {reference}." if reference else ""


def _block(code: str) -> str:
    """Return code as a Python string: on one line if it has one, else on lines of its own."""
    lines = _lines(code)
    return _quoted(lines[0]) if len(lines) == 1 else '"""\n' + "\n".join(lines) + '\n"""'


def _function(head: str, parts: Mapping[str, list[str]]) -> str:
    """Return a function from what it does and the lines that do it; empty if there are none."""
    about = " ".join(sentence for sentence, lines in parts.items() if lines)
    body = [f'"""{about}"""', *(line for lines in parts.values() for line in lines)]
    return f"def {head}:\n{indent(chr(10).join(body), '    ')}" if about else ""


def _used(constants: Mapping[str, str], *code: str) -> dict[str, str]:
    """Return the constants that occur in some code."""
    words = set(re.findall(r"\b[A-Za-z]\w*\b", "\n".join(code)))
    return {name: value for name, value in constants.items() if name in words}


def _mapping(values: Mapping[str, str]) -> str:
    pairs = [f"{_quoted(name)}: {value}" for name, value in values.items()]
    if len(line := "{" + ", ".join(pairs) + "}") <= _WIDTH:
        return line
    inside = "".join(f"    {pair},\n" for pair in pairs)
    return f"{{\n{inside}}}"


def _quoted(text: str) -> str:
    """Return a text as a Python string in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _call(function: str, *arguments: str) -> str:
    """Return a call, with its arguments on lines of their own unless it is short."""
    line = f"{function}({', '.join(arguments)})"
    if "\n" not in line and len(line) <= _WIDTH + 20:
        return line
    inside = indent(",\n".join(arguments), "    ")
    return f"{function}(\n{inside},\n)"
