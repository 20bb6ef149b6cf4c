"""A network written from its graph as a plain Brian2 script: explicit synapses, Brian2's own delays and order.

Nothing of `stdpbench.engine.network` or `stdpbench.engine.simulators` is imported. The graph gives equations,
expressions and parameters; what becomes of them is written here once more, in the simplest form: one synapse per pair
of neurons, every trace and average per synapse and taken step by step, lateral inhibition as synapses to all others,
and one long run over all presentations, so that Brian2's queues carry what is in flight from one to the next.

Brian2 keeps state in its process: `run_scripts` runs scripts in a process of its own.
"""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import Parameters
from stdpbench.experiment.graph import Graph, Projection
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.plasticity import PlasticityRule

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Presentation:
    """One stimulus, how long it takes, and which projections learn meanwhile."""

    spikes: Spikes
    n_bins: int
    plastic: frozenset[str] = frozenset()
    n_rest: int = 0


@dataclass(frozen=True)
class Script:
    """A graph, what it starts with, and what it is shown.

    Attributes
    ----------
    weights : mapping of str to ndarray
        By projection: (n_source, n_target), or (n,) for one-to-one, (n_synapses,) for sparse ones, or one number for
        all synapses; shared ones are (field, field, units of the source, units of the target).
    delays : mapping of str to ndarray of int
        By projection, in steps, where each synapse has its own.
    slow : mapping of str to ndarray
        Thresholds by ``"population.variable"``, volt; those that are not named start as the neuron says.
    """

    graph: Graph
    presentations: Sequence[Presentation]
    weights: Mapping[str, NDArray[np.float64]]
    delays: Mapping[str, NDArray[np.int32]] = field(default_factory=dict)
    slow: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


@dataclass
class Outcome:
    """What became of a script.

    Attributes
    ----------
    spikes : list of dict
        Per presentation, by population: spikes as (bin, index), sorted; bins from the start of the presentation.
    learned : list of dict
        After each presentation: ``"projection.w"`` and ``"population.variable"`` of the slow variables. Weights are
        (n_source, n_target), 0 where there is no synapse, or (n,) for one-to-one.
    synaptic : dict
        At the end, ``"projection.variable"`` of all traces, averages and other variables of synapses, in the shape of
        weights; NaN where there is no synapse.
    neural : dict
        At the end, ``"population.variable"`` of all variables of neurons.
    """

    spikes: list[dict[str, list[tuple[int, int]]]] = field(default_factory=list)
    learned: list[dict[str, Floats]] = field(default_factory=list)
    synaptic: dict[str, Floats] = field(default_factory=dict)
    neural: dict[str, Floats] = field(default_factory=dict)


def run_scripts(scripts: Sequence[Script]) -> list[Outcome]:
    """Run scripts one after the other in a process of their own."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    ran = subprocess.run(
        [sys.executable, str(Path(__file__).resolve())],
        input=pickle.dumps(list(scripts)),
        env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"},
        capture_output=True,
    )
    assert ran.returncode == 0, ran.stderr.decode(errors="replace")
    outcomes: list[Outcome] = pickle.loads(ran.stdout[ran.stdout.index(b"outcomes:") + 9 :])
    return outcomes


# -- Brian2 ----------------------------------------------------------------------------------------


def run(script: Script) -> Outcome:
    """Run one script in this process."""
    return _Network(script).run()


def _import_brian2() -> Any:
    """Import Brian2 without pylab, whose names it passes on, and without its cache of statements.

    Importing pylab takes half a second, and a key of the cache longer than the statements.
    """
    hidden = {"matplotlib", "pylab", "pytest"} - sys.modules.keys()
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        import brian2
    finally:
        for name in hidden:
            del sys.modules[name]
    from brian2.codegen import translation
    from brian2.codegen.generators import base

    plain = getattr(translation.make_statements, "__wrapped__", translation.make_statements)
    translation.make_statements = base.make_statements = plain
    return brian2


class _Network:
    def __init__(self, script: Script) -> None:
        brian2 = self.b2 = _import_brian2()
        brian2.set_device("runtime")
        brian2.prefs.codegen.target = "numpy"
        brian2.prefs.logging.file_log = False
        self.script, self.graph = script, script.graph
        self.clock = brian2.Clock(self.graph.dt * brian2.ms)
        self.starts = np.cumsum([0, *(shown.n_bins + shown.n_rest for shown in script.presentations)]).tolist()
        self.outcome = Outcome()
        self.factor = self._factors()
        self.kernels = dict[str, Any]()  # of projections, and shared slow variables of populations
        self.n_learned = Counter[str]()
        self.groups = {name: self._population(name) for name in self.graph.populations}
        self.synapses = {name: self._projection(name, at) for at, name in enumerate(self.graph.projections)}

    def run(self) -> Outcome:
        """Show all presentations in one run."""
        b2, dt = self.b2, self.graph.dt
        monitors = {name: b2.SpikeMonitor(group) for name, group in self.groups.items() if name != self.graph.input}

        timestep = self.clock.variables["timestep"].get_value()  # of this step; a quantity would take longer

        def at_start_of_step() -> None:
            now = int(timestep[0])
            if now in self.starts:
                if now:
                    self._note_learned()
                self.n_learned.clear()
                self._let_learn(self.script.presentations[self.starts.index(now)].plastic)

        begin = b2.NetworkOperation(at_start_of_step, clock=self.clock, when="start")
        contests = [
            b2.NetworkOperation(partial(_one_of_each, group, units), clock=self.clock, when="thresholds", order=1)
            for name, group in self.groups.items()
            if (units := _units_that_compete(self.graph, name)) > 1
        ]
        contests.append(b2.NetworkOperation(self._choose_first, clock=self.clock, when="thresholds", order=2))
        groups = [*self.groups.values(), *self.kernels.values()]
        network = b2.Network(*groups, *self.synapses.values(), *monitors.values(), *contests, begin)
        network.run(self.starts[-1] * dt * b2.ms)
        assert round(float(self.clock.t / b2.ms) / dt) == self.starts[-1]
        self._note_learned()
        for first, last in zip(self.starts, self.starts[1:], strict=False):
            shown = dict[str, list[tuple[int, int]]]()
            for name, monitor in monitors.items():
                at, index = np.rint(np.asarray(monitor.t / b2.ms) / dt).astype(int), np.asarray(monitor.i)
                mine = (at >= first) & (at < last)
                shown[name] = sorted(zip((at[mine] - first).tolist(), index[mine].tolist(), strict=True))
            self.outcome.spikes.append(shown)
        for name, population in self.graph.populations.items():
            for variable in () if population.neuron is None else population.neuron.variables:
                self.outcome.neural[f"{name}.{variable.name}"] = self._neural(name, variable.name)
        for name, projection in self.graph.projections.items():
            for variable_name in () if projection.plasticity is None else _carried(projection.plasticity):
                self.outcome.synaptic[f"{name}.{variable_name}"] = self._synaptic(name, variable_name, np.nan)
        return self.outcome

    def _factors(self) -> Any:
        """Factor of each input in each step, as a function of time; None if no spike has one."""
        shown = self.script.presentations
        if all(each.spikes.factor is None for each in shown):
            return None
        values = np.ones((self.starts[-1], self.graph.populations[self.graph.input].size))
        for start, each in zip(self.starts, shown, strict=False):
            if each.spikes.factor is not None:
                values[start + each.spikes.bin, each.spikes.index] = each.spikes.factor
        return self.b2.TimedArray(values, dt=self.graph.dt * self.b2.ms)

    def _population(self, name: str) -> Any:
        b2, population = self.b2, self.graph.populations[name]
        neuron = population.neuron
        if neuron is None:
            index, at = [], []
            for start, shown in zip(self.starts, self.script.presentations, strict=False):
                index += shown.spikes.index.tolist()
                at += (start + shown.spikes.bin.astype(int)).tolist()
            times = np.array(at, float) * self.graph.dt * b2.ms
            return b2.SpikeGeneratorGroup(population.size, index, times, clock=self.clock)
        constants, step = self._constants(neuron), neuron.update
        for conductance, tau in neuron.conductances:
            if self.graph.conductance_step == "euler":
                dt = self.graph.dt * 1e-3
                constants[tau] = float(-dt / np.log1p(-dt / neuron.quantities()[tau])) * b2.second
            step += f"\n{conductance} = {conductance}*exp(-dt/{tau})"
        slow = [f"{variable.name} : {variable.unit}" for variable in neuron.variables if variable.slow]
        model = [f"{variable.name} : {variable.unit}" for variable in neuron.variables]
        if population.share == "unit":
            model = [f"{line} (linked)" if line in slow else line for line in model]
            model.append("unit_number : integer (constant)")
        model.append("is_first : 1")
        model += [f"sum_{at} : 1" for at in self._others_into(name)]
        for parameter in neuron.learning:  # 0 while nothing that reaches the population learns
            model.append(f"{parameter} : {_dimension(neuron, parameter)} (shared)")
            del constants[parameter]
        group = b2.NeuronGroup(
            population.size,
            "\n".join(model),
            threshold=neuron.threshold,
            reset=_lines(neuron.reset) or None,
            clock=self.clock,
            namespace=constants,
        )
        group.run_regularly(_lines(step), when="groups", order=0)
        for at, projection in self._others_into(name).items():
            factor = "" if projection.scale is None else f"{projection.scale!r}*"
            act = f"{projection.receptor} += {factor}sum_{at}\nsum_{at} = 0"
            group.run_regularly(act, when="after_resets", order=at)
        values = neuron.quantities()
        if population.share == "unit":
            units = population.shape[-1]
            self.kernels[name] = b2.NeuronGroup(units, "\n".join(slow), clock=self.clock)
            group.unit_number = np.arange(population.size) % units
            for variable in (v.name for v in neuron.variables if v.slow):
                setattr(group, variable, b2.linked_var(self.kernels[name], variable, index="unit_number"))
        for variable in neuron.variables:
            if variable.slow and population.share == "unit":
                start = self.script.slow.get(
                    f"{name}.{variable.name}", values[variable.start] if variable.start else 0.0
                )
                self.kernels[name].variables[variable.name].set_value(start)
                continue
            start = np.full(population.size, values[variable.start] if variable.start else 0.0)
            given = self.script.slow.get(f"{name}.{variable.name}", start) if variable.slow else start
            group.variables[variable.name].set_value(np.asarray(given, float))
        return group

    def _others_into(self, population: str) -> dict[int, Projection]:
        """Projections into a population that act at the end of the step, by their place."""
        numbered = enumerate(self.graph.projections.values())
        return {at: p for at, p in numbered if p.target == population and p.connect.kind == "others"}

    def _projection(self, name: str, at: int) -> Any:
        projection = self.graph.projections[name]
        drive = f"{projection.receptor}_post += {'' if projection.scale is None else f'{projection.scale!r}*'}w"
        if projection.connect.kind == "others":
            drive = f"sum_{at}_post += w"
        rule, last = projection.plasticity, len(self.graph.projections)
        weight = "w : 1 (linked)\nplace : integer (constant)" if projection.shared else "w : 1"
        given, more, release = dict[str, Any](), list[str](), projection.release
        if release is not None:  # here each synapse has the state of its source
            given, more = self._constants(release), ["use : 1", "empty : 1", "freed : 1"]
            used = "use = use + u_se*(1 - use)\nfreed = use*(1 - empty)\nempty = empty + freed"
            drive = f"{used}\n{drive}*freed"
        if self.factor is not None and projection.source == self.graph.input:
            drive, given, more = f"{drive}*factor(t - lag, i)", {"factor": self.factor}, ["lag : second"]
        if rule is None:
            synapses = self._synapses(projection, "\n".join([weight, *more]), drive, None, given)
        else:
            model = [weight, "learning : 1 (shared)", *more, *(f"{variable} : 1" for variable in _carried(rule))]
            synapses = self._synapses(
                projection,
                "\n".join(model),
                # the drive sees the weight before, each side its own traces before
                drive + "\n" + _if_learning(rule, [rule.on_input_spike, *_touch(rule, "input")]),
                self._of_learning_spikes(
                    projection, _if_learning(rule, [rule.on_output_spike, *_touch(rule, "output"), *_jumps(rule)])
                ),
                given | {_parameter(name): value for name, value in self._constants(rule).items()},
            )
            synapses.post.order = last + at
        synapses.pre.order = at
        i, j = _pairs(self.graph, name)
        synapses.connect(**({"i": i, "j": j} if len(i) else {"condition": "i < 0"}))
        w = np.broadcast_to(self.script.weights[name], weights_shape(self.graph, name))
        if projection.shared:
            self.kernels[name] = self.b2.NeuronGroup(w.size, "w : 1", clock=self.clock)
            self.kernels[name].w = w.reshape(-1)
            synapses.w = self.b2.linked_var(self.kernels[name], "w", index="place")
            synapses.place = _place_in_kernel(self.graph, name)
        else:
            synapses.w = w[synapses_of(self.graph, name)]
        dt = self.graph.dt * self.b2.ms
        if projection.delay.form == "one":
            synapses.pre.delay = round(projection.delay.longest / self.graph.dt) * dt
        elif projection.delay.form == "each":
            synapses.pre.delay = np.asarray(self.script.delays[name])[synapses_of(self.graph, name)] * dt
        if release is not None:
            decays = "use = use*exp(-dt/tau_facil)\nempty = empty*exp(-dt/tau_rec)"
            synapses.run_regularly(decays, when="groups", order=0)
        if "lag : second" in more:
            synapses.lag = synapses.pre.delay[:] if projection.delay.form == "each" else synapses.pre.delay
        if rule is not None:
            self._take_steps(synapses, rule)
        return synapses

    def _synapses(self, projection: Projection, model: str, pre: str, post: str | None, constants: Any) -> Any:
        source, target = self.groups[projection.source], self.groups[projection.target]
        on_post = {"on_post": post} if post else {}
        return self.b2.Synapses(source, target, model, on_pre=pre, clock=self.clock, namespace=constants, **on_post)

    def _take_steps(self, synapses: Any, rule: PlasticityRule) -> None:
        """What the rule does in every step: averages of the potential, traces, averages of these, the rest."""
        decays = [f"{trace.name} = {trace.name}*exp(-dt/{trace.tau})" for trace in rule.traces]
        for order, follows_v in ((-1, True), (1, False)):
            moves = [
                f"{a.name} = ({a.of}) + ({a.name} - ({a.of}))*exp(-dt/{a.tau})"
                for a in rule.averages
                if a.follows_v == follows_v
            ]
            if moves:
                synapses.run_regularly(_if_learning(rule, moves), when="groups", order=order)
        if decays:
            synapses.run_regularly(_if_learning(rule, decays), when="groups", order=0)
        if rule.each_step:
            synapses.run_regularly(_if_learning(rule, [rule.each_step]), when="groups", order=2)
        for average in rule.averages:
            if average.follows_v:
                setattr(synapses, average.name, _named(rule, average.of))

    def _of_learning_spikes(self, projection: Projection, code: str) -> str:
        """Code for output spikes that changes nothing at those that are not among the first."""
        restricted = self.graph.populations[projection.target].learning_spikes
        return re.sub(r"\blearning\b", "(learning*is_first_post)", code) if restricted else code

    def _choose_first(self) -> None:
        """Note which of the neurons that fire now are among the first of the presentation."""
        for name, population in self.graph.populations.items():
            if not population.learning_spikes:
                continue
            group = self.groups[name]
            space, v = group.variables["_spikespace"].get_value(), np.array(group.v_[:])
            if "theta" in group.variables:
                v -= np.asarray(group.theta_[:])
            fired = sorted(space[: space[-1]].tolist(), key=lambda neuron: (-v[neuron], neuron))
            chosen = fired[: population.learning_spikes - self.n_learned[name]]
            self.n_learned[name] += len(chosen)
            group.is_first = np.isin(np.arange(population.size), chosen)

    def _let_learn(self, plastic: frozenset[str]) -> None:
        for name, projection in self.graph.projections.items():
            if projection.plasticity is not None:
                self.synapses[name].variables["learning"].set_value(float(name in plastic))
        for name, population in self.graph.populations.items():
            reached = {p.target for projection, p in self.graph.projections.items() if projection in plastic}
            for parameter in () if population.neuron is None else population.neuron.learning:
                value = population.neuron.quantities()[parameter] if name in reached else 0.0
                self.groups[name].variables[parameter].set_value(value)

    def _note_learned(self) -> None:
        learned = {f"{name}.w": self._synaptic(name, "w", 0.0) for name in self.graph.projections}
        for name, population in self.graph.populations.items():
            for variable in () if population.neuron is None else population.neuron.variables:
                if variable.slow:
                    learned[f"{name}.{variable.name}"] = self._neural(name, variable.name)
        self.outcome.learned.append(learned)

    def _neural(self, name: str, variable: str) -> Floats:
        slow = {v.name for v in self.graph.populations[name].neuron.variables if v.slow}
        shared = self.graph.populations[name].share == "unit" and variable in slow
        return np.array((self.kernels if shared else self.groups)[name].variables[variable].get_value(), float)

    def _synaptic(self, name: str, variable: str, elsewhere: float) -> Floats:
        if variable == "w" and name in self.kernels:
            kernels: Floats = self.kernels[name].variables["w"].get_value()
            return kernels.reshape(weights_shape(self.graph, name)).copy()
        values = np.full(_shape(self.graph, name), elsewhere)
        values[synapses_of(self.graph, name)] = self.synapses[name].variables[variable].get_value()
        return values

    def _constants(self, declared: Parameters) -> dict[str, Any]:
        """Parameters as quantities of Brian2."""
        units = {"1": 1.0, "second": self.b2.second, "volt": self.b2.volt, "hertz": self.b2.hertz}
        units |= {"amp": self.b2.amp, "farad": self.b2.farad, "siemens": self.b2.siemens}
        return {name: value * units[_dimension(declared, name)] for name, value in declared.quantities().items()}


_DIMENSIONS = {"": "1", "ms": "second", "s": "second", "mV": "volt", "V": "volt", "Hz": "hertz"}
_DIMENSIONS |= {"pA": "amp", "pF": "farad", "nS": "siemens"}


def _dimension(declared: Parameters, name: str) -> str:
    return next(_DIMENSIONS[p.unit or ""] for p in declared.describe() if p.name == name)


def _shape(graph: Graph, name: str) -> tuple[int, ...]:
    projection = graph.projections[name]
    if graph.is_sparse(name):
        return (len(graph.synapses(name)),)
    n_source, n_target = (graph.populations[name].size for name in (projection.source, projection.target))
    return (n_source,) if projection.connect.kind == "one-to-one" else (n_source, n_target)


def _one_of_each(group: Any, units: int) -> None:
    """Keep one spike of each field: that of the neuron whose v exceeds its threshold most, the first of equals."""
    space, v = group.variables["_spikespace"].get_value(), group.variables["v"].get_value()
    if "theta" in group.variables:
        v = v - np.asarray(group.theta[:])
    best: dict[int, int] = {}
    for neuron in space[: space[-1]].tolist():
        if neuron // units not in best or v[neuron] > v[best[neuron // units]]:
            best[neuron // units] = neuron
    space[: len(best)] = sorted(best.values())
    space[-1] = len(best)


def _units_that_compete(graph: Graph, name: str) -> int:
    """Return the number of consecutive neurons of which one fires in a step; 1 if all do."""
    population = graph.populations[name]
    return {"field": population.shape[-1], "population": population.size}.get(population.winner, 1)


def weights_shape(graph: Graph, name: str) -> tuple[int, ...]:
    """The shape of a projection's weights."""
    projection = graph.projections[name]
    if not projection.shared:
        return _shape(graph, name)
    source, target = graph.populations[projection.source].shape, graph.populations[projection.target].shape
    units = projection.connect.planes * (source[2] if len(source) == 3 else 1)
    return (*[projection.connect.field] * 2, units, target[2])


def _place_in_kernel(graph: Graph, name: str) -> NDArray[np.int64]:
    """For each synapse the place of its weight: by how far its source is from the corner of the patch."""
    projection = graph.projections[name]
    connect, (*_, units, _) = projection.connect, weights_shape(graph, name)
    i, j = _pairs(graph, name)
    rows, columns = graph.populations[projection.source].shape[:2]
    high = rows // connect.planes  # of a plane
    row, column, unit = np.unravel_index(i, (rows, columns, units // connect.planes))
    unit, row = unit + row // high * (units // connect.planes), row % high
    down, right, feature = np.unravel_index(j, graph.populations[projection.target].shape)
    corner = down * connect.stride - connect.padding, right * connect.stride - connect.padding
    within = (row - corner[0], column - corner[1], unit, feature)
    return np.ravel_multi_index(within, weights_shape(graph, name))


def weights_at(graph: Graph, name: str) -> tuple[Any, ...]:
    """The places of weights that are of synapses."""
    return (...,) if graph.projections[name].shared else synapses_of(graph, name)


def synapses_of(graph: Graph, name: str) -> tuple[NDArray[np.int64], ...]:
    """The places of a projection's synapses in its weights: source and target of each, or neurons for one-to-one."""
    if graph.is_sparse(name):
        return (np.arange(len(graph.synapses(name))),)
    i, j = _pairs(graph, name)
    return (i,) if graph.projections[name].connect.kind == "one-to-one" else (i, j)


def _pairs(graph: Graph, name: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Source and target of every synapse; which ones were drawn, the graph says."""
    projection = graph.projections[name]
    if graph.is_sparse(name):
        drawn = graph.synapses(name)
        return drawn.source.astype(np.int64), drawn.target.astype(np.int64)
    source, target = graph.populations[projection.source], graph.populations[projection.target]
    connect = projection.connect
    units, within, radius = target.shape[-1], getattr(connect, "within", "population"), getattr(connect, "radius", 0)
    together = {
        "population": lambda i, j: True,
        "field": lambda i, j: i // units == j // units,
        "map": lambda i, j: i % units == j % units,
    }[within]
    places = [np.array(np.unravel_index(i, target.shape)[:-1], int) for i in range(target.size)]
    found = [
        (i, j)
        for i in range(source.size)
        for j in range(target.size)
        if connect.kind == "all"
        or (connect.kind == "one-to-one" and i == j)
        or (
            connect.kind == "others"
            and i != j
            and together(i, j)
            and (not radius or abs(places[i] - places[j]).max() <= radius)
        )
    ]
    i, j = np.array(found).T
    return i, j


# -- the code of a rule ----------------------------------------------------------------------------


def _carried(rule: PlasticityRule) -> tuple[str, ...]:
    """What a synapse carries beside its weight."""
    return (*(trace.name for trace in rule.traces), *(a.name for a in rule.averages), *rule.synapse_variables)


def _touch(rule: PlasticityRule, side: str) -> list[str]:
    return [f"{t.name} {'=' if t.on_spike == 'set' else '+='} 1" for t in rule.traces if t.side == side]


def _jumps(rule: PlasticityRule) -> list[str]:
    return [f"{average.name} += {average.on_spike}" for average in rule.averages if average.on_spike]


def _if_learning(rule: PlasticityRule, code: Iterable[str]) -> str:
    """Some code that leaves everything as it is while the projection is frozen."""
    lines = [line for part in code for line in _lines(_named(rule, part)).splitlines()]
    changed = [name for name in ("w", *_carried(rule)) if any(re.match(rf"{name}\s*[-+*/]?=", line) for line in lines)]
    # no bare copy: in NumPy it would be another name for an array that is then changed in place
    before = [f"{name}_frozen = (1 - learning)*{name}" for name in changed]
    after = [f"{name} = learning*{name} + {name}_frozen" for name in changed]
    return "\n".join([*before, *lines, *after])


def _named(rule: PlasticityRule, code: str) -> str:
    """Some code of the rule with names that mean the same in synapses: v is that of the target neuron."""
    names = {name: _parameter(name) for name in rule.quantities()} | {"v": "v_post"}
    return re.sub(r"\b[A-Za-z]\w*\b", lambda word: names.get(word[0], word[0]), code)


def _parameter(name: str) -> str:
    return f"rule_{name}_"  # Brian2 takes nu_pre for a variable of the source


def _lines(code: str) -> str:
    return "\n".join(line.strip() for line in code.strip().splitlines())


if __name__ == "__main__":
    # under this name, what is pickled here can be read by whoever asked
    import graph_script

    answer = pickle.dumps([graph_script.run(script) for script in pickle.load(sys.stdin.buffer)])
    sys.stdout.buffer.write(b"outcomes:" + answer)
