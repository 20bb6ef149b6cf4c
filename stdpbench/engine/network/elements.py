"""Populations and projections in the Brian2 model: names, variables, state, parameters, scaling, spreading."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.expressions import evaluate
from stdpbench.engine.network.values import Value, brian_name, values_of, words_of
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.kinds.connections import Synapses
from stdpbench.kinds.connections.local import Local
from stdpbench.kinds.connections.others import Others
from stdpbench.kinds.delay_plasticity import DelayRule
from stdpbench.kinds.neurons import Neuron
from stdpbench.kinds.normalisations.sum import Sum
from stdpbench.kinds.plasticity import Average, PlasticityRule, Trace
from stdpbench.kinds.release import RELEASED, Release

_REACH = 3.0
"""A trace spreads to inputs at up to this many standard deviations in each direction."""


@lru_cache(maxsize=4)
def spread_synapses(shape: tuple[int, ...], sigma: float) -> tuple[Synapses, NDArray[np.float64]]:
    r"""Return the traces to which a spike of each input adds, and the amounts.

    A spike at row r and column c adds :math:`g_{r - r'}\, g_{c - c'}` to the trace at r', c', with
    :math:`g_d \propto e^{-d^2 / 2 \sigma^2}`, whose sum over all d is 1. Contributions outside the grid are lost.

    Parameters
    ----------
    shape : tuple of int
        Shape of the inputs: rows, columns, and any further axes, along which nothing spreads. Inputs without columns
        are one row.
    sigma : float
        Standard deviation, in inputs, above 0.

    Returns
    -------
    synapses : Synapses
        From each input to the inputs whose traces it adds to.
    amounts : ndarray, float64, (n_synapses,)
        Amount that a spike adds.
    """
    rows, columns, *others = shape if len(shape) > 1 else (1, *shape)
    depth = int(np.prod(others))
    reach = int(np.ceil(_REACH * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    numbers = np.arange(rows * columns * depth).reshape(rows, columns, depth)
    pairs, amounts = [], []
    across = range(-reach, reach + 1) if rows > 1 else (0,)
    for down, right in product(across, range(-reach, reach + 1)):
        if abs(down) >= rows or abs(right) >= columns:
            continue
        from_ = numbers[max(0, -down) : rows - max(0, down), max(0, -right) : columns - max(0, right)]
        to = numbers[max(0, down) : rows + min(0, down), max(0, right) : columns + min(0, right)]
        amount = weights[right + reach] * (weights[down + reach] if rows > 1 else 1.0)
        pairs.append(from_.reshape(-1) * numbers.size + to.reshape(-1))
        amounts.append(np.full(to.size, amount))
    all_pairs, all_amounts = np.concatenate(pairs), np.concatenate(amounts)
    order = np.argsort(all_pairs, kind="stable")
    synapses = Synapses.of_pairs(all_pairs, numbers.size, numbers.size)
    sorted_amounts = all_amounts[order]
    sorted_amounts.setflags(write=False)
    return synapses, sorted_amounts


LAST_ARRIVAL = "t_arrival"
"""Per synapse, if delays differ: arrival of its last input spike, in seconds from the presentation's start; in a
stream, in steps, whose differences are exact for any cut into pieces."""
LAST_CHANGE = "t_change"
"""Per synapse, with rules that change it in every step: time of its last update; 0 between presentations."""
SINCE_UPDATE = "since_update"
"""Per projection with a periodic rule: steps of learning since the last update, stored outside Brian2."""
LEARNING_SPIKE = "learning_spike"
"""Event of neurons at whose spikes projections learn, if these are not all."""
LEARNS = "learns"
"""Per plastic projection with output traces, on its target: 1 while it learns, 0 while its traces are frozen."""
RECENT = "recent"
"""Per population with delayed projections: its spikes in the last steps, (n_steps, n_neurons), 0 or 1. For the input
only in streams; otherwise none of its spikes is in flight between presentations."""
DELAY = "axonal_delay"
"""Per synapse, if delays learn: its delay, in seconds; presentations use the start value, rounded to steps."""
LEFT_WITH = "delay_before"
"""Per synapse, if delays learn and its source has spikes in flight at a boundary: the delay when these were emitted,
in seconds, stored outside Brian2."""
SPREAD = "spread"
"""Per projection: synapses through which an input trace spreads to neighbouring inputs."""
TO_COUNTERS = "to_n"
"""Per projection: synapses through which its spikes reach counters."""
PLACE = "k_weight"
"""Per synapse, if weights are shared: the place of its weight among them."""
AMOUNT = "amount"
"""Per synapse through which a trace spreads: the amount that a spike adds."""
DECAYS = "slow_decays"
"""Per population with slow variables that decay in each step of a stream: 1 while a projection into it learns, else
0."""


@dataclass(frozen=True)
class StateVariable:
    """One array of the state.

    Attributes
    ----------
    name : str
        Public name, such as ``"exc.v"`` or ``"feed.w"``.
    group, variable : str
        Brian2 group and variable; the group is empty if the simulator stores the array outside Brian2.
    shape : tuple of int
        Its shape; dtype is float64, or float32 with this precision.
    reset : float or None
        Its value in the reset state, SI units; None if it persists across presentations (weights, thresholds).
    per_synapse : bool
        Whether it belongs to synapses, not neurons.
    """

    name: str
    group: str
    variable: str
    shape: tuple[int, ...]
    reset: float | None
    per_synapse: bool = False


@dataclass(frozen=True)
class PopulationLayout:
    """A population in the Brian2 model."""

    name: str
    number: int
    population: Population
    receptors: frozenset[str]
    """Variables of the neuron on which projections or noise act."""
    sleeps: bool
    """Whether neurons are skipped while they are at rest."""
    delay_bins: int
    """Longest delay of the projections from it, in steps."""
    decaying: tuple[str, ...] = ()
    """Slow variables of the neuron that decay in each step of a stream; otherwise they decay between presentations."""

    @property
    def group(self) -> str:
        """Name of its Brian2 group."""
        return f"p{self.number}"

    @property
    def size(self) -> int:
        """Number of neurons."""
        return self.population.size

    @property
    def neuron(self) -> Neuron:
        """Model of its neurons."""
        neuron = self.population.neuron
        assert neuron is not None
        return neuron

    @property
    def slow_group(self) -> str:
        """Name of the Brian2 group that holds its slow variables."""
        return f"p{self.number}_u" if self.population.share == "unit" else self.group

    @property
    def winner_of(self) -> int:
        """Number of consecutive neurons of which only one fires in a step; 1: all fire."""
        if self.population.winner == "none":
            return 1
        return self.population.shape[-1] if self.population.winner == "field" else self.size

    @property
    def raising(self) -> tuple[str, ...]:
        """Slow variables that raise its threshold."""
        return tuple(v.name for v in self.neuron.variables if v.slow and v.name in words_of(self.neuron.threshold))

    @property
    def is_input(self) -> bool:
        """Whether its spikes are those of the stimulus."""
        return self.population.neuron is None

    @property
    def conductances(self) -> tuple[tuple[str, str], ...]:
        """Conductances on which projections act, with the parameter of their time constant."""
        return tuple(pair for pair in self.neuron.conductances if pair[0] in self.receptors)

    @property
    def unused(self) -> tuple[str, ...]:
        """Conductances on which no projection acts; they are 0 and not stored."""
        return tuple(name for name, _ in self.neuron.conductances if name not in self.receptors)


@dataclass(frozen=True)
class ProjectionLayout:
    """A projection in the Brian2 model."""

    name: str
    number: int
    projection: Projection
    source: PopulationLayout
    target: PopulationLayout
    graph: Graph

    @property
    def group(self) -> str:
        """Name of its synapses in Brian2."""
        return f"s{self.number}"

    @property
    def counter(self) -> str:
        """Name of the Brian2 group that counts arriving spikes."""
        return f"s{self.number}_n"

    def own(self, name: str) -> str:
        """Return the Brian2 name of a variable or parameter that neurons or synapses hold for this projection."""
        return f"s{self.number}_{brian_name(name)}"

    def own_of_delay(self, name: str) -> str:
        """Return the Brian2 name of a variable or parameter of the rule for its delays."""
        return f"s{self.number}d_{brian_name(name)}"

    @property
    def rule(self) -> PlasticityRule | None:
        """Rule of its weights."""
        return self.projection.plasticity

    @property
    def delay_rule(self) -> DelayRule | None:
        """Rule of its delays."""
        return self.projection.delay_plasticity

    @property
    def release(self) -> Release | None:
        """Its short-term plasticity."""
        return self.projection.release

    @property
    def released(self) -> str:
        """Code for the share of the weight that a spike delivers; 1 without short-term plasticity."""
        return "1" if self.release is None else f"{self.own_of_release(RELEASED)}_pre"

    def own_of_release(self, name: str) -> str:
        """Return the Brian2 name of a variable or parameter of its short-term plasticity."""
        return f"s{self.number}r_{brian_name(name)}"

    @property
    def learns(self) -> bool:
        """Whether its weights or its delays learn."""
        return self.projection.learns

    @property
    def at_end(self) -> bool:
        """Whether it acts at the end of the step, with the sum of arrived spikes."""
        return self.projection.connect.at_end

    @property
    def counted(self) -> bool:
        """Whether spike counters replace its synapses."""
        return self.at_end and self.projection.one_weight and not self.delays_differ

    @property
    def counts(self) -> bool:
        """Whether arriving spikes are counted, so that steps without spikes can be skipped."""
        return self.at_end and not self.delays_differ

    @property
    def dense(self) -> bool:
        """Whether it has a synapse for each pair of neurons."""
        return self.projection.connect.storage == "dense" and not self.counted

    @property
    def sparse(self) -> bool:
        """Whether only the pairs of neurons in `synapses` have a synapse."""
        return self.projection.connect.storage == "sparse"

    @property
    def synapses(self) -> Synapses:
        """The synapses of a sparse projection."""
        return self.graph.synapses(self.name)

    @property
    def shared(self) -> bool:
        """Whether its synapses share weights, which a separate Brian2 group holds."""
        return self.projection.shared

    @property
    def weights_group(self) -> str:
        """Name of the Brian2 group that holds its weights."""
        return f"s{self.number}_w" if self.shared else self.group

    @property
    def weight_of_synapse(self) -> NDArray[np.int32]:
        """Place of the weight of each synapse among shared weights, int32, (n_synapses,)."""
        return self.graph.weight_of_synapse(self.name)

    @property
    def delays_differ(self) -> bool:
        """Whether each synapse has its own delay."""
        return self.projection.delays_differ

    @property
    def together(self) -> int:
        """Length of the runs of synapses of a source whose targets, and their weights, are neighbours."""
        return self.target.population.shape[-1] if isinstance(self.projection.connect, Local) else 1

    @property
    def delay_form(self) -> Literal["none", "one", "each"]:
        """Form of the delay: none, one for all synapses, or one for each synapse."""
        return "each" if self.delays_differ else self.projection.delay.form

    @property
    def delay_bins(self) -> int:
        """Delay in steps; the longest possible if delays differ."""
        return round(self.projection.longest_delay / self.graph.dt)

    @property
    def keeps_delays(self) -> bool:
        """Whether spikes in flight at a boundary must keep the delay with which they were emitted."""
        return self.delay_rule is not None and not self.source.is_input

    @property
    def others(self) -> Others:
        """The connection of a projection that acts at the end of the step."""
        connect = self.projection.connect
        assert isinstance(connect, Others)
        return connect

    @property
    def n_counters(self) -> int:
        """Number of counters of arriving spikes; 0 if they are not counted."""
        return self.others.n_counters(self.target.population.shape) if self.counts else 0

    @property
    def counter_of(self) -> str:
        """Expression for the counter that neuron ``i`` of the target reads."""
        return self.others.counter_of("i", self.target.population.shape)

    @property
    def condition(self) -> str:
        """Expression for whether neuron ``i`` reaches neuron ``j``."""
        return self.others.condition("i", "j", self.target.population.shape)

    def reaches(self, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether neurons reach others, bool, of the broadcast shape of their indices."""
        return self.others.reaches(i, j, self.target.population.shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of its weights, and of any other array with a value per synapse."""
        if self.shared:
            return self.graph.kernel(self.name)
        if self.sparse:
            return (len(self.synapses),)
        return (self.source.size, self.target.size) if self.dense else (self.target.size,)

    @property
    def expected_synapses(self) -> float:
        """Number of synapses; the expected number if they are random."""
        if self.sparse:
            shapes, recurrent = (
                (self.source.population.shape, self.target.population.shape),
                self.source is self.target,
            )
            return self.projection.connect.expected(*shapes, recurrent=recurrent)
        return float(prod(self.shape))

    @property
    def rows(self) -> NDArray[np.int64]:
        """Number of the first synapse of each source neuron, then the total: int64, (n_source + 1,)."""
        if self.sparse:
            return self.synapses.first.astype(np.int64)
        return np.arange(self.source.size + 1) * (self.target.size if self.dense else 1)

    @property
    def has_weights(self) -> bool:
        """Whether there is an array of weights."""
        return not self.projection.one_weight

    @property
    def input_traces(self) -> tuple[Trace, ...]:
        """Traces of arriving spikes."""
        return () if self.rule is None else tuple(trace for trace in self.rule.traces if trace.side == "input")

    @property
    def output_traces(self) -> tuple[Trace, ...]:
        """Traces of spikes of the target."""
        return () if self.rule is None else tuple(trace for trace in self.rule.traces if trace.side == "output")

    @property
    def spreading(self) -> Trace | None:
        """The input trace of its rule that spreads to neighbouring inputs; None if there is none."""
        spreading = self.projection.spreads
        return next((trace for trace in self.input_traces if trace.spread), None) if spreading else None

    @property
    def spread(self) -> tuple[Synapses, NDArray[np.float64]]:
        """The result of `spread_synapses` for a trace that spreads."""
        assert self.spreading is not None
        return spread_synapses(self.source.population.shape, self.values()[self.spreading.spread].si)

    @property
    def passing_on(self) -> tuple[str, Synapses] | None:
        """Name and pairs of the Brian2 synapses that pass spikes on to more than one element; None if none do."""
        if self.spreading is not None:
            return self.own(SPREAD), self.spread[0]
        counters = self.others.counters(self.target.population.shape) if self.counts else None
        return None if counters is None else (self.own(TO_COUNTERS), counters)

    @property
    def passing_number(self) -> int:
        """Number of the rows of `passing_on` in a library, after those of all projections."""
        return len(self.graph.projections) + self.number

    def delay_traces(self, side: str) -> tuple[Trace, ...]:
        """Return the traces of one side of the rule for its delays."""
        return (
            () if self.delay_rule is None else tuple(trace for trace in self.delay_rule.traces if trace.side == side)
        )

    @property
    def time_constants(self) -> dict[str, float]:
        """Time constants of the traces of arriving spikes, in seconds, by the public name of the trace."""
        constants = {trace.name: self.values()[trace.tau].si for trace in self.input_traces}
        if self.delay_rule is not None:
            quantities = self.delay_rule.quantities()
            constants |= {f"delay.{trace.name}": quantities[trace.tau] for trace in self.delay_traces("input")}
        return constants

    @property
    def averages(self) -> tuple[Average, ...]:
        """Running averages of the rule, stored on target neurons."""
        return () if self.rule is None else self.rule.averages

    @property
    def output_variables(self) -> tuple[Trace | Average, ...]:
        """All variables that target neurons store for the rule."""
        return (*self.output_traces, *self.averages)

    @property
    def synapse_variables(self) -> tuple[str, ...]:
        """Variables of the rule that synapses of the network store in addition to weights."""
        rule = self.rule
        return () if rule is None else tuple(n for n in rule.synapse_variables if n not in rule.protocol_variables)

    @property
    def remembered(self) -> frozenset[str]:
        """Public names of the state arrays in which its rule remembers spikes."""
        if self.rule is None:
            return frozenset()
        names = {LAST_ARRIVAL, LAST_CHANGE, SINCE_UPDATE, *self.rule.synapse_variables}
        if self.delay_rule is not None:  # its traces need the time of the last arrival
            names |= {f"delay.{trace.name}" for trace in self.delay_rule.traces}
        names |= {trace.name for trace in self.rule.traces} | {average.name for average in self.rule.averages}
        return frozenset(f"{self.name}.{name}" for name in names) & {variable.name for variable in self.state()}

    def values(self) -> dict[str, Value]:
        """Return the parameters of its rule, by name."""
        return {} if self.rule is None else values_of(self.rule)

    def reset_of(self, average: Average) -> float | None:
        """Return the value of an average in the reset state; None if it persists."""
        if not average.follows_v:
            return None
        assert self.rule is not None
        neuron = self.target.neuron
        start = {variable.name: variable.start for variable in neuron.variables}["v"]
        rest = neuron.quantities()[start] if start else 0.0
        return float(evaluate(average.of, {**self.rule.quantities(), "v": rest}))

    def state(self) -> list[StateVariable]:
        """Return the arrays that a presentation may change."""
        source, target, variables = self.source, self.target, list[StateVariable]()

        def add(name: str, group: str, variable: str, shape: tuple[int, ...], reset: float | None = 0.0) -> None:
            per_synapse = group in (self.group, self.weights_group)
            variables.append(StateVariable(f"{self.name}.{name}", group, variable, shape, reset, per_synapse))

        for name, _ in () if self.release is None else self.release.variables:
            add(f"release.{name}", source.group, self.own_of_release(name), (source.size,))
        for trace in self.output_traces:
            add(trace.name, target.group, self.own(trace.name), (target.size,))
        for average in self.averages:
            add(average.name, target.group, self.own(average.name), (target.size,), self.reset_of(average))
        if self.counted:
            add("own", target.group, self.own("own"), (target.size,))
        elif self.at_end:
            add("sum", target.group, self.own("sum"), (target.size,))
        if self.counts:
            add("total", self.counter, "total", (self.n_counters,))
        for trace in self.delay_traces("output"):
            add(f"delay.{trace.name}", target.group, self.own_of_delay(trace.name), (target.size,))
        if not self.learns:
            if self.projection.weight.trained:  # presentations do not change them, but they persist
                add("w", self.weights_group, "w", self.shape, None)
            return variables
        for trace in self.input_traces:
            if self.delays_differ:
                add(trace.name, self.group, self.own(trace.name), self.shape)
            else:
                add(trace.name, source.group, self.own(trace.name), (source.size,))
        for trace in self.delay_traces("input"):
            add(f"delay.{trace.name}", self.group, self.own_of_delay(trace.name), self.shape)
        if self.delays_differ:
            add(LAST_ARRIVAL, self.group, LAST_ARRIVAL, self.shape)
        for name in self.synapse_variables:
            add(name, self.group, self.own(name), self.shape)
        if self.rule is not None and self.rule.each_step:
            add(LAST_CHANGE, self.group, LAST_CHANGE, self.shape)
        if self.rule is not None and self.rule.periodically:
            add(SINCE_UPDATE, "", SINCE_UPDATE, (1,))
        add("w", self.weights_group, "w", self.shape, None)
        if self.delay_rule is not None:
            add("d", self.group, DELAY, self.shape, None)
        if self.keeps_delays:
            add(LEFT_WITH, "", LEFT_WITH, self.shape)
        return variables

    def parameters(self) -> dict[str, dict[str, Value]]:
        """Return shared parameters of the Brian2 model that belong to this projection, by group and name."""
        parameters: dict[str, dict[str, Value]] = {
            name: {} for name in (self.source.group, self.target.group, self.group)
        }
        at_target, at_source, at_synapse = (parameters[g] for g in (self.target.group, self.source.group, self.group))
        weight, scale = self.projection.weight.quantities().get("value", 0.0), self.projection.scale
        if self.counted:
            at_target[self.own("w")] = Value(weight * (1.0 if scale is None else scale))
        else:
            if self.projection.one_weight:
                at_synapse["w"] = Value(weight)
            if scale is not None:
                place, name = (at_target, self.own("scale")) if self.at_end else (at_synapse, "scale")
                place[name] = Value(scale)
        if self.release is not None:
            at_source |= {self.own_of_release(name): value for name, value in values_of(self.release).items()}
        if self.rule is not None:
            values = self.values()
            code = " ".join(f"{average.of} {average.on_spike}" for average in self.averages)
            used = {variable.tau for variable in self.output_variables} | words_of(code)
            at_target |= {self.own(name): value for name, value in values.items() if name in used}
            taus = {trace.tau for trace in self.input_traces}
            if self.output_traces:
                at_target[self.own(LEARNS)] = Value(1.0)
            read = words_of(f"{self.rule.on_input_spike} {self.rule.on_output_spike} {self.rule.each_step}")
            if self.delays_differ:
                read |= taus
            else:
                at_source |= {self.own(name): values[name] for name in taus}
            at_synapse |= {synaptic_name(name): value for name, value in values.items() if name in read}
        if self.delay_rule is not None:
            of_delay, outputs = values_of(self.delay_rule), self.delay_traces("output")
            at_target |= {self.own_of_delay(trace.tau): of_delay[trace.tau] for trace in outputs}
            if outputs:
                at_target[self.own(LEARNS)] = Value(1.0)
            read = words_of(f"{self.delay_rule.on_input_spike} {self.delay_rule.on_output_spike}")
            read |= {trace.tau for trace in self.delay_traces("input")}
            at_synapse |= {delay_name(name): value for name, value in of_delay.items() if name in read}
        return parameters


def synaptic_name(name: str) -> str:
    """Return the name of a rule's parameter in synapses, distinct from the names of their neurons."""
    return f"{brian_name(name)}_syn"


def delay_name(name: str) -> str:
    """Return the name in synapses of a parameter of the rule for delays."""
    return f"{brian_name(name)}_delay"


def normalise(w: NDArray[np.float64], weight_sum: float) -> NDArray[np.int64]:
    """Scale each column of `w` to a given sum, in place.

    Parameters
    ----------
    w : ndarray, float64, (n_input, n_exc)
        Weights, changed in place. After scaling a weight may exceed w_max until it is next clipped.
    weight_sum : float
        The sum of each column afterwards: 78 in Diehl & Cook's code.

    Returns
    -------
    ndarray, int64, (n_silent,)
        Columns whose sum is 0 or negligible, which are not scaled.
    """
    return Sum(value=weight_sum).apply(w)
