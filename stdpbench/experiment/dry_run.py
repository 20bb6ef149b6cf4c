"""Preview of the stimuli of an experiment, without a network: one stimulus with its spikes, and statistics.

Spikes are those of `encode`, as a run presents them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import Split
from stdpbench.data.stimuli import EventSet, Stimulus
from stdpbench.experiment.experiment import Experiment
from stdpbench.experiment.shown import encode, input_shape, n_bins, n_cut, training_order, with_pool
from stdpbench.kinds.encoding import Spikes

_SAMPLE = 100  # stimuli of which spikes are counted
_PIECES = 20  # of a stream


@dataclass(frozen=True, eq=False)
class ShownStimulus:
    """A training stimulus with the spikes of its first presentation.

    Attributes
    ----------
    number, presentation : int
        Number of the stimulus, and of its first presentation; of a stream, both are the number of the piece.
    name : str
        Description, such as ``"picture 3, class 7"``.
    stimulus : ndarray, Signal, Events or None
        Input of the encoder; None in a stream.
    grid : tuple of int
        Height and width of the values or channels.
    planes : int
        Parts of the grid, stacked vertically, such as two polarities.
    spikes : Spikes
        Its spikes.
    n_bins : int
        Time steps of the presentation.
    start, dt : float
        Start in s, which is 0 except in a stream; time step in s.
    shape : tuple of int
        Height and width of the input population.
    """

    number: int
    presentation: int
    name: str
    stimulus: Stimulus | None
    grid: tuple[int, int]
    planes: int
    spikes: Spikes
    n_bins: int
    start: float
    dt: float
    shape: tuple[int, int]

    @property
    def n_inputs(self) -> int:
        """Number of input neurons."""
        return self.shape[0] * self.shape[1]

    @property
    def n_groups(self) -> int:
        """Number of equal, consecutive groups of inputs: copies of the grid that the encoder makes, times planes."""
        return max(1, self.shape[0] // max(self.grid[0], 1)) * self.planes

    def rates(self, most: int = 60) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return rates over time.

        Parameters
        ----------
        most : int
            Maximum number of time intervals.

        Returns
        -------
        edges : ndarray, float64, (n + 1,)
            Edges of the intervals in s.
        rates : ndarray, float64, (n_groups, n)
            Mean rate of the inputs of each group in Hz.
        """
        steps = max(1, -(-self.n_bins // most))
        n = -(-self.n_bins // steps)
        size = max(1, self.n_inputs // self.n_groups)
        counts = np.zeros((self.n_groups, n))
        np.add.at(counts, (np.minimum(self.spikes.index // size, self.n_groups - 1), self.spikes.bin // steps), 1)
        edges = np.minimum(np.arange(n + 1) * steps, self.n_bins) * self.dt
        return self.start + edges, counts / (size * np.diff(edges))


@dataclass(frozen=True)
class Numbers:
    """Statistics of the stimuli of an experiment and their spikes.

    Attributes
    ----------
    kind : {"images", "signals", "events", "stream"}
        Type of the stimuli.
    n_train, n_test, n_classes : int
        Training and test stimuli, and their classes; of a stream, its pieces are the training stimuli.
    shape : tuple of int
        Height and width of the input population.
    n_inputs : int
        Input neurons.
    duration : tuple of float
        Shortest, mean and longest presentation of the sample in ms.
    sample : int
        Training stimuli of which spikes were counted, spread over all.
    spikes : tuple of float
        Fewest, mean and most spikes of a stimulus.
    rate : float
        Mean rate of an input in Hz.
    merged : int
        Spikes of the sample that were dropped because the same input already fires in that time step.
    cut : int
        Training and test stimuli that last longer than ``schedule.stimulus``.
    silent : int
        Inputs that never fire in the sample.
    empty : int
        Stimuli of the sample without a spike.
    class_names : tuple of str
        Names of the classes.
    factors : tuple of float
        Smallest and largest factor of the spikes of the sample; empty if they carry none.
    """

    kind: str
    n_train: int
    n_test: int
    n_classes: int
    shape: tuple[int, int]
    n_inputs: int
    duration: tuple[float, float, float]
    sample: int
    spikes: tuple[float, float, float]
    rate: float
    merged: int
    cut: int
    silent: int
    empty: int
    class_names: tuple[str, ...] = ()
    factors: tuple[float, ...] = ()

    def to_mapping(self) -> dict[str, Any]:
        """Return the numbers as plain values; those with three parts as min, mean and max."""
        mapping = asdict(self)
        for name in ("duration", "spikes"):
            mapping[name] = dict(zip(("min", "mean", "max"), mapping[name], strict=True))
        mapping["duration_ms"] = mapping.pop("duration")
        return mapping | {name: list(mapping[name]) for name in ("shape", "class_names", "factors")}


def shown_stimulus(experiment: Experiment, split: Split, number: int = 0) -> ShownStimulus:
    """Return a training stimulus with the spikes of its first presentation.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    split : Split
        Its stimuli, as a run loads them.
    number : int
        Number of the training stimulus, or of the piece of a stream.

    Raises
    ------
    StdpbenchError
        If there is no such stimulus, or it cannot be encoded.
    """
    train, streamed = split.train, experiment.stream is not None
    n, noun = (experiment.schedule.n_pieces, "piece") if streamed else (len(train), train.noun)
    if not 0 <= number < n:
        raise StdpbenchError(f"there is no {noun} {number}; choose 0 to {n - 1}")
    presentation = _first(experiment, n)[number]
    spikes = encode(experiment, with_pool(experiment, split).train, "train", presentation, 0, number)
    name = f"{noun} {number}"
    if train.labels is not None and not streamed:
        label = int(train.labels[number])
        name += f", class {split.class_names[label] if label < len(split.class_names) else label}"
    bins = experiment.stimulus_bins if streamed else n_bins(experiment, train, number)
    dt = experiment.dt * 1e-3
    return ShownStimulus(
        number,
        presentation,
        name,
        None if streamed else train.stimulus(number),
        train.shape,
        train.planes if isinstance(train, EventSet) else 1,
        spikes,
        bins,
        presentation * bins * dt if streamed else 0.0,
        dt,
        train.shape if streamed else input_shape(experiment, train),
    )


def shown_numbers(experiment: Experiment, split: Split, sample: int | None = None) -> Numbers:
    """Return statistics over a sample of the training stimuli.

    Parameters
    ----------
    experiment, split
        As for `shown_stimulus`.
    sample : int, optional
        Training stimuli of which spikes are counted, spread over all; default: 100, or 20 pieces of a stream.

    Raises
    ------
    StdpbenchError
        If there are no stimuli, or one cannot be encoded.
    """
    train, streamed = split.train, experiment.stream is not None
    n = experiment.schedule.n_pieces if streamed else len(train)
    if n < 1:
        raise StdpbenchError("there is nothing to show: the data have no training stimuli")
    sample_size = sample or (_PIECES if streamed else _SAMPLE)
    numbers = np.unique(np.linspace(0, n - 1, min(n, sample_size)).astype(int)).tolist()
    ready, first = with_pool(experiment, split), _first(experiment, n)
    shape = train.shape if streamed else input_shape(experiment, train)
    n_inputs = shape[0] * shape[1]
    counts, bins, merged, fired = list[int](), list[int](), 0, np.zeros(n_inputs, bool)
    factors = set[float]()
    for number in numbers:
        spikes = encode(experiment, ready.train, "train", first[number], 0, number)
        counts.append(len(spikes))
        bins.append(experiment.stimulus_bins if streamed else n_bins(experiment, train, number))
        merged += spikes.merged
        fired[spikes.index] = True
        if spikes.factor is not None and len(spikes):
            factors |= {float(spikes.factor.min()), float(spikes.factor.max())}
    durations = np.array(bins) * experiment.dt
    return Numbers(
        "stream" if streamed else train.kind,
        n,
        0 if streamed else len(split.test),
        len(split.class_names),
        shape,
        n_inputs,
        (float(durations.min()), float(durations.mean()), float(durations.max())),
        len(numbers),
        (float(min(counts)), float(np.mean(counts)), float(max(counts))),
        float(sum(counts) / (durations.sum() * 1e-3) / max(n_inputs, 1)),
        merged,
        0 if streamed else sum(n_cut(experiment, part) for part in (train, split.test)),
        int((~fired).sum()),
        sum(count == 0 for count in counts),
        tuple(split.class_names),
        (min(factors), max(factors)) if factors else (),
    )


def _first(experiment: Experiment, n: int) -> dict[int, int]:
    """Return the first training presentation of each stimulus; without training, the number of the stimulus."""
    if experiment.stream is not None:
        return {number: number for number in range(n)}
    first = dict[int, int]()
    for presentation, number in enumerate(training_order(experiment, n)[:n].tolist()):
        first.setdefault(number, presentation)
    return {number: first.get(number, number) for number in range(n)}
