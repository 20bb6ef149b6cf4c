"""Find the value of a parameter in evaluation at which a trained network fires a given number of spikes per picture.

The pictures are training pictures with the input spikes of the label phase. Their labels are not read.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from math import isnan, nan, sqrt
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
from stdpbench.runs.protocol.facts import Progress, Remarked

_PICTURES = 200
_TOLERANCE = 0.02  # of the target
_DOUBLINGS = 10  # either way from the present value
_NARROW = 1.005  # ratio of two values between which no other is tried
_USUAL = 12  # number of values, for the display of progress

_Measure = Callable[[float], Generator[Progress, None, float]]
"""Measures the mean number of spikes with a multiple of the present value; NaN if that value is not possible."""


def find_value(
    folder: RunFolder, by: str, spikes: float, workers: int = 0, simulator: str | None = None
) -> Generator[Progress | Remarked, None, dict[str, Any]]:
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
    Progress, Remarked
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
    if not spikes > 0:
        raise StdpbenchError(f"the number of spikes per picture must be above 0, not {spikes:g}")
    present = _present_value(experiment, by)
    split = load_split(experiment, folder.validation)
    images = split.train.part(0, n_label_images(experiment, len(split.train))).unlabelled()
    n = min(_PICTURES, len(images))
    ranges = [(k, k + 1) for k in (number * len(images) // n for number in range(n))]  # pictures may be sorted
    shape = input_shape(experiment, images)
    network, remark = open_simulator(experiment, shape, simulator or folder.about.get("simulator"))
    if remark:
        yield Remarked(remark)
    found: dict[float, float] = {}

    def measure(factor: float) -> Generator[Progress, None, float]:
        value = float(f"{present * factor:.4g}")
        if value in found:
            return found[value]
        try:
            changed = experiment.override({f"{VALUES}{by}": value})
        except StdpbenchError:  # out of its range
            return nan
        shown, fired, before = 0, 0, n * len(found)
        parts = respond(network, changed, images, "label", workers=workers, ranges=ranges, processes=processes)
        with closing(parts):
            for part in parts:
                shown, fired = shown + len(part.attempts), fired + int(part.spikes[network.graph.read].sum())
                done = before + shown
                yield Progress(f"search of {by}", done, max(done, _USUAL * n), spikes_per_image=fired / shown)
        found[value] = fired / n
        return found[value]

    with closing(network), closing(Processes("a simulation process")) as processes:
        network.set_learned(trained_arrays(folder, experiment, shape))
        workers = workers or default_workers(network.layout)
        if not (yield from _search(measure, spikes)):
            ends = " to ".join(f"{v:g} ({found[v]:.1f})" for v in sorted((min(found), max(found))))
            raise StdpbenchError(f"{spikes:g} spikes per picture are not reached with {by} from {ends}")
    value = min(found, key=lambda value: abs(found[value] - spikes))
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


def _search(measure: _Measure, target: float) -> Generator[Progress, None, bool]:
    """Measure at factors of 2 up to both sides of a target, then between them; return whether it was reached."""
    start = yield from measure(1.0)
    if abs(start - target) <= _TOLERANCE * target:
        return True
    upwards = ((yield from measure(2.0)) - start) * (target - start) > 0
    for step in (2.0, 0.5) if upwards else (0.5, 2.0):
        near, spikes = 1.0, start
        for _ in range(_DOUBLINGS):
            far = near * step
            beyond = yield from measure(far)
            if isnan(beyond):
                break
            if (spikes - target) * (beyond - target) <= 0:
                yield from _bisect(measure, target, near, far, spikes < target)
                return True
            near, spikes = far, beyond
    return False


def _bisect(measure: _Measure, target: float, near: float, far: float, rises: bool) -> Generator[Progress, None, None]:
    """Measure between two factors until one is close to the target, or the factors are close to each other."""
    while max(near / far, far / near) > _NARROW:
        middle = sqrt(near * far)
        spikes = yield from measure(middle)
        if abs(spikes - target) <= _TOLERANCE * target:
            return
        near, far = (middle, far) if (spikes < target) is rises else (near, middle)
