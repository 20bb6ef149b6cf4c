"""Write responses as a Neo file, in the format NIX.

A block with one segment: a spike train for each neuron, also those that never fired, an epoch for each stimulus, and
a signal for the potentials of each population, if recorded. Neo reads it
(``neo.io.NixIO(path, "ro").read_block()``), and Elephant computes with its spike trains.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from stdpbench.studies.report.recordings.recorded import Recorded, not_installed, write_file


def write_neo(found: Recorded, target: Path, *, replace: bool = False) -> None:
    """Write a file.

    Parameters
    ----------
    found : Recorded
        The responses.
    target : Path
        The file, ``.nix``.
    replace : bool
        Whether to replace an existing file.

    Raises
    ------
    StdpbenchError
        If Neo or nixio is not installed, or the file cannot be written.
    """
    try:
        import neo
        import nixio  # noqa: F401, without which NixIO fails later
        import quantities as pq
    except ImportError:
        raise not_installed("Neo", "neo and nixio", "neo") from None
    block = neo.Block(name=found.name, **{name.replace(".", "_"): value for name, value in found.about.items()})
    segment = neo.Segment(name="evaluated stimuli", rec_datetime=found.started.replace(tzinfo=None))
    block.segments.append(segment)
    stop, rate = found.duration * pq.s, 1 / (found.dt * pq.s)
    for population in found.trains:
        for number, times in enumerate(found.times(population)):
            own = {"name": f"{population} {number}", "population": population, "neuron": number}
            segment.spiketrains.append(neo.SpikeTrain(times * pq.s, t_stop=stop, sampling_rate=rate, **own))
    numbers = np.array([str(number) for number in range(len(found.durations))])
    stimuli = neo.Epoch(found.starts * pq.s, durations=found.durations * pq.s, labels=numbers, name="stimuli")
    segment.epochs.append(stimuli)
    for population, course in found.courses.items():
        unit = pq.V if course.unit == "V" else pq.dimensionless
        own = {"name": f"v of {population}", "population": population, "neurons": list(course.neurons)}
        segment.analogsignals.append(neo.AnalogSignal(course.values, units=unit, sampling_rate=rate, **own))

    def write(path: Path) -> None:
        with neo.io.NixIO(str(path), "ow") as file:
            file.write_block(block)

    write_file(target, ".nix", write, replace=replace)
