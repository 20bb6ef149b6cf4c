"""The algorithm of Izhikevich (2006) as a loop over milliseconds, written from the description of its steps.

In each millisecond: neurons that have reached 30 mV fire and are reset; their synapses are potentiated by what is left
of the arrivals before; spikes whose delay is over arrive, and are depressed by what is left of the target's last
spike; then all neurons take two half steps. A spike that is fired now arrives now at synapses whose delay is 1 ms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass
class Spnet:
    """The network and its state.

    Attributes
    ----------
    a, d : ndarray, (n,)
        Parameters of the neurons.
    source, target, delay : ndarray, int64, (n_synapses,)
        Synapses; delays in ms, at least 1.
    s : ndarray, (n_synapses,)
        Weights; negative ones do not learn.
    """

    a: Floats
    d: Floats
    source: Ints
    target: Ints
    delay: Ints
    s: Floats
    a_plus: float = 0.1
    a_minus: float = 0.12
    tau: float = 20.0
    drift: float = 0.01
    keep: float = 0.9
    largest: float = 10.0

    def run(self, thalamic: NDArray[np.int64], period: int) -> tuple[list[tuple[int, int]], Floats]:
        """Return the spikes as (ms, neuron), and the weights at the end.

        Parameters
        ----------
        thalamic : ndarray, int64, (n_ms, n)
            Number of inputs of 20 mV to each neuron in each millisecond.
        period : int
            Milliseconds between two updates of the weights.
        """
        n, plastic, left = len(self.a), self.s >= 0, np.exp(-1 / self.tau)
        v = np.full(n, -65.0)
        u = 0.2 * v
        s, sd = self.s.copy(), np.zeros(len(self.s))
        longest = int(self.delay.max())
        ltd = np.zeros(n)
        ltp = [np.zeros(n) for _ in range(longest + 1)]  # of now, of 1 ms ago, …
        fired_before: list[Ints] = [np.empty(0, np.int64) for _ in range(longest)]
        outgoing = [np.flatnonzero(self.source == i) for i in range(n)]
        spikes = []
        for t in range(len(thalamic)):
            drive = 20.0 * thalamic[t]
            fired = np.flatnonzero(v >= 30)
            v[fired] = -65
            u[fired] += self.d[fired]
            ltp[0][fired], ltd[fired] = self.a_plus, self.a_minus
            spikes += [(t, int(i)) for i in fired]
            reached = np.isin(self.target, fired)
            history = np.stack(ltp)
            sd[reached] += history[self.delay[reached], self.source[reached]]
            fired_before = [fired, *fired_before[: longest - 1]]
            for ago, those in enumerate(fired_before):
                for i in those:
                    arriving = outgoing[i][self.delay[outgoing[i]] == ago + 1]
                    np.add.at(drive, self.target[arriving], s[arriving])
                    learning = arriving[plastic[arriving]]
                    sd[learning] -= ltd[self.target[learning]]
            for _ in range(2):
                v += 0.5 * ((0.04 * v + 5) * v + 140 - u + drive)
            u += self.a * (0.2 * v - u)
            ltp = [ltp[0] * left, *ltp[:-1]]
            ltd = ltd * left
            if t and t % period == 0:
                s[plastic] = np.clip(s[plastic] + self.drift + sd[plastic], 0, self.largest)
                sd *= self.keep
        return spikes, s
