"""Neurons written once more, in plain NumPy: kernels summed over all spikes, matrix exponentials, a published script.

Nothing of their declarations is used but the parameters. Times are in ms, potentials in mV, currents in pA.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

Floats = NDArray[np.float64]


@dataclass
class Reference:
    """Some neurons of one kind: what has arrived at them, and when they have fired.

    Attributes
    ----------
    p : object
        The neuron with its parameters.
    arrived : list of tuple
        (step, excitation, inhibition) of all that has arrived; each is an array of weights, one per neuron.
    fired : list of ndarray of bool
        Per step, who has fired.
    v : ndarray
        Potential at the end of the last step.
    """

    p: Any
    n: int
    dt: float
    arrived: list[tuple[int, Floats, Floats]] = field(default_factory=list)
    fired: list[NDArray[np.bool_]] = field(default_factory=list)
    v: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.v = np.full(self.n, self.rest())
        self.begin()

    def rest(self) -> float:
        return float(self.p.v_rest)

    def begin(self) -> None:
        """Set up variables of its own."""

    def step(self, t: int) -> NDArray[np.bool_]:
        """Take step t, and return who fires; what arrives in it, and resets, come afterwards."""
        raise NotImplementedError

    def reset(self, who: NDArray[np.bool_]) -> None:
        self.v[who] = self.p.v_reset

    def refractory(self, t: int) -> NDArray[np.bool_]:
        """Who has fired less than the refractory period ago."""
        steps = round(self.p.t_ref / self.dt)
        recent = self.fired[max(0, t - steps + 1) : t]
        return np.any(recent, axis=0) if recent else np.zeros(self.n, bool)

    def sum_of(self, side: int, kernel: Any, t: int, since: NDArray[np.int64] | None = None) -> Floats:
        """A kernel of the time in ms, summed over what has arrived before step t and, if given, after `since`."""
        total = np.zeros(self.n)
        for step, *weights in self.arrived:
            counts = np.ones(self.n, bool) if since is None else since < step
            total += np.where(counts, weights[side] * kernel((t - step) * self.dt), 0.0)
        return total


class Conductances(Reference):
    """`lif` and `lif-alpha`: v takes an exponential Euler step with the conductances at its start."""

    alpha = False

    def course(self, side: int, tau: float, t: int) -> Floats:
        if self.alpha:
            return self.sum_of(side, lambda s: s / tau * np.exp(1 - s / tau), t)
        return self.sum_of(side, lambda s: np.exp(-s / tau), t)

    def step(self, t: int) -> NDArray[np.bool_]:
        p = self.p
        ge, gi = self.course(0, p.tau_ge, t - 1), self.course(1, p.tau_gi, t - 1)
        total = 1 + ge + gi
        # pA / nS = mV
        goal = (p.v_rest + ge * p.E_exc + gi * p.E_inh + p.I_background / p.g_L) / total
        moved = goal + (self.v - goal) * np.exp(-total * self.dt / p.tau_m)
        held = self.refractory(t)
        self.v = np.where(held, self.v, moved)
        return (self.v > p.v_thresh) & ~held


class AlphaConductances(Conductances):
    alpha = True


class Currents(Reference):
    """`lif-current` and `lif-current-alpha`: the linear system by a matrix exponential."""

    alpha = False

    def begin(self) -> None:
        p = self.p
        # v, then current and rise of both sides, then a constant 1
        system = np.zeros((6, 6))
        system[0, 0] = -1 / p.tau_m
        system[0, 1], system[0, 3] = 1 / p.g_L / p.tau_m, -1 / p.g_L / p.tau_m
        system[0, 5] = (p.v_rest + p.I_background / p.g_L) / p.tau_m
        for at, tau in ((1, p.tau_exc), (3, p.tau_inh)):
            system[at, at] = system[at + 1, at + 1] = -1 / tau
            system[at, at + 1] = np.e / tau if self.alpha else 0.0
        self.propagator = expm(system * self.dt)
        self.state = np.zeros((6, self.n))
        self.state[5] = 1.0
        self.seen = 0

    def step(self, t: int) -> NDArray[np.bool_]:
        for _, excitation, inhibition in self.arrived[self.seen :]:
            self.state[2 if self.alpha else 1] += excitation
            self.state[4 if self.alpha else 3] += inhibition
        self.seen = len(self.arrived)
        self.state[0] = self.v
        self.state = self.propagator @ self.state
        held = self.refractory(t)
        self.v = np.where(held, self.v, self.state[0])
        return (self.v > self.p.v_thresh) & ~held


class AlphaCurrents(Currents):
    alpha = True


class Published(Reference):
    """`izhikevich`: the lines of the published script, for any step."""

    def rest(self) -> float:
        return float(self.p.v_start)

    def begin(self) -> None:
        self.u = self.p.b * self.v

    def step(self, t: int) -> NDArray[np.bool_]:
        p, dt, v, u = self.p, self.dt, self.v, self.u
        current = np.full(self.n, p.I_background)
        for step, excitation, inhibition in self.arrived:
            if step == t - 1:
                current += (excitation - inhibition) / dt
        v = v + dt / 2 * ((0.04 * v + 5) * v + 140 - u + current)
        v = v + dt / 2 * ((0.04 * v + 5) * v + 140 - u + current)
        self.v, self.u = v, u + dt * p.a * (p.b * v - u)
        return self.v >= p.v_peak

    def reset(self, who: NDArray[np.bool_]) -> None:
        self.v[who] = self.p.c
        self.u[who] += self.p.d


class Kernels(Reference):
    """`srm-masquelier`: kernels, summed over the spikes since the last output spike."""

    def rest(self) -> float:
        return 0.0

    def begin(self) -> None:
        self.last = np.full(self.n, -1)
        fine = np.linspace(0, 10 * self.p.tau_m, 2_000_001)
        self.K = 1 / (np.exp(-fine / self.p.tau_m) - np.exp(-fine / self.p.tau_s)).max()

    def step(self, t: int) -> NDArray[np.bool_]:
        p = self.p

        def difference(s: Any) -> Any:
            return np.exp(-s / p.tau_m) - np.exp(-s / p.tau_s)

        before, s = self.v, (t - self.last) * self.dt
        after = p.v_thresh * (p.K_1 * np.exp(-s / p.tau_m) - p.K_2 * difference(s))
        sums = [self.sum_of(side, lambda s: self.K * difference(s), t, self.last) for side in (0, 1)]
        self.v = np.where(self.last >= 0, after, 0.0) + sums[0] - sums[1]
        return (self.v >= p.v_thresh) & (before < p.v_thresh)

    def reset(self, who: NDArray[np.bool_]) -> None:
        self.last[who] = len(self.fired) - 1
        self.v[who] = self.p.K_1 * self.p.v_thresh


class Difference(Reference):
    """`lif-discrete`: the difference equation of textbooks, step by step."""

    def rest(self) -> float:
        return 0.0

    def begin(self) -> None:
        self.since = np.full(self.n, 1_000_000)  # steps since the last spike
        self.due = np.zeros(self.n, bool)

    def limit(self) -> Any:
        return self.p.v_thresh

    def amount(self) -> Any:
        return self.limit() if self.p.v_reset is None else self.p.v_reset

    def step(self, t: int) -> NDArray[np.bool_]:
        p, start, subtracted = self.p, self.v, np.zeros(self.n)
        beta = np.exp(-self.dt / p.tau_m) if p.beta is None else p.beta
        excitation, inhibition = np.zeros(self.n), np.zeros(self.n)
        for step, *weights in self.arrived[-1:]:
            if step == t - 1:
                excitation, inhibition = weights
        if p.reset_mechanism == "subtract":
            subtracted = np.where(self.due, self.amount(), 0.0)
        else:
            start = np.where(self.due, 0.0 if p.reset_mechanism == "zero" else p.v_reset, start)
        self.since += 1
        held = self.since <= p.refractory_steps
        self.v = np.where(held, start, beta * start + (excitation - inhibition) + p.I_background) - subtracted
        return (self.v > self.limit()) & ~held

    def reset(self, who: NDArray[np.bool_]) -> None:
        self.since[who] = 0
        self.due = who & (self.p.reset_step == "next")
        if self.p.reset_step == "same":
            after = {"subtract": self.v - self.amount(), "zero": np.zeros(self.n)}
            self.v = np.where(who, after.get(self.p.reset_mechanism, self.p.v_reset), self.v)


REFERENCES: Mapping[str, type[Reference]] = {
    "lif": Conductances,
    "lif-alpha": AlphaConductances,
    "lif-current": Currents,
    "lif-current-alpha": AlphaCurrents,
    "izhikevich": Published,
    "srm-masquelier": Kernels,
    "lif-discrete": Difference,
}
