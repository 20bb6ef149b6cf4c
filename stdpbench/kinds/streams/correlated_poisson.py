"""Poisson inputs whose rates fluctuate together: the interval method of Song, Miller & Abbott."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.streams.base import BLOCK, Stream, bernoulli, blocks_of, random_of, spikes_of_blocks
from stdpbench.kinds.streams.poisson import too_fast

_SPREAD = 5.0  # standard deviations at which rates are clipped


class CorrelatedPoisson(Stream):
    r"""Poisson inputs whose rates jump at random times; those of a group jump together.

    Time is divided into intervals of random length, exponentially distributed with mean :math:`\tau_c`. In each
    interval, input a fires at

    .. math:: r_a = \max(0,\ R\,(1 + A\,(\sqrt{1 - c}\, x_a + \sqrt{c}\, y)))

    where :math:`x_a` of each input and :math:`y` are normal random numbers, drawn anew in each interval. Inputs
    outside the group have separate random numbers in place of y, and so the same variance. The correlation of two
    rates of the group is c, and falls off with time as :math:`e^{-|t|/\tau_c}`. With :math:`A = 0.3\sqrt 2` and
    c = 0.5, :math:`r_a = R\,(1 + 0.3\, x_a + 0.3\, y)` in the group, and :math:`R\,(1 + 0.3\sqrt 2\, x_a)` outside
    it. Source: Song, Miller & Abbott (2000) and Song & Abbott (2001), methods; equations and numbers from memory.

    Exponentially distributed intervals make the times of jumps a Poisson process, which is drawn block by block.
    Inputs of a further group with a constant rate, such as inhibitory ones, are numbered after the others.
    """

    kind: Literal["correlated-poisson"] = "correlated-poisson"
    n: int = parameter(1000, ge=1, le=1_000_000, structural=True, help="Number of inputs with a fluctuating rate.")
    n_correlated: int = parameter(
        500, ge=0, le=1_000_000, structural=True, help="Number of inputs in the correlated group: the first ones."
    )
    rate: float = parameter(10.0, unit="Hz", ge=0, help="Mean firing rate of each input.")
    tau_c: float = parameter(20.0, unit="ms", gt=0, help="Mean length of the intervals with constant rates.")
    amplitude: float = parameter(
        0.424264, unit="", ge=0, le=1, help="Standard deviation of a rate, as a fraction of its mean."
    )
    correlation: float = parameter(
        0.5, unit="", ge=0, le=1, help="Correlation of the rates of two inputs of the group."
    )
    n_extra: int = parameter(
        0, ge=0, le=1_000_000, structural=True, help="Number of further inputs, numbered after the others."
    )
    rate_extra: float = parameter(10.0, unit="Hz", ge=0, help="Constant firing rate of each further input.")

    summary: ClassVar[str] = "Poisson inputs, some with rates that fluctuate together"
    reference: ClassVar[str] = "Song & Abbott 2001, doi:10.1016/S0896-6273(01)00451-2"

    @property
    def n_inputs(self) -> int:
        """Number of all inputs."""
        return self.n + self.n_extra

    def problem(self, dt: float) -> str:
        """Return an error if the group is too large, or an input would fire more than once per step."""
        if self.n_correlated > self.n:
            return f"data.n_correlated ({self.n_correlated}) must be at most data.n ({self.n})"
        largest = self.rate * (1 + _SPREAD * self.amplitude)
        return too_fast("the largest rate of data.rate with data.amplitude", largest, dt) or too_fast(
            "data.rate_extra", self.rate_extra, dt
        )

    def spikes(self, seed: int, start: int, stop: int, dt: float) -> Spikes:
        """Return the spikes of a range of time steps; see `Stream.spikes`."""
        blocks = (_block(self, seed, block, dt) for block in blocks_of(start, stop))
        return spikes_of_blocks(blocks, start, stop, self.n_inputs)

    def rates(self, random: np.random.Generator) -> NDArray[np.float64]:
        """Draw the rates of an interval, in Hz."""
        private, shared = random.standard_normal((2, self.n))
        shared[: self.n_correlated] = random.standard_normal()
        z = np.sqrt(1 - self.correlation) * private + np.sqrt(self.correlation) * shared
        factor: NDArray[np.float64] = np.clip(1 + self.amplitude * z.clip(-_SPREAD, _SPREAD), 0, None)
        return self.rate * factor


def _jumps(inputs: CorrelatedPoisson, seed: int, block: int, dt: float) -> NDArray[np.int64]:
    """Return the steps of a block in which rates jump, ascending; step 0 of the stream is always one."""
    random = random_of(seed, 1, block)
    n = random.poisson(BLOCK * dt / (inputs.tau_c * 1e-3))
    steps = np.unique(random.integers(0, BLOCK, n)) + block * BLOCK
    return np.union1d(steps, [0]) if block == 0 else steps


@lru_cache(maxsize=8)
def _block(inputs: CorrelatedPoisson, seed: int, block: int, dt: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    first = block * BLOCK
    jumps = _jumps(inputs, seed, block, dt)
    earlier, earlier_jumps = block, jumps[jumps <= first]
    while not len(earlier_jumps):  # the block starts with the rates of an earlier block
        earlier -= 1
        earlier_jumps = _jumps(inputs, seed, earlier, dt)
    last = int(earlier_jumps[-1])
    edges = np.unique([first, *jumps, first + BLOCK])
    parts = []
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        last = start if start in jumps else last
        rates = inputs.rates(random_of(seed, 2, last))
        rates = np.concatenate([rates, np.full(inputs.n_extra, inputs.rate_extra)])
        index, step = bernoulli(random_of(seed, 3, start, block), rates * dt, stop - start)
        parts.append((index, step + start))
    index, step = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return index, step
