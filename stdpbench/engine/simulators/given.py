"""What a presentation is given: checks of spikes and noise, and that Ctrl+C waits."""

from __future__ import annotations

import signal
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.signals import handled
from stdpbench.engine.network import Layout
from stdpbench.kinds.encoding import Spikes


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold Ctrl+C back: a presentation that is cut off would leave a state that no presentation leaves."""
    held: list[int] = []
    with handled(lambda number, frame: held.append(number), signal.SIGINT):
        yield
    if held:
        signal.raise_signal(signal.SIGINT)


def in_order(spikes: Spikes, n_input: int) -> tuple[bool, bool]:
    """Whether spikes, of which there are some, ascend strictly in (bin, index), and are those of known neurons."""
    key = spikes.bin.astype(np.int64) * max(n_input, 1) + spikes.index
    within = spikes.index.min() >= 0 and spikes.index.max() < n_input
    return bool(key[0] >= 0 and (np.diff(key) > 0).all()), bool(within)


def check_input(
    layout: Layout,
    spikes: Spikes,
    n_stimulus: int,
    n_bins: int,
    in_order: Callable[[Spikes, int], tuple[bool, bool]],
) -> None:
    """Check the input spikes of a presentation of `n_bins` steps, `n_stimulus` of them with a stimulus.

    Raises
    ------
    StdpbenchError
        If they are not in order, not of known neurons, or too late.
    """
    if not len(spikes):
        return
    ascend, within = in_order(spikes, layout.n_input)
    if not ascend:
        raise StdpbenchError("input spikes must be strictly ascending in (bin, index)")
    if not within:
        raise StdpbenchError(f"input spikes name neurons outside 0 .. {layout.n_input - 1}")
    in_flight = 0 if layout.graph.stream else layout.max_delay_bins
    last, limit = int(spikes.bin[-1]), min(n_stimulus, n_bins - in_flight)
    if last >= limit:
        raise StdpbenchError(
            f"an input spike in bin {last} would still be in flight at the end of the presentation; the last one "
            f"that may carry spikes is {limit - 1}"
        )


def check_factor(layout: Layout, spikes: Spikes, learning: Collection[str]) -> None:
    """Check the factors of the input spikes of a presentation, if they have any.

    Raises
    ------
    StdpbenchError
        If they are not one finite number per spike, or cannot pass a projection in this presentation.
    """
    factor = spikes.factor
    if factor is None:
        return
    if factor.shape != (len(spikes),) or factor.dtype not in (np.float32, np.float64):
        shown = " × ".join(map(str, factor.shape)) or "a single value"
        raise StdpbenchError(
            f"the factors of input spikes must be {len(spikes)} numbers of type float64 or float32, one per spike, "
            f"not {shown} of type {factor.dtype}"
        )
    if not np.isfinite(factor).all():
        raise StdpbenchError("the factors of input spikes must be finite numbers")
    if layout.input in layout.in_flight:
        raise StdpbenchError(
            "spikes with factors cannot be shown in a stream whose input has delays: between two pieces, spikes in "
            "flight keep no factor"
        )
    for projection in layout.projections.values():
        if not projection.source.is_input:
            continue
        if projection.at_end:
            raise StdpbenchError(f"spikes with factors cannot pass {projection.name!r}, which connects to all others")
        if projection.name in learning and projection.rule is not None and projection.rule.each_step:
            raise StdpbenchError(
                f"spikes with factors cannot pass {projection.name!r} while it learns by a rule that changes weights "
                "in every step; leave it out of plastic"
            )


def check_noise(layout: Layout, noise: Mapping[str, Spikes], n_bins: int) -> None:
    """Check the noise of a presentation.

    Raises
    ------
    StdpbenchError
        If it is not that of the network, not sorted, has factors, or is outside presentation or population.
    """
    noisy = layout.noisy
    if noisy.keys() != noise.keys():
        wanted, given = (", ".join(names) or "no population" for names in (noisy, noise))
        raise StdpbenchError(f"the network has noise into {wanted}, but noise into {given} was given")
    for name, spikes in noise.items():
        if spikes.factor is not None:
            raise StdpbenchError(
                f"the spikes of the noise into {name} must not have factors: all have the same weight"
            )
        for values, limit in ((spikes.bin, n_bins), (spikes.index, noisy[name])):
            if len(values) and (values.min() < 0 or values.max() >= limit):
                raise StdpbenchError(f"the noise into {name} has spikes outside the presentation or population")
        if (np.diff(spikes.bin) < 0).any():
            raise StdpbenchError(f"the noise into {name} must be sorted by bins")
