"""Polychronous groups: neurons that fire in a fixed pattern because of their delays, after Izhikevich (2006).

For each excitatory neuron, the mother, all triplets of neurons with a strong synapse onto it are anchors: in the
network at rest, each fires once, so that all three spikes arrive at the mother at the same time. The following
activity is simulated without noise, plasticity, and weak synapses between excitatory neurons. All its spikes form the
*group*. The *links* of a spike are the arrivals in the 10 ms before it. The *path* of a neuron is one link longer than
the longest path of the sources of its links. A group counts if its longest path has at least 7 links, and if each
anchor is part of at least two, since otherwise fewer anchors would start it.

This follows the author's program `polychron`, as known from adaptations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STRONG, SHORTEST, WIDTH = 0.95, 7, 3
_LONGEST = 150  # ms, maximum duration of a group
_WINDOW = 10  # ms before a spike in which arrivals count as its links
_AT_ONCE = 512  # triplets per simulation
_QUIET = 25  # ms after the last arrival in which a neuron may still fire


@dataclass(frozen=True, eq=False)
class Wiring:
    """A network of Izhikevich neurons in steps of 1 ms: the properties on which groups depend.

    Attributes
    ----------
    a, b, c, d : ndarray, float64, (n,)
        Parameters of the neurons, in mV and ms.
    excitatory : ndarray, bool, (n,)
        Whether each neuron is excitatory.
    source, target, delay : ndarray, int64, (n_synapses,)
        Synapses; delay in ms, from a spike to the step in which it acts, at least 1.
    weight : ndarray, float64, (n_synapses,)
        Weights in mV; negative for inhibition.
    w_max : float
        Largest weight of excitatory synapses.
    """

    a: Floats
    b: Floats
    c: Floats
    d: Floats
    excitatory: NDArray[np.bool_]
    source: Ints
    target: Ints
    delay: Ints
    weight: Floats
    w_max: float


@dataclass(frozen=True, eq=False)
class Group:
    """A polychronous group.

    Attributes
    ----------
    mother : int
        Neuron at which the spikes of the anchors arrive at the same time.
    anchors : tuple of int
        Neurons that start the group.
    spikes : tuple of (int, int)
        Time in ms and neuron of each spike, including those of the anchors.
    links : tuple of (int, int, int, int, int)
        Time and neuron of a spike, time of its arrival, neuron and time of the resulting spike.
    path : int
        Number of links of the longest path.
    """

    mother: int
    anchors: tuple[int, ...]
    spikes: tuple[tuple[int, int], ...]
    links: tuple[tuple[int, int, int, int, int], ...]
    path: int


def find_groups(wiring: Wiring, mothers: Iterable[int] | None = None, *, shortest: int = SHORTEST) -> list[Group]:
    """Return the polychronous groups of a network.

    Parameters
    ----------
    wiring : Wiring
        The network.
    mothers : iterable of int, optional
        Neurons to start from. Default: all excitatory ones.
    shortest : int
        Minimum number of links of the longest path of a group.
    """
    excited = wiring.excitatory
    bound = STRONG * wiring.w_max
    weak = excited[wiring.source] & excited[wiring.target] & (wiring.weight < bound)
    order = np.flatnonzero(~weak)
    network = _Network(wiring, order[np.argsort(wiring.source[order], kind="stable")])
    groups = []
    for mother in np.flatnonzero(excited).tolist() if mothers is None else mothers:
        inputs = np.flatnonzero((wiring.target == mother) & excited[wiring.source] & (wiring.weight >= bound))
        latest = int(wiring.delay[inputs].max(initial=0))
        triplets = combinations(inputs.tolist(), WIDTH)
        while block := list(islice(triplets, _AT_ONCE)):
            synapses = np.array(block)
            anchors, times = wiring.source[synapses], latest - wiring.delay[synapses]
            distinct = np.diff(np.sort(anchors, axis=1), axis=1).min(axis=1) > 0
            groups += network.groups(mother, anchors[distinct], times[distinct], shortest)
    return groups


def shuffled(wiring: Wiring, random: np.random.Generator) -> Wiring:
    """Return the network with randomly permuted weights between excitatory neurons, as a baseline."""
    synapses = np.flatnonzero(wiring.excitatory[wiring.source] & wiring.excitatory[wiring.target])
    weight = wiring.weight.copy()
    weight[synapses] = random.permutation(weight[synapses])
    return Wiring(**{**vars(wiring), "weight": weight})


class _Network:
    """The network at rest, which is simulated for many sets of anchors at once."""

    def __init__(self, wiring: Wiring, order: Ints) -> None:
        self._wiring, self._n = wiring, len(wiring.a)
        self._target, self._delay, self._weight = wiring.target[order], wiring.delay[order], wiring.weight[order]
        source = wiring.source[order]
        self._first = np.searchsorted(source, np.arange(self._n + 1))
        into = np.flatnonzero(self._weight > 0)
        into = into[np.argsort(self._target[into], kind="stable")]
        self._into_source, self._into_delay = source[into], self._delay[into]
        self._into_first = np.searchsorted(self._target[into], np.arange(self._n + 1))
        self._slots = int(self._delay.max(initial=1)) + 1
        # the stable potential without input, where 0.04 v^2 + 5 v + 140 = u = b v
        slope = 5 - wiring.b
        self._v = (-slope - np.sqrt(slope**2 - 4 * 0.04 * 140)) / 0.08
        self._needed = 2 if self._silent_alone() else 1

    def _silent_alone(self) -> bool:
        """Return whether no neuron fires after one arrival, so that only neurons with two need to be simulated."""
        v, u, largest = self._v, self._wiring.b * self._v, np.full(self._n, self._weight.max(initial=0.0))
        neuron = np.arange(self._n)
        for _ in range(_LONGEST):
            v, u, fires = self._step(v, u, largest, neuron)
            if fires.any():
                return False
            largest = np.zeros(self._n)
        return True

    def _step(self, v: Floats, u: Floats, drive: Floats, neuron: Ints) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Return potential and recovery of neurons after a step, and whether each fires."""
        wiring = self._wiring
        for _ in range(2):
            v = v + 0.5 * ((0.04 * v + 5) * v + 140 - u + drive)
        u = u + wiring.a[neuron] * (wiring.b[neuron] * v - u)
        fires = v >= 30
        v[fires] = wiring.c[neuron[fires]]
        u[fires] += wiring.d[neuron[fires]]
        return v, u, fires

    def groups(self, mother: int, anchors: Ints, times: Ints, shortest: int) -> list[Group]:
        """Return the groups started by sets of anchors that fire at `times`."""
        spikes, links = self._simulate(anchors, times)
        result = []
        long_enough = np.bincount(links[:, 0], minlength=len(anchors)) >= shortest
        for k in np.flatnonzero(long_enough).tolist():
            group_links = links[links[:, 0] == k, 1:]
            path = dict[int, int]()
            for _, source, _, target, _ in group_links.tolist():
                path[target] = max(path.get(target, 0), 1 + path.get(source, 0))
            longest = max(path.values())
            useful = all(np.count_nonzero(group_links[:, 1] == anchor) >= 2 for anchor in anchors[k].tolist())
            if longest >= shortest and useful:
                rows = (tuple(map(int, row)) for row in group_links.tolist())
                fired = tuple((int(t), int(i)) for _, t, i in spikes[spikes[:, 0] == k].tolist())
                result.append(Group(mother, tuple(anchors[k].tolist()), fired, tuple(rows), longest))  # type: ignore[arg-type]
        return result

    def _simulate(self, anchors: Ints, times: Ints) -> tuple[Ints, Ints]:
        """Return spikes (set, time, neuron) and links (set, time, neuron, arrival, neuron, time), in order."""
        n, n_sets = self._n, len(anchors)
        cells = _Cells(self, n_sets)
        drive = np.zeros((self._slots, n_sets * n))
        last_fired = np.full(n_sets * n, -_LONGEST)
        starts, times = (np.arange(n_sets)[:, None] * n + anchors).reshape(-1), times.reshape(-1)
        alive_until = np.full(n_sets, int(times.max(initial=0)) + _QUIET)
        spikes, links = [np.empty((0, 3), np.int64)], [np.empty((0, 6), np.int64)]
        for t in range(_LONGEST):
            slot, begin = t % self._slots, starts[times == t]
            if t % 10 == 0:
                cells.keep(alive_until >= t)
            cells.activate(begin)
            drive[slot, begin] = 1000.0
            if not len(cells.active) and t > times.max(initial=0):
                break
            fired = cells.step(drive[slot])
            drive[slot] = 0.0
            if not len(fired):
                continue
            last_fired[fired] = t
            alive_until[fired // n] = t + self._slots + _QUIET
            spikes.append(np.stack([fired // n, np.full(len(fired), t), fired % n], axis=1))
            links.append(self._links(fired, last_fired, t))
            spike, synapse = _expand(self._first, fired % n)
            reached = (fired // n)[spike] * n + self._target[synapse]
            arrival = t + self._delay[synapse]
            np.add.at(drive, (arrival % self._slots, reached), self._weight[synapse])
            cells.expect(reached, arrival, self._weight[synapse], t)
        return np.concatenate(spikes), np.concatenate(links)

    def _links(self, fired: Ints, last_fired: Ints, t: int) -> Ints:
        spike, synapse = _expand(self._into_first, fired % self._n)
        number, source = (fired // self._n)[spike], self._into_source[synapse]
        emission = last_fired[number * self._n + source]
        arrival = emission + self._into_delay[synapse]
        recent = (arrival < t) & (arrival > t - _WINDOW)
        columns = (number, emission, source, arrival, (fired % self._n)[spike], np.full(len(spike), t))
        links: Ints = np.stack(columns, axis=1)[recent]
        return links


class _Cells:
    """Neurons of many copies of a network at rest; only neurons that may fire are simulated.

    A neuron does not fire after one arrival; after the second one, it is simulated from the first arrival on.
    """

    def __init__(self, network: _Network, n_sets: int) -> None:
        self._network, n = network, network._n
        self._neuron = np.tile(np.arange(n), n_sets)
        self._v = network._v[self._neuron]
        self._u = network._wiring.b[self._neuron] * self._v
        self._n_arrivals = np.zeros(n_sets * n, np.int64)
        self._first, self._first_weight = np.zeros(n_sets * n, np.int64), np.zeros(n_sets * n)
        self._is_active = np.zeros(n_sets * n, bool)
        self.active = np.empty(0, np.int64)

    def keep(self, alive: NDArray[np.bool_]) -> None:
        """Stop simulating copies without further activity."""
        self.active = self.active[alive[self.active // self._network._n]]

    def activate(self, cells: Ints) -> None:
        """Start simulating neurons from the next step on."""
        new = np.unique(cells[~self._is_active[cells]])
        self._is_active[new] = True
        self.active = np.concatenate([self.active, new])

    def step(self, drive: Floats) -> Ints:
        """Take a step, and return the neurons that fire, ascending."""
        active = self.active
        v, u, fires = self._network._step(self._v[active], self._u[active], drive[active], self._neuron[active])
        self._v[active], self._u[active] = v, u
        return np.sort(active[fires])

    def expect(self, reached: Ints, arrival: Ints, weight: Floats, t: int) -> None:
        """Register arrivals after step t."""
        known = self._n_arrivals[reached]
        np.add.at(self._n_arrivals, reached, 1)
        once = (known == 0) & (self._n_arrivals[reached] == 1)
        self._first[reached[once]], self._first_weight[reached[once]] = arrival[once], weight[once]
        due = reached[(self._n_arrivals[reached] >= self._network._needed) & ~self._is_active[reached]]
        if self._network._needed > 1:
            before = np.unique(reached[(known == 1) & ~self._is_active[reached]])
            self._catch_up(before[self._first[before] <= t], t)
        self.activate(due)

    def _catch_up(self, cells: Ints, t: int) -> None:
        """Simulate neurons with one past arrival up to the end of step t."""
        age = t - self._first[cells]
        for k in range(int(age.max(initial=-1)) + 1):
            selected = cells[age >= k]
            drive = self._first_weight[selected] if k == 0 else np.zeros(len(selected))
            v, u, _ = self._network._step(self._v[selected], self._u[selected], drive, self._neuron[selected])
            self._v[selected], self._u[selected] = v, u


def _expand(first: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """Return, for each synapse of the neurons in `rows`, the index of its neuron in `rows`, and its number."""
    counts = first[rows + 1] - first[rows]
    row = np.repeat(np.arange(len(rows)), counts)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    return row, first[rows][row] + offset
