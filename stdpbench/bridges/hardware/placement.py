"""Distribute the neurons of a network over the cores of a chip.

The neurons of a population fill cores one after the other, as many in each as its neurons, its memory for synapses
and the sources that reach it permit; a core holds neurons of one population. The result is a lower bound where a chip
needs memory that is not counted, and could be less where populations share a core.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stdpbench.bridges.hardware.needs import Needs
from stdpbench.bridges.hardware.targets import Cores, Target


@dataclass(frozen=True)
class Placement:
    """Neurons on cores.

    Attributes
    ----------
    cores : mapping of str to int or None
        Number of cores of each population; None if it cannot be placed.
    largest : mapping of str to int
        Largest number of its neurons on one core.
    problems : mapping of str to str
        Why a population cannot be placed, as a clause.
    """

    cores: Mapping[str, int | None]
    largest: Mapping[str, int]
    problems: Mapping[str, str]

    @property
    def total(self) -> int | None:
        """Number of cores of all populations; None if one cannot be placed."""
        known = [each for each in self.cores.values() if each is not None]
        return sum(known) if len(known) == len(self.cores) else None

    def most_neurons(self, population: str) -> int:
        """Return the largest number of neurons of a population on one core."""
        return self.largest.get(population, 0)

    def reached(self, needs: Needs, population: str) -> int | None:
        """Return the largest number of cores that a neuron of a population reaches; None if not all are placed."""
        total = 0
        for each in needs.out_of(population):
            cores = self.cores[each.target]
            if cores is None:
                return None
            total += min(cores, int(each.fan_out.max(initial=0)))
        return total


def place(needs: Needs, target: Target) -> Placement:
    """Place the populations of a network, those with most synapses first."""
    left = {each: each.count for each in target.cores}
    bits, sources = target.limits["weight bits"], target.limits.get("sources per core")
    per_synapse = 8 * -(-int(bits.value) // 8)
    cores, largest, problems = dict[str, int | None](), dict[str, int](), dict[str, str]()
    for name in sorted(needs.populations, key=lambda name: -int(needs.fan_in(name).sum())):
        fan_in, most = int(needs.fan_in(name).max(initial=0)), None
        if sources is not None:
            if fan_in > sources.value:
                cores[name], problems[name] = None, f"a neuron has {fan_in} sources"
                continue
            most = _together(needs, name, int(sources.value))
        cores[name], largest[name] = _fill(needs.populations[name].n, fan_in * per_synapse, left, most)
        if cores[name] is None:
            problems[name] = "more than the cores that are left hold"
    return Placement({name: cores[name] for name in needs.populations}, largest, problems)


def _together(needs: Needs, population: str, limit: int) -> int | None:
    """Return how many neurons of a population can lie on a core that a limited number of sources reaches.

    Sources that reach all of its neurons count once for a core; others, in the worst case, once for each neuron.
    None: any number.
    """
    sources = {each.name: int((each.fan_out > 0).sum()) for each in needs.into(population)}
    if sum(sources.values()) <= limit:
        return None
    apart = [each for each in needs.into(population) if each.fan_in.min(initial=0) < sources[each.name]]
    own = sum(int(each.fan_in.max(initial=0)) for each in apart)
    shared = sum(sources.values()) - sum(sources[each.name] for each in apart)
    return max(1, (limit - shared) // own) if own else None


def _fill(n: int, bits: int, left: dict[Cores, int], most: int | None) -> tuple[int | None, int]:
    """Take cores for n neurons with synapses of so many bits each; return their number, and the neurons of one."""
    taken, largest = 0, 0
    for size in left:
        fit = size.neurons if size.synapse_bits is None or not bits else min(size.neurons, size.synapse_bits // bits)
        fit = fit if most is None else min(fit, most)
        while n > 0 and fit > 0 and left[size] > 0:
            wanted = min(left[size], -(-n // fit))
            left[size] -= wanted
            taken += wanted
            largest = max(largest, min(n, fit))
            n -= wanted * fit
    return (None if n > 0 else taken), largest
