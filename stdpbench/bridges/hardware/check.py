"""Compare the requirements of a network with the limits of a chip, and format the result as tables and sentences.

The neurons of a population fill cores one after the other, up to the limits of a core on neurons, memory for synapses
and sources; a core holds neurons of one population. The number of cores is a lower bound if a chip needs memory that
is not counted, and could be smaller if populations shared cores.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import log, log2
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.text_table import plain_table
from stdpbench.base.units import scientific, signed, thousands
from stdpbench.bridges.hardware.needs import Needs
from stdpbench.bridges.hardware.targets import Cores, Target


@dataclass(frozen=True, eq=False)
class Activity:
    """Mean spikes of each neuron per stimulus.

    Attributes
    ----------
    spikes : mapping of str to ndarray, float64, (n,)
        Spikes of each neuron, for the populations with known spikes.
    origin : mapping of str to str
        How the spikes of a population were measured, as a clause.
    steps : int
        Time steps of a stimulus; 0 if there are no stimuli.
    missing : str
        Why spikes of other populations are unknown, as a clause.
    currents : bool
        Whether the input has constant currents instead of spikes.
    """

    spikes: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)
    steps: int = 0
    missing: str = "not kept by the run; `stdpbench report` measures them"
    currents: bool = False


@dataclass(frozen=True)
class Placement:
    """Neurons on cores.

    Attributes
    ----------
    cores : mapping of str to int or None
        Number of cores of each population; None if it cannot be placed.
    largest : mapping of str to int
        Largest number of neurons of each population on one core.
    problems : mapping of str to str
        Why a population cannot be placed, as a clause.
    """

    cores: Mapping[str, int | None]
    largest: Mapping[str, int]
    problems: Mapping[str, str]

    @property
    def total(self) -> int | None:
        """Number of cores of all populations; None if one cannot be placed."""
        known = [cores for cores in self.cores.values() if cores is not None]
        return sum(known) if len(known) == len(self.cores) else None

    def reached(self, needs: Needs, population: str) -> int | None:
        """Return the largest number of cores that a neuron of a population reaches; None if not all are placed."""
        total = 0
        for projection in [one for one in needs.projections.values() if one.source == population]:
            cores = self.cores[projection.target]
            if cores is None:
                return None
            total += min(cores, int(projection.fan_out.max(initial=0)))
        return total


def place(needs: Needs, target: Target) -> Placement:
    """Place the populations of a network on cores, those with most synapses first."""
    free = {size: size.count for size in target.cores}
    bits, sources = target.limits["weight bits"], target.limits.get("sources per core")
    per_synapse = 8 * -(-int(bits.value) // 8)
    cores, largest, problems = dict[str, int | None](), dict[str, int](), dict[str, str]()
    for name in sorted(needs.populations, key=lambda name: -int(needs.fan_in(name).sum())):
        fan_in, most = int(needs.fan_in(name).max(initial=0)), None
        if sources is not None:
            if fan_in > sources.value:
                cores[name], problems[name] = None, f"a neuron has {fan_in} sources"
                continue
            most = _neurons_per_core(needs, name, int(sources.value))
        cores[name], largest[name] = _fill(needs.populations[name].n, fan_in * per_synapse, free, most)
        if cores[name] is None:
            problems[name] = "more than the remaining cores can hold"
    return Placement({name: cores[name] for name in needs.populations}, largest, problems)


def _neurons_per_core(needs: Needs, population: str, limit: int) -> int | None:
    """Return how many neurons of a population fit on a core with a limited number of sources; None: any number.

    A source that reaches all neurons of the population counts once per core; others, in the worst case, once per
    neuron.
    """
    sources = {projection.name: int((projection.fan_out > 0).sum()) for projection in needs.into(population)}
    if sum(sources.values()) <= limit:
        return None
    partial = [
        projection
        for projection in needs.into(population)
        if projection.fan_in.min(initial=0) < sources[projection.name]
    ]
    per_neuron = sum(int(projection.fan_in.max(initial=0)) for projection in partial)
    shared = sum(sources.values()) - sum(sources[projection.name] for projection in partial)
    return max(1, (limit - shared) // per_neuron) if per_neuron else None


def _fill(n: int, bits: int, free: dict[Cores, int], most: int | None) -> tuple[int | None, int]:
    """Reserve cores for n neurons with synapses of `bits` bits each; return their number, and the neurons per core."""
    used, largest = 0, 0
    for size in free:
        fit = size.neurons if size.synapse_bits is None or not bits else min(size.neurons, size.synapse_bits // bits)
        fit = fit if most is None else min(fit, most)
        while n > 0 and fit > 0 and free[size] > 0:
            n_cores = min(free[size], -(-n // fit))
            free[size] -= n_cores
            used += n_cores
            largest = max(largest, min(n, fit))
            n -= n_cores * fit
    return (None if n > 0 else used), largest


Verdict = Literal["fits", "rounded", "does not fit"]
"""``"rounded"``: the network fits, but the chip rounds values."""


_CURRENTS: Final = (
    "The input is currents, without spikes: whether and at what cost the chip accepts them is not compared."
)
_THRESHOLDS: Final = "Thresholds are not compared with the range of potentials."


@dataclass(frozen=True)
class Row:
    """A comparison of a requirement with a limit.

    Attributes
    ----------
    what : str
        Name of the compared quantity.
    where : str
        Name of the population or projection; empty for the whole network.
    value : str
        Requirement of the network.
    limit : str
        Limit of the chip.
    verdict : {"fits", "rounded", "does not fit"}
        The result.
    source : str
        Source of the limit.
    """

    what: str
    where: str
    value: str
    limit: str
    verdict: Verdict
    source: str


@dataclass(frozen=True)
class Energy:
    """Energy of a stimulus for one kind of operation.

    Attributes
    ----------
    operation : str
        The operation.
    picojoule : float
        Energy of one operation.
    count : float or None
        Operations per stimulus; None if unknown.
    note : str
        Conditions of the figure.
    source : str
        Source of the figure.
    """

    operation: str
    picojoule: float
    count: float | None
    note: str
    source: str

    @property
    def nanojoule(self) -> float | None:
        """Energy per stimulus, in nJ."""
        return None if self.count is None else self.count * self.picojoule * 1e-3


@dataclass(frozen=True, eq=False)
class ChipCheck:
    """Result of a check.

    Attributes
    ----------
    target : Target
        The chip.
    rows : tuple of Row
        Comparisons.
    cores : int or None
        Minimum number of cores; None if the network cannot be placed.
    spikes, operations : mapping of str to float or None
        Spikes of each population, and synaptic operations of each projection, per stimulus; None: unknown.
    origin : mapping of str to str
        How the spikes of a population were measured, or why they are unknown.
    energies : tuple of Energy
        Energy per stimulus by the published figures.
    remarks : tuple of str
        Sentences on what is not compared.
    """

    target: Target
    rows: tuple[Row, ...]
    cores: int | None
    spikes: Mapping[str, float | None]
    operations: Mapping[str, float | None]
    origin: Mapping[str, str]
    energies: tuple[Energy, ...]
    remarks: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether no requirement exceeds a limit."""
        return all(row.verdict != "does not fit" for row in self.rows)

    @property
    def total_operations(self) -> float | None:
        """Synaptic operations per stimulus; None if those of a projection are unknown."""
        return _total(self.operations)

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values for a JSON file."""
        return {
            "target": self.target.name,
            "title": self.target.title,
            "fits": self.fits,
            "rows": [asdict(row) for row in self.rows],
            "cores": self.cores,
            "spikes_per_stimulus": dict(self.spikes),
            "spikes_measured": dict(self.origin),
            "operations_per_stimulus": dict(self.operations),
            "operations": self.total_operations,
            "energy": [asdict(energy) | {"nanojoule": energy.nanojoule} for energy in self.energies],
            "remarks": list(self.remarks),
        }


def check(needs: Needs, target: Target, activity: Activity) -> ChipCheck:
    """Compare a network with a chip.

    Parameters
    ----------
    needs : Needs
        Requirements of the network.
    target : Target
        The chip.
    activity : Activity
        Known spikes per stimulus.
    """
    placement = place(needs, target)
    rows = tuple(row for compare in _CHECKS for row in compare(needs, target, placement))
    spikes = {name: _sum(activity.spikes.get(name)) for name in [*filter(None, [needs.input]), *needs.populations]}
    operations = {name: _operations(needs, name, activity.spikes) for name in needs.projections}
    updates = float(sum(population.n for population in needs.populations.values()) * activity.steps)
    counts = {"synaptic operation": _total(operations), "neuron update": updates or None}
    energies = tuple(
        Energy(name, figure.value, counts[name], figure.unit.partition(", ")[2], figure.origin)
        for name, figure in target.energies.items()
    )
    origin = {name: activity.origin.get(name, activity.missing) for name in spikes}
    remarks = (*((_CURRENTS,) if activity.currents else ()), *needs.unchecked, *target.remarks, _THRESHOLDS)
    return ChipCheck(target, rows, placement.total, spikes, operations, origin, energies, remarks)


def _sum(spikes: NDArray[Any] | None) -> float | None:
    return None if spikes is None else float(spikes.sum())


def _operations(needs: Needs, projection: str, spikes: Mapping[str, NDArray[Any]]) -> float | None:
    """Return the number of arrivals at synapses of nonzero weight per stimulus; None if unknown."""
    source_spikes = spikes.get(needs.projections[projection].source)
    return None if source_spikes is None else float(source_spikes @ needs.projections[projection].fan_out)


def _total(operations: Mapping[str, float | None]) -> float | None:
    known = [count for count in operations.values() if count is not None]
    return sum(known) if len(known) == len(operations) else None


# -- what is compared ----------------------------------------------------------------------------------------------

_Check = Callable[[Needs, Target, Placement], Iterator[Row]]


def _number(value: float) -> str:
    """Format a number; whole numbers have thin spaces."""
    return thousands(int(value)) if value == int(value) else f"{value:g}"


def _compare(needs: Needs, target: Target, quantity: str, limit: str, values: Mapping[str, float]) -> Iterator[Row]:
    """Compare a number per population or projection with a limit, if the chip has it."""
    figure = target.limits.get(limit)
    if figure is None:
        return
    for where, value in values.items():
        verdict: Verdict = "fits" if value <= figure.value else "does not fit"
        limit = f"{_number(figure.value)} {figure.unit}"
        yield Row(quantity, where, _number(value), limit, verdict, figure.origin)


def _cores(needs: Needs, target: Target, placement: Placement) -> Iterator[Row]:
    figure = target.cores_source
    for name, population in needs.populations.items():
        cores = placement.cores[name]
        most = max(size.neurons for size in target.cores)
        value = f"{thousands(population.n)} neurons, {thousands(int(needs.fan_in(name).sum()))} synapses"
        if cores is None:
            reason = placement.problems[name]
            limit = f"{figure.value:g} {figure.unit}"
            yield Row("cores", name, f"{value}: {reason}", limit, "does not fit", figure.origin)
        else:
            yield Row(
                "cores", name, f"{value}: {cores}", f"at most {thousands(most)} neurons each", "fits", figure.origin
            )
    if placement.total is not None:
        limit = f"{figure.value:g} {figure.unit}"
        yield Row("cores in all", "", f"{placement.total}", limit, "fits", figure.origin)


def _fan_in(needs: Needs, target: Target, placement: Placement) -> Iterator[Row]:
    fan_in = {name: float(needs.fan_in(name).max(initial=0)) for name in needs.populations}
    yield from _compare(needs, target, "fan-in of a neuron", "sources per core", fan_in)


def _fan_out(needs: Needs, target: Target, placement: Placement) -> Iterator[Row]:
    reached = {name: placement.reached(needs, name) for name in needs.populations}
    known = {name: float(n) for name, n in reached.items() if n is not None}
    yield from _compare(needs, target, "cores that a neuron reaches", "cores per neuron", known)
    pairs = {name: n * placement.largest.get(name, 0) for name, n in known.items()}
    yield from _compare(needs, target, "output axons of a core", "axons per core", pairs)


def _weights(needs: Needs, target: Target, placement: Placement) -> Iterator[Row]:
    figure = target.limits.get("weight bits")
    if figure is None:
        return
    for name, projection in needs.projections.items():
        largest = float(projection.weights.max(initial=0.0))
        if largest == 0:
            continue
        sign = target.limits.get("sign bits") if projection.both_signs else None
        levels = 2 ** (figure.value - (0 if sign is None else sign.value)) - 1
        level = np.rint(projection.weights / largest * levels)
        lost = float((level == 0).mean())
        exact = bool(np.allclose(projection.weights, level * (largest / levels), rtol=1e-12))
        smallest = float(projection.weights.min())
        value = f"{scientific(smallest)} – {largest:.3g}" if smallest < largest else f"{largest:.3g}"
        if not exact:
            value += f", in steps of {scientific(largest / levels, 2)}: {100 * lost:.3g} % become 0"
        limit = f"{figure.value:g} {figure.unit}"
        if sign is not None:
            limit += f"; {sign.value:g} {sign.unit}"
        yield Row("weights", name, value, limit, "fits" if exact else "rounded", figure.origin)
    yield from _compare(
        needs,
        target,
        "different weights of a neuron",
        "weights per neuron",
        {name: float(projection.distinct) for name, projection in needs.projections.items()},
    )


def _weight_range(needs: Needs, target: Target, placement: Placement) -> Iterator[Row]:
    """Compare the largest weights of projections to the same population, which share a scale."""
    powers = {}
    for name in needs.populations:
        largest = [projection.weights.max() for projection in needs.into(name) if len(projection.weights)]
        if len(largest) > 1:
            powers[name] = round(log2(max(largest) / min(largest)), 2)
    yield from _compare(needs, target, "powers of two between largest weights", "weight range", powers)


def _delays(needs: Needs, target: Target, placement: Placement) -> Iterator[Row]:
    delayed = {name: float(p.delay[1]) for name, p in needs.projections.items() if p.delay[1]}
    yield from _compare(needs, target, "longest delay", "longest delay", delayed)
    if (lack := target.lacks.get("delays")) is not None:
        for name, steps in delayed.items():
            yield Row("delays", name, f"up to {steps:g} time steps", lack.reason, "does not fit", lack.source)


def _decay(needs: Needs, target: Target, placement: Placement) -> Iterator[Row]:
    figure = target.limits.get("decay bits")
    if figure is None:
        return
    unity = 2**figure.value
    for name, population in needs.populations.items():
        for decay in population.decays:
            lost = round(unity * (1 - decay.kept))
            limit = f"{figure.value:g} {figure.unit}"
            if lost == 0:
                longest = -1 / log(1 - 1 / unity)
                value = f"{decay.name} = {decay.value}: longer than the longest, {longest * needs.dt:.4g} ms"
                yield Row("decay", name, value, limit, "does not fit", figure.origin)
                continue
            exact = abs(lost - unity * (1 - decay.kept)) < 1e-9
            value = f"{decay.name} = {decay.value}: {lost}/{unity:g} per step"
            if not exact and lost < unity and decay.kept > 0:
                deviation = log(decay.kept) / log(1 - lost / unity) - 1
                value += f", a time constant {signed(100 * deviation, '.2g')} % off"
            yield Row("decay", name, value, limit, "fits" if exact else "rounded", figure.origin)


def _refractory(needs: Needs, target: Target, placement: Placement) -> Iterator[Row]:
    periods = {name: float(p.refractory) for name, p in needs.populations.items() if p.refractory}
    yield from _compare(needs, target, "refractory period", "longest refractory period", periods)


def _neurons(needs: Needs, target: Target, placement: Placement) -> Iterator[Row]:
    for name, population in needs.populations.items():
        for name_of_property in population.properties:
            if (lack := target.lacks.get(name_of_property)) is not None:
                yield Row(name_of_property, name, population.kind, lack.reason, "does not fit", lack.source)


_CHECKS: Final[tuple[_Check, ...]] = (
    _cores,
    _fan_in,
    _fan_out,
    _weights,
    _weight_range,
    _delays,
    _decay,
    _refractory,
    _neurons,
)


_UNITS = {"J": 1e12, "mJ": 1e9, "µJ": 1e6, "nJ": 1e3, "pJ": 1.0}
_HEADINGS = ("what", "where", "network", "chip", "verdict", "source")


def energy_text(picojoule: float) -> str:
    """Return an energy with a unit and three digits."""
    unit = next((name for name, size in _UNITS.items() if picojoule >= size), "pJ")
    return f"{picojoule / _UNITS[unit]:.3g} {unit}"


def energy_sentence(energy: Energy) -> str:
    """Return a sentence on the energy of one kind of operation per stimulus."""
    amount = "not known" if energy.nanojoule is None else f"{energy_text(1e3 * energy.nanojoule)} per stimulus"
    note = f" ({energy.note})" if energy.note else ""
    return f"energy of {energy.operation}s: {amount}, at {energy_text(energy.picojoule)} each{note}"


def count_text(value: float | None) -> str:
    """Format a mean count."""
    return "not known" if value is None else f"{value:.1f}"


def sources(check: ChipCheck) -> dict[str, int]:
    """Return the sources of a check, numbered from 1 in the order in which they are used."""
    distinct = dict.fromkeys([*(row.source for row in check.rows), *(energy.source for energy in check.energies)])
    return {source: number for number, source in enumerate(distinct, 1)}


def verdict_text(check: ChipCheck) -> str:
    """Return the name of the chip, and whether the network fits it."""
    return f"{check.target.title}: {'fits' if check.fits else 'does not fit'}"


def activity_rows(check: ChipCheck) -> list[tuple[str, str, str]]:
    """Return the activity per stimulus: quantity, mean, and how it was measured."""
    rows = [(f"spikes of {name}", count_text(n), check.origin[name]) for name, n in check.spikes.items()]
    rows += [(f"synaptic operations of {name}", count_text(n), "") for name, n in check.operations.items()]
    return [*rows, ("synaptic operations", count_text(check.total_operations), "")]


def plain_text(checks: Sequence[ChipCheck], name: str = "", width: int = sys.maxsize) -> str:
    """Return checks as text with aligned columns, for a fixed-width font.

    Parameters
    ----------
    checks : sequence of ChipCheck
        The checks of one network.
    name : str
        Name of the run, for the first line.
    width : int
        Letters of a line, into which tables have to fit.
    """
    lines = [f"Chip check of {name}", ""] if name else []
    if checks:
        rows = activity_rows(checks[0])
        lines += ["per stimulus", plain_table(("what", "mean", "measured"), rows, right=(1,), width=width)]
    for check in checks:
        number = sources(check)
        compared = [
            (row.what, row.where, row.value, row.limit, row.verdict, str(number[row.source])) for row in check.rows
        ]
        lines += [verdict_text(check), plain_table(_HEADINGS, compared, right=(5,), width=width).rstrip()]
        lines += [f"{energy_sentence(energy)}; source {number[energy.source]}" for energy in check.energies]
        lines += [*check.remarks, *(f"  {n}: {source}" for source, n in number.items()), ""]
    return "\n".join(lines)
