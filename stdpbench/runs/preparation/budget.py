"""The memory that a run needs: for its network, its schedule with the record of it, and its data."""

from __future__ import annotations

from stdpbench.datasets import Split
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment, graph_for, n_presentations
from stdpbench.network import Layout
from stdpbench.network.memory import available_memory, synapse_memory
from stdpbench.units import thousands

_PER_PRESENTATION, _PER_PIECE = 64, 2048
"""Bytes that a training presentation, or a piece of a stream, takes in the schedule, the curves and a checkpoint."""


def check_budget(experiment: Experiment, split: Split | None = None) -> None:
    """Check that a run fits into the memory that is available.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    split : Split, optional
        Its data. Without them, only the schedule is checked, for the fewest presentations that it can have.

    Raises
    ------
    StdpbenchError
        If it does not; the message says what needs how much.
    """
    free = available_memory()
    n = n_presentations(experiment, len(split.train) if split else experiment.schedule.train_images or 1)
    unit = "pieces" if experiment.schedule.is_stream else "presentations"
    parts = {f"the schedule of {thousands(n)} {unit}": n * (_PER_PIECE if unit == "pieces" else _PER_PRESENTATION)}
    if split is not None:
        parts["the network"] = synapse_memory(Layout(graph_for(experiment, split.train)))
        parts["the data"] = 2 * (split.train.nbytes + split.test.nbytes)
    if free is not None and sum(parts.values()) > free:
        needed = " and ".join(f"{size / 2**30:.3g} GiB for {part}" for part, size in parts.items() if size)
        smaller = "schedule.duration" if unit == "pieces" else "schedule.passes"
        if split is not None:
            smaller += ", network.n_exc or schedule.train_images"
        raise StdpbenchError(
            f"{experiment.name} needs {needed}, but {free / 2**30:.1f} GiB of memory are available: lower {smaller}"
        )
