"""The network of Diehl & Cook (2015) once more, in plain loops, from the design documents and not from the code.

MODEL.md, section 1 gives equations and parameters; section 2 the integrator (exponential Euler for v, conductances
that decay by 1 - dt/tau); ENGINE.md, section 4 the order within a step. Inhibition goes from every
neuron to every other one by itself, every trace lives per synapse or neuron and decays step by step, and time is
counted in whole steps. All units are mV and ms. Nothing of stdpbench is imported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp

import numpy as np
from numpy.typing import NDArray


@dataclass
class ReferenceNetwork:
    """A network, its state and its parameters, with the values of MODEL.md as defaults.

    Attributes
    ----------
    w : ndarray, (n_input, n_exc)
        Weights.
    theta : ndarray, (n_exc,), mV
        Adaptive thresholds.
    delays : ndarray of int, (n_input, n_exc)
        Steps from an input spike to its arrival.
    """

    w: NDArray[np.float64]
    theta: NDArray[np.float64]
    delays: NDArray[np.int64]
    inhibition: str = "layer"
    dt: float = 0.5
    w_exc_inh: float = 10.4
    w_inh_exc: float = 17.0
    theta_plus: float = 0.05
    theta_offset: float = 20.0
    nu_pre: float = 1e-4
    nu_post: float = 1e-2
    w_max: float = 1.0
    tau_x: float = 20.0
    tau_y1: float = 20.0
    tau_y2: float = 40.0
    exc_t_ref: float = 5.0
    inh_t_ref: float = 2.0
    tau_ge: float = 1.0
    tau_gi: float = 2.0
    largest_gi: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        n_input, n = self.w.shape
        self.v_exc, self.v_inh = [-65.0] * n, [-60.0] * n
        self.ge_exc, self.gi_exc, self.ge_inh = [0.0] * n, [0.0] * n, [0.0] * n
        # steps since the last spike of a neuron, long ago at first
        self.since_exc, self.since_inh = [10**6] * n, [10**6] * n
        self.x = np.zeros((n_input, n))  # as each synapse sees it: at its arrival
        self.y1, self.y2 = [0.0] * n, [0.0] * n
        self.inhibit_next: list[int] = []  # direct inhibition that acts one step after the spike

    def present(
        self, spikes: list[tuple[int, int]], n_bins: int, *, plastic: bool
    ) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Show input spikes, (bin, index); gives exc and inh spikes as (bin, index)."""
        arriving: list[list[tuple[int, int]]] = [[] for _ in range(n_bins)]
        for sent, source in sorted(spikes):
            for target in range(self.w.shape[1]):
                arriving[sent + int(self.delays[source, target])].append((source, target))
        exc_spikes: list[tuple[int, int]] = []
        inh_spikes: list[tuple[int, int]] = []
        for now in range(n_bins):
            fired, inh_fired = self._step(arriving[now], plastic)
            exc_spikes += [(now, neuron) for neuron in fired]
            inh_spikes += [(now, neuron) for neuron in inh_fired]
        return exc_spikes, inh_spikes

    def _step(self, events: list[tuple[int, int]], plastic: bool) -> tuple[list[int], list[int]]:
        n = self.w.shape[1]
        # 1. neurons take their step, traces decay
        y1_decay, y2_decay = exp(-self.dt / self.tau_y1), exp(-self.dt / self.tau_y2)
        for j in range(n):
            self._move_exc(j)
            self.y1[j] *= y1_decay
            self.y2[j] *= y2_decay
        if self.inhibition == "layer":
            for j in range(n):
                self._move_inh(j)
        if plastic:
            self.x *= exp(-self.dt / self.tau_x)
        # 2. spikes
        fired = [
            j
            for j in range(n)
            if self.v_exc[j] > -52.0 - self.theta_offset + self.theta[j]
            and self._free(self.since_exc[j], self.exc_t_ref)
        ]
        inh_fired = []
        if self.inhibition == "layer":
            inh_fired = [
                j for j in range(n) if self.v_inh[j] > -40.0 and self._free(self.since_inh[j], self.inh_t_ref)
            ]
        # 3. input events, which read the output traces as they are before this step's output spikes
        for i, j in events:
            self.ge_exc[j] += self.w[i, j]
            if plastic:
                self.w[i, j] = self._clip(self.w[i, j] - self.nu_pre * self.y1[j])
        # 4. input traces are set
        if plastic:
            for i, j in events:
                self.x[i, j] = 1.0
        # 5. output events, which see the input spikes of the same step, and y2 as it was
        if plastic:
            for j in fired:
                grown = self.w[:, j] + self.nu_post * self.x[:, j] * self.y2[j]
                self.w[:, j] = np.minimum(np.maximum(grown, 0.0), self.w_max)
        # 6. reset; output traces are set
        for j in fired:
            self.v_exc[j] = -65.0
            self.since_exc[j] = 0
            self.y1[j] = self.y2[j] = 1.0
            if plastic:
                self.theta[j] += self.theta_plus
            if self.inhibition == "layer":
                self.ge_inh[j] += self.w_exc_inh
        for j in inh_fired:
            self.v_inh[j] = -45.0
            self.since_inh[j] = 0
        # 7. inhibition of all others
        if self.inhibition == "layer":
            inhibiting = inh_fired
        elif self.inhibition == "direct":
            inhibiting, self.inhibit_next = self.inhibit_next, fired
        else:
            inhibiting = fired
        for source in inhibiting:
            for target in range(n):
                if target != source:
                    self.gi_exc[target] += self.w_inh_exc
        self.largest_gi = max(self.largest_gi, *self.gi_exc)
        return fired, inh_fired

    def _free(self, since: int, t_ref: float) -> bool:
        return since >= round(t_ref / self.dt)

    def _clip(self, w: float) -> float:
        return min(max(w, 0.0), self.w_max)

    def _decay(self, tau: float) -> float:
        return 1 - self.dt / tau

    def _move_exc(self, j: int) -> None:
        self.since_exc[j] += 1
        ge, gi = self.ge_exc[j], self.gi_exc[j]
        if self._free(self.since_exc[j], self.exc_t_ref):
            g = 1 + ge + gi
            v_end = (-65.0 + ge * 0.0 + gi * -100.0) / g
            self.v_exc[j] = v_end + (self.v_exc[j] - v_end) * exp(-self.dt * g / 100.0)
        self.ge_exc[j] = ge * self._decay(self.tau_ge)
        self.gi_exc[j] = gi * self._decay(self.tau_gi)

    def _move_inh(self, j: int) -> None:
        self.since_inh[j] += 1
        ge = self.ge_inh[j]
        if self._free(self.since_inh[j], self.inh_t_ref):
            g = 1 + ge
            v_end = (-60.0 + ge * 0.0) / g
            self.v_inh[j] = v_end + (self.v_inh[j] - v_end) * exp(-self.dt * g / 10.0)
        self.ge_inh[j] = ge * self._decay(self.tau_ge)
