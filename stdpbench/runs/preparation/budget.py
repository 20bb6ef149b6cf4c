"""The memory that a run needs: for its network, its schedule with the record of it, and its data."""

from __future__ import annotations

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import thousands
from stdpbench.data.datasets import Dataset, Split
from stdpbench.engine.network import Layout
from stdpbench.engine.network.memory import available_memory, synapse_memory
from stdpbench.experiment import Experiment, graph_for, n_presentations

_PER_PRESENTATION, _PER_PIECE = 64, 2048
"""Bytes that a training presentation, or a piece of a stream, takes in the schedule, the curves and a checkpoint."""
_PER_PIXEL = 8  # bytes, while pictures are prepared


def check_budget(experiment: Experiment, split: Split | None = None) -> None:
    """Check that a run fits into the memory that is available.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    split : Split, optional
        Its data. Without them, only the schedule is checked, for the fewest presentations that it can have, and the
        pictures of a published data set.

    Raises
    ------
    StdpbenchError
        If it does not; the message says what needs how much.
    """
    free, schedule, data = available_memory(), experiment.schedule, experiment.data
    n = n_presentations(experiment, len(split.train) if split else schedule.train_images or 1)
    what, length = ("pieces", "duration") if schedule.is_stream else ("presentations", "passes")
    per_one = _PER_PIECE if schedule.is_stream else _PER_PRESENTATION
    parts = [(n * per_one, f"the schedule of {thousands(n)} {what}", f"lower schedule.{length}")]
    if split is not None:
        n_bytes = synapse_memory(Layout(graph_for(experiment, split.train)))
        parts.append((n_bytes, "the synapses", "use fewer neurons or smaller inputs"))
        parts.append((2 * (split.train.nbytes + split.test.nbytes), "the data", "use fewer or smaller stimuli"))
    elif isinstance(data, Dataset) and data.published is not None:
        n_train, n_test, side = data.published
        n_bytes = _PER_PIXEL * (n_train + n_test) * max(filter(None, (data.resize, data.frame, side))) ** 2
        parts.append((n_bytes, "the pictures", "lower data.resize and data.frame"))
    if free is not None and sum(n_bytes for n_bytes, *_ in parts) > free:
        most = [(n_bytes, part) for n_bytes, part, _ in parts if n_bytes >= 2**24]
        needed = " and ".join(f"{n_bytes / 2**30:.3g} GiB for {part}" for n_bytes, part in most)
        raise StdpbenchError(
            f"{experiment.name} needs {needed}, but {free / 2**30:.1f} GiB of memory are available: {max(parts)[2]}"
        )
