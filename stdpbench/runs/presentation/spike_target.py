"""Find the value of a parameter in evaluation at which a trained network fires a given number of spikes per picture.

The pictures are training pictures with the input spikes of the label phase. Their labels are not read.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from itertools import pairwise
from math import nan, sqrt
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import open_simulator
from stdpbench.experiment import Experiment, input_shape, n_label_images
from stdpbench.experiment.changes import is_live, value_at
from stdpbench.experiment.evaluation import VALUES
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.start import load_split, trained_arrays
from stdpbench.runs.presentation.processes import Processes, default_workers, respond
from stdpbench.runs.protocol.changes import experiment_at, n_train, reached_position
from stdpbench.runs.protocol.facts import Progress

_PICTURES = 200
_TOLERANCE = 0.02  # of the target
_FURTHEST = 1024  # factor either way from the present value
_NARROW = 1.005  # ratio of two values between which no other is tried
_USUAL = 12  # number of values, for the display of progress


def find_value(
    folder: RunFolder, by: str, spikes: float, workers: int = 0, simulator: str | None = None
) -> Generator[Progress, None, dict[str, Any]]:
    """Find the value of a parameter in evaluation by the spikes of the population that is read.

    Parameters
    ----------
    folder : RunFolder
        A run that has been trained; it does not change.
    by : str
        Path of the parameter.
    spikes : float
        Mean number of spikes per picture.
    workers : int
        Number of processes; 0: as many as processors and memory allow.
    simulator : str, optional
        Default: that of the run.

    Yields
    ------
    Progress
        Closing the generator early ends the search.

    Returns
    -------
    dict
        ``value``; ``spikes`` per picture with it; the number of ``pictures``, and the ``noun`` for one.

    Raises
    ------
    StdpbenchError
        If the run has no trained network, the parameter cannot be varied, or no value gives that many spikes.
    """
    name, records = folder.path.name, read_journal(folder.path)
    reached = reached_position(records)
    experiment = experiment_at(folder.experiment, records, reached)
    if experiment.stream is not None:
        raise StdpbenchError(f"{name} is the run of a stream, which has no pictures to count spikes for")
    if reached < n_train(records):
        raise StdpbenchError(f"{name} is not trained to its end yet; `stdpbench resume` continues it")
    present = _present_value(experiment, by)
    split = load_split(experiment, folder.validation)
    images = split.train.part(0, n_label_images(experiment, len(split.train))).unlabelled()
    n = min(_PICTURES, len(images))
    ranges = [(k, k + 1) for k in (number * len(images) // n for number in range(n))]  # pictures may be sorted
    shape = input_shape(experiment, images)
    network, _ = open_simulator(experiment, shape, simulator or folder.about.get("simulator"))
    found = dict[float, float]()
    with closing(network), closing(Processes("a simulation process")) as processes:
        network.set_learned(trained_arrays(folder, experiment, shape))
        workers = workers or default_workers(network.layout)
        while (factor := _next_factor(found, spikes)) is not None:
            try:
                changed = experiment.override({f"{VALUES}{by}": _value(present, factor)})
            except StdpbenchError:  # out of its range
                found[factor] = nan
                continue
            shown, fired, done = 0, 0, n * len(found)
            parts = respond(network, changed, images, "label", workers=workers, ranges=ranges, processes=processes)
            with closing(parts):
                for part in parts:
                    shown, fired = shown + len(part.attempts), fired + int(part.spikes[network.graph.read].sum())
                    yield Progress(f"search of {by}", done + shown, max(done + shown, _USUAL * n), fired / shown)
            found[factor] = fired / n
    found = {_value(present, factor): mean for factor, mean in found.items() if mean >= 0}
    value = min(found, key=lambda value: abs(found[value] - spikes))
    between = min(found.values()) <= spikes <= max(found.values())
    if not between and abs(found[value] - spikes) > _TOLERANCE * spikes:
        low, high = min(found), max(found)
        raise StdpbenchError(
            f"{by} from {low:g} to {high:g} gives {found[low]:.1f} to {found[high]:.1f} spikes per {images.noun}, "
            f"not {spikes:g}"
        )
    return {"value": value, "spikes": found[value], "pictures": n, "noun": images.noun}


def _present_value(experiment: Experiment, by: str) -> float:
    """Return the value that a parameter has in evaluation.

    Raises
    ------
    StdpbenchError
        If it may not differ in evaluation, or is not a number that can be multiplied.
    """
    shown = experiment.evaluated
    value = value_at(shown, by)
    varies = isinstance(value, float) and value != 0 and is_live(shown, shown, by)
    experiment.override({f"{VALUES}{by}": value if varies else 1.0})  # refuses what may not differ in evaluation
    if not varies:
        raise StdpbenchError(f"{by} is {value!r}: the search multiplies it, which needs a decimal number other than 0")
    return float(value)


def _value(present: float, factor: float) -> float:
    """Return a multiple of the present value, with few digits."""
    return float(f"{present * factor:.4g}")


def _next_factor(found: Mapping[float, float], target: float) -> float | None:
    """Return the next multiple of the present value to be tried; None at the end of the search.

    First multiples by 2, from the end that is closer to the target, then between two on both sides of it.

    Parameters
    ----------
    found : mapping of float to float
        Spikes per picture with the multiples so far; NaN for one that is not possible.
    target : float
        Spikes per picture that are wanted.
    """
    if not found:
        return 1.0
    factors = sorted(found)
    if any(abs(spikes - target) <= _TOLERANCE * target for spikes in found.values()):
        return None
    for low, high in pairwise(factors):
        if (found[low] - target) * (found[high] - target) <= 0:
            return sqrt(low * high) if high / low > _NARROW else None
    ends = [(abs(found[end] - target), end * step) for end, step in ((factors[-1], 2.0), (factors[0], 0.5))]
    return min(((d, end) for d, end in ends if d >= 0 and 1 / _FURTHEST <= end <= _FURTHEST), default=(0, None))[1]
