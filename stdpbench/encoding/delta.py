"""Send on delta: a spike each time that a signal has moved by a threshold."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.encoding.base import Encoder, Spikes, sorted_spikes
from stdpbench.parameters import parameter
from stdpbench.stimuli import Signal


class Delta(Encoder):
    r"""Two inputs per channel: one fires when the signal has risen by `threshold`, one when it has fallen by it.

    The signal is a straight line between two samples. It is compared with its value at the last spike of the channel,
    at first with its first sample; where it has moved by :math:`\pm threshold` from there, a spike occurs, and the
    comparison goes on from that value. So a steady slope evokes spikes at equal intervals, however it is sampled, and
    the number of spikes up minus spikes down is the change of the signal in units of the threshold. The ``delta`` of
    snnTorch compares successive samples instead, and loses slow changes.

    Inputs of rises come first, one per channel, then those of falls. Source: send-on-delta sampling (Miskowicz 2006),
    as in silicon retinas (Lichtsteiner, Posch & Delbruck 2008).
    """

    kind: Literal["delta"] = "delta"
    threshold: float = parameter(
        0.1, unit="", gt=0, help="Change of the signal, in its own unit, that evokes a spike."
    )

    summary: ClassVar[str] = "A spike each time a signal has moved by a threshold: one input for up, one for down"
    reference: ClassVar[str] = "Miskowicz 2006, doi:10.3390/s6010049"
    takes: ClassVar[tuple[str, ...]] = ("signals",)
    copy_names: ClassVar[tuple[str, ...]] = ("up", "down")

    @property
    def copies(self) -> int:
        """Two inputs per channel."""
        return 2

    def encode_signal(self, signal: Signal, rng: np.random.Generator, *, n_bins: int, dt: float) -> Spikes:
        """Return the spikes of one signal, which are not random; see `Encoder.encode_signal`."""
        n_channels = len(signal.values)
        index, time = [np.empty(0, np.int64)], [np.empty(0)]
        for channel, values in enumerate(signal.values):
            up, at = _crossings(values, self.threshold)
            index.append(np.where(up, channel, n_channels + channel))
            time.append(at / signal.rate)
        return sorted_spikes(np.concatenate(index), np.concatenate(time), n_bins, dt)


def _crossings(values: NDArray[np.float64], threshold: float) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return direction (True: up) and time, in samples, of each move of a line by a threshold."""
    if not len(values):
        return np.empty(0, bool), np.empty(0)
    level = (values - values[0]) / threshold  # spikes lie at whole levels
    ups, times, last = list[NDArray[np.bool_]](), list[NDArray[np.float64]](), 0
    for sample, (before, after) in enumerate(pairwise(level)):
        # from a level that is reached, rounding aside, the next one counts
        reached = np.floor(after + 1e-9) if after > last else np.ceil(after - 1e-9)
        n = int(abs(reached - last))
        if n == 0 or (reached > last) != (after > before):
            continue
        up = reached > last
        steps = last + np.arange(1, n + 1) * (1 if up else -1)
        ups.append(np.full(n, up))
        times.append(sample + np.clip((steps - before) / (after - before), 0, 1))
        last = int(reached)
    return np.concatenate([np.empty(0, bool), *ups]), np.concatenate([np.empty(0), *times])
