"""Uncorrelated Poisson inputs."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.streams.base import BLOCK, Stream, bernoulli, blocks_of, random_of, spikes_of_blocks


class PoissonInputs(Stream):
    """Inputs that fire at constant rates, independently of each other and of the past.

    There is one Bernoulli trial of probability ``rate * dt`` per input and time step. A second group with another
    rate, such as inhibitory inputs, is numbered after the first.
    """

    kind: Literal["poisson"] = "poisson"
    n: int = parameter(1000, ge=1, le=1_000_000, structural=True, help="Number of inputs.")
    rate: float = parameter(10.0, unit="Hz", ge=0, help="Firing rate of each input.")
    n_extra: int = parameter(
        0, ge=0, le=1_000_000, structural=True, help="Number of further inputs, numbered after the others."
    )
    rate_extra: float = parameter(10.0, unit="Hz", ge=0, help="Firing rate of each further input.")

    summary: ClassVar[str] = "Poisson inputs, uncorrelated"
    reference: ClassVar[str] = "Song, Miller & Abbott 2000, doi:10.1038/78829"

    @property
    def n_inputs(self) -> int:
        """Number of inputs of both groups."""
        return self.n + self.n_extra

    def problem(self, dt: float) -> str:
        """Return an error if an input would fire more than once per step."""
        return too_fast("data.rate", self.rate, dt) or too_fast("data.rate_extra", self.rate_extra, dt)

    def spikes(self, seed: int, start: int, stop: int, dt: float) -> Spikes:
        """Return the spikes of a range of time steps; see `Stream.spikes`."""
        blocks = (_block(self, seed, block, dt) for block in blocks_of(start, stop))
        return spikes_of_blocks(blocks, start, stop, self.n_inputs)


def too_fast(path: str, rate: float, dt: float) -> str:
    """Return an error if a rate is too high for a time step in seconds; otherwise an empty string."""
    if rate * dt < 1:
        return ""
    return f"{path} ({rate:g} Hz) must be below one spike per step of network.dt ({dt * 1e3:g} ms)"


@lru_cache(maxsize=8)
def _block(inputs: PoissonInputs, seed: int, block: int, dt: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    probability = np.repeat([inputs.rate * dt, inputs.rate_extra * dt], [inputs.n, inputs.n_extra])
    index, step = bernoulli(random_of(seed, 0, block), probability, BLOCK)
    return index, step + block * BLOCK
