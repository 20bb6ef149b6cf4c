"""Direct coding: each value drives a neuron with a current, and the neuron's spikes are the input."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.stimuli import Signal
from stdpbench.declare.parameters import parameter
from stdpbench.kinds.encoding._grey import GreyEncoder
from stdpbench.kinds.encoding.base import Spikes, numbered, sorted_spikes


class Direct(GreyEncoder):
    r"""Each value drives a leaky integrate-and-fire neuron, whose spikes are the input spikes.

    .. math:: \tau \frac{dV}{dt} = -V + gain \cdot x

    At V = 1 the neuron fires; V is set to 0 and stays there for `refractory`. V is exact at the end of each step. For
    a picture, the current is constant, so the neuron fires every N steps,

    .. math:: N = \left\lceil \frac{\tau}{dt} \ln \frac{gain \cdot x}{gain \cdot x - 1} \right\rceil

    plus the refractory steps, and not at all if :math:`gain \cdot x \le 1`. A signal has the value of its last sample
    in each step. `gain` grows by `gain_step` with each repetition of a picture.

    Source: constant input currents, Rueckauer et al. (2017), section 2.2; the neuron is the usual one.
    """

    kind: Literal["direct"] = "direct"
    gain: float = parameter(3.0, unit="", gt=0, help="Current of x = 1; a current of 1 just reaches the threshold.")
    gain_step: float = parameter(1.0, unit="", ge=0, help="Increase of the gain per repetition of a picture.")
    tau: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the neuron.")
    refractory: float = parameter(0.0, unit="ms", ge=0, help="Time after a spike in which V stays at 0.")

    summary: ClassVar[str] = "A current per value into a neuron, whose spikes are the input"
    reference: ClassVar[str] = "Rueckauer et al. 2017, doi:10.3389/fnins.2017.00682"
    takes: ClassVar[tuple[str, ...]] = ("images", "signals")
    stronger: ClassVar[bool] = True

    def encode(
        self, image: NDArray[np.float64], rng: np.random.Generator, *, attempt: int, n_bins: int, dt: float
    ) -> Spikes:
        """Return the spikes of one presentation, which are not random; see `Encoder.encode`."""
        pixel, x = self.lit(image)
        current = (self.gain + attempt * self.gain_step) * x
        pixel, current = pixel[current > 1], current[current > 1]
        first = np.maximum(np.ceil(self.tau * 1e-3 / dt * np.log(current / (current - 1)) - 1e-9), 1)
        interval = first + round(self.refractory * 1e-3 / dt)
        counts = np.maximum(np.floor((n_bins - first) / interval) + 1, 0).astype(np.int64)
        number = numbered(counts)
        step = np.repeat(first - 1, counts) + number * np.repeat(interval, counts)
        return sorted_spikes(np.repeat(pixel, counts), step * dt, n_bins, dt)

    def encode_signal(self, signal: Signal, rng: np.random.Generator, *, n_bins: int, dt: float) -> Spikes:
        """Return the spikes of one signal, which are not random; see `Encoder.encode_signal`."""
        white = float(signal.values.max(initial=0.0)) if self.white is None else self.white
        sample = np.minimum((np.arange(n_bins) * dt * signal.rate + 1e-6).astype(np.int64), signal.values.shape[1] - 1)
        x = np.clip(signal.values / white if white > 0 else signal.values * 0, 0, 1)
        current = np.where(x > self.x_min, self.gain * x, 0.0)
        return _integrated(current, sample, round(self.refractory * 1e-3 / dt), float(np.exp(-dt / (self.tau * 1e-3))))


def _integrated(current: NDArray[np.float64], sample: NDArray[np.int64], n_refractory: int, decay: float) -> Spikes:
    """Return the spikes of neurons driven by currents, (n_channels, n_samples); `sample` has the sample of each step.

    All steps of one sample are computed at once, as for a picture.
    """
    v, remaining = np.zeros(len(current)), np.zeros(len(current), np.int64)
    begins = np.flatnonzero(np.diff(sample, prepend=-1))
    steps, index = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for begin, length in zip(begins.tolist(), np.diff(begins, append=len(sample)).tolist(), strict=True):
        now = current[:, sample[begin]]
        above = np.maximum(now - 1, 1e-300)  # below threshold: the spike time lies far beyond the sample
        from_v, from_0 = (
            np.maximum(np.ceil(-np.log(np.maximum(now - start, 1e-300) / above) / np.log(decay) - 1e-9), 1)
            for start in (v, 0.0)
        )
        first, interval = remaining + from_v, from_0 + n_refractory
        counts = np.where((now > 1) & (first <= length), np.floor((length - first) / interval) + 1, 0).astype(np.int64)
        number = numbered(counts)
        steps.append(begin - 1 + (np.repeat(first, counts) + number * np.repeat(interval, counts)).astype(np.int64))
        index.append(np.repeat(np.arange(len(current)), counts))
        fired = counts > 0
        elapsed = np.where(fired, length - (first + (counts - 1) * interval), length).astype(np.int64)
        refractory = np.where(fired, n_refractory, remaining)
        charged = now + (np.where(fired, 0.0, v) - now) * decay ** np.maximum(elapsed - refractory, 0)
        v, remaining = np.where(elapsed > refractory, charged, 0.0), np.maximum(refractory - elapsed, 0)
    step, neuron = np.concatenate(steps), np.concatenate(index)
    order = np.lexsort((neuron, step))
    return Spikes(neuron[order].astype(np.int32), step[order].astype(np.int32))
