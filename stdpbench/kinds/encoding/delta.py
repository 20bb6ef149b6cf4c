"""Send on delta: a spike each time a signal has changed by a threshold."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.stimuli import Signal
from stdpbench.declare.parameters import parameter
from stdpbench.kinds.encoding.base import Encoder, Spikes, numbered, sorted_spikes


class Delta(Encoder):
    r"""Two inputs per channel: one fires when the signal has risen by `threshold`, one when it has fallen by it.

    The signal is interpolated linearly between samples. It is compared with its value at the last spike of the
    channel, initially with its first sample; when it has changed by :math:`\pm threshold`, a spike occurs, and the
    reference moves to that value. So a constant slope evokes spikes at equal intervals for any sampling rate, and the
    number of spikes up minus spikes down is the change of the signal in units of the threshold. The ``delta`` of
    snnTorch compares successive samples instead, and loses slow changes.

    Inputs of rises come first, one per channel, then those of falls. Source: send-on-delta sampling (Miskowicz 2006),
    as in silicon retinas (Lichtsteiner, Posch & Delbruck 2008).
    """

    kind: Literal["delta"] = "delta"
    threshold: float = parameter(
        0.1, unit="", gt=0, help="Change of the signal, in its own unit, that evokes a spike."
    )

    summary: ClassVar[str] = "A spike each time a signal has changed by a threshold: one input for up, one for down"
    reference: ClassVar[str] = "Miskowicz 2006, doi:10.3390/s6010049"
    takes: ClassVar[tuple[str, ...]] = ("signals",)
    copy_names: ClassVar[tuple[str, ...]] = ("up", "down")
    draws: ClassVar[bool] = False
    """Spikes depend only on the values."""
    copies: ClassVar[int] = 2
    """Two inputs per channel."""

    def encode_signal(self, signal: Signal, rng: np.random.Generator, *, n_bins: int, dt: float) -> Spikes:
        """Return the spikes of one signal, which are not random; see `Encoder.encode_signal`."""
        channel, up, time = _crossings(signal.values, self.threshold)
        return sorted_spikes(np.where(up, channel, channel + len(signal.values)), time / signal.rate, n_bins, dt)


def _crossings(
    values: NDArray[np.float64], threshold: float
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64]]:
    """Return channel, direction (True: up) and time, in samples, of each change by the threshold.

    `values` is (n_channels, n_samples).
    """
    level = (values - values[:, :1]) / threshold  # spikes lie at whole levels
    last = np.zeros(len(values))
    parts = [(np.empty(0, np.int64), np.empty(0, bool), np.empty(0))]
    for sample in range(values.shape[1] - 1):
        before, after = level[:, sample], level[:, sample + 1]
        changed = np.flatnonzero(np.abs(after - last) > 1 - 1e-9)
        if not len(changed):
            continue
        start, end, from_ = before[changed], after[changed], last[changed]
        # a level that is reached up to rounding errors counts
        reached = np.where(end > from_, np.floor(end + 1e-9), np.ceil(end - 1e-9))
        counts = np.abs(reached - from_).astype(np.int64)
        counts[(reached > from_) != (end > start)] = 0
        sign = np.where(reached > from_, 1.0, -1.0)
        last[changed] = np.where(counts > 0, reached, from_)
        number = numbered(counts) + 1
        steps = np.repeat(from_, counts) + number * np.repeat(sign, counts)
        start, slope = np.repeat(start, counts), np.repeat(np.where(end == start, 1.0, end - start), counts)
        parts.append(
            (np.repeat(changed, counts), np.repeat(sign > 0, counts), sample + np.clip((steps - start) / slope, 0, 1))
        )
    channel, up, time = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return channel, up, time
