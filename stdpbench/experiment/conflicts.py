"""Conflicts between the sections of an experiment: one sentence each."""

from __future__ import annotations

from collections.abc import Iterator

from stdpbench.encoding import Encoder
from stdpbench.experiment.sections import Schedule
from stdpbench.templates import Parts, Template

_MOST_BINS = 65_535  # a spike count must fit into 16 bits


def conflicts(network: Template, parts: Parts, encoding: Encoder, schedule: Schedule) -> Iterator[str]:
    """Yield a sentence for each conflict between sections."""
    dt = network.dt
    times = {"schedule.stimulus": schedule.stimulus, "schedule.rest": schedule.rest}
    times |= _delays(network)
    uneven = [name for name, time in times.items() if abs(time / dt - round(time / dt)) > 1e-6]
    for name in uneven:
        yield f"{name} ({times[name]:g} ms) must be a whole number of steps of network.dt ({dt:g} ms)"
    if "schedule.stimulus" not in uneven and not 1 <= round(schedule.stimulus / dt) <= _MOST_BINS:
        yield f"schedule.stimulus ({schedule.stimulus:g} ms) must be 1 to {_MOST_BINS} steps of network.dt ({dt:g} ms)"
    if getattr(network, "delays", "none") != "none" and network.max_delay >= schedule.stimulus:
        yield "network.max_delay must be shorter than schedule.stimulus"
    yield from network.conflicts(parts)
    last = schedule.max_attempts - 1
    if not encoding.largest_probability(255.0, last, dt * 1e-3) < 1:
        yield (
            f"after schedule.max_attempts = {schedule.max_attempts} repetitions a white pixel would fire "
            "with probability 1 or more per step: lower it, or encoding.intensity_step or encoding.rate_per_grey"
        )


def _delays(network: Template) -> dict[str, float]:
    homogeneous = getattr(network, "delays", "none") == "homogeneous"
    return {"network.max_delay": network.max_delay} if homogeneous else {}
