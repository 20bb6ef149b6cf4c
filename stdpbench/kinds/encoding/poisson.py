"""Poisson rate coding, as in Diehl & Cook (2015): one Bernoulli trial per pixel and time step."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.kinds.encoding._rate import RateEncoder
from stdpbench.kinds.encoding.base import Spikes


class Poisson(RateEncoder):
    r"""Each pixel fires in each step with probability ``p = rate * dt``, independently of all other pixels and steps.

    .. math:: rate = pixel \cdot rate\_per\_grey \cdot (intensity + attempt \cdot intensity\_step)

    The Fano factor of the counts is :math:`1 - p`. Source: Diehl & Cook (2015), section 2.5 and released code
    (rate = pixel / 8 · intensity Hz, intensity 2, plus 1 with every repetition).
    """

    kind: Literal["poisson"] = "poisson"
    summary: ClassVar[str] = "Rate coding: one Bernoulli trial per pixel and step"
    reference: ClassVar[str] = "Diehl & Cook 2015, doi:10.3389/fncom.2015.00099"

    def encode(
        self, image: NDArray[np.float64], rng: np.random.Generator, *, attempt: int, n_bins: int, dt: float
    ) -> Spikes:
        """Draw the spikes of one presentation; see `Encoder.encode`.

        Notes
        -----
        This is exact, but needs no trial per cell: all (bin, pixel) cells form one sequence. Candidates are drawn from
        it with the brightest pixel's probability :math:`p_{max}`, through geometrically distributed gaps, and each is
        kept with probability :math:`p / p_{max}`. The result has the distribution of one Bernoulli trial of
        probability p per cell, and is sorted by (bin, index).
        """
        lit = np.flatnonzero(image > 0)
        if len(lit) == 0 or n_bins <= 0:
            empty = np.empty(0, np.int32)
            return Spikes(empty, empty.copy())
        values = image[lit]
        brightest = float(values.max())
        if problem := self.problem(brightest, attempt, n_bins, dt):
            raise StdpbenchError(problem)
        p_max = self.probability(brightest, attempt, dt)
        cells = n_bins * len(lit)
        hits = _bernoulli_positions(rng, cells, p_max)
        bins = hits // len(lit)
        columns = hits - bins * len(lit)  # faster than np.divmod
        drawn = rng.random(len(hits))
        drawn *= brightest
        kept = np.flatnonzero(drawn < values.take(columns))
        return Spikes(lit.astype(np.int32).take(columns.take(kept)), bins.take(kept).astype(np.int32))


def _bernoulli_positions(rng: np.random.Generator, n: int, p: float) -> NDArray[np.int64]:
    """Return the positions of the successes of `n` Bernoulli trials of probability `p`, ascending."""
    log_q = np.log1p(-p)
    if log_q == 0:  # p is 0 in float64 precision
        return np.empty(0, np.int64)
    expected = n * p
    draw = int(expected + 6 * np.sqrt(expected) + 8)
    parts: list[NDArray[np.int64]] = []
    last = -1
    while last < n:
        # floor(log(1 - U) / log(1 - p)) failures come before each success
        with np.errstate(over="ignore"):  # a tiny p gives infinite gaps; they are limited to n
            gaps = rng.random(draw)
            np.negative(gaps, out=gaps)
            np.log1p(gaps, out=gaps)
            gaps /= log_q
            np.minimum(gaps, n, out=gaps)
        positions = gaps.astype(np.int64)
        positions += 1
        positions[0] += last
        np.cumsum(positions, out=positions)
        parts.append(positions)
        last = int(positions[-1])
    return (parts[0] if len(parts) == 1 else np.concatenate(parts))[: _below(parts, n)]


def _below(parts: list[NDArray[np.int64]], n: int) -> int:
    """Return how many of the ascending positions are below `n`."""
    return sum(len(part) for part in parts[:-1]) + int(np.searchsorted(parts[-1], n))
