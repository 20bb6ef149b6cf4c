"""Send on delta: a spike each time that a signal has moved by a threshold."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.stimuli import Signal
from stdpbench.declare.parameters import parameter
from stdpbench.kinds.encoding.base import Encoder, Spikes, numbered, sorted_spikes


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
    def draws(self) -> bool:
        """Spikes follow from the values alone."""
        return False

    @property
    def copies(self) -> int:
        """Two inputs per channel."""
        return 2

    def encode_signal(self, signal: Signal, rng: np.random.Generator, *, n_bins: int, dt: float) -> Spikes:
        """Return the spikes of one signal, which are not random; see `Encoder.encode_signal`."""
        channel, up, at = _crossings(signal.values, self.threshold)
        return sorted_spikes(np.where(up, channel, channel + len(signal.values)), at / signal.rate, n_bins, dt)


def _crossings(
    values: NDArray[np.float64], threshold: float
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64]]:
    """Return channel, direction (True: up) and time, in samples, of each move of a line by a threshold.

    Values are (n_channels, n_samples).
    """
    level = (values - values[:, :1]) / threshold  # spikes lie at whole levels
    last = np.zeros(len(values))
    found = [(np.empty(0, np.int64), np.empty(0, bool), np.empty(0))]
    for sample in range(values.shape[1] - 1):
        before, after = level[:, sample], level[:, sample + 1]
        moved = np.flatnonzero(np.abs(after - last) > 1 - 1e-9)
        if not len(moved):
            continue
        start, end, from_ = before[moved], after[moved], last[moved]
        # from a level that is reached, rounding aside, the next one counts
        reached = np.where(end > from_, np.floor(end + 1e-9), np.ceil(end - 1e-9))
        counts = np.abs(reached - from_).astype(np.int64)
        counts[(reached > from_) != (end > start)] = 0
        sign = np.where(reached > from_, 1.0, -1.0)
        last[moved] = np.where(counts > 0, reached, from_)
        number = numbered(counts) + 1
        steps = np.repeat(from_, counts) + number * np.repeat(sign, counts)
        start, slope = np.repeat(start, counts), np.repeat(np.where(end == start, 1.0, end - start), counts)
        found.append(
            (np.repeat(moved, counts), np.repeat(sign > 0, counts), sample + np.clip((steps - start) / slope, 0, 1))
        )
    channel, up, at = (np.concatenate(each) for each in zip(*found, strict=True))
    return channel, up, at
