"""Prepare the start of a run: load pictures for the schedule, check them and the memory, and make initial arrays."""

from __future__ import annotations

import hashlib
from math import prod

import numpy as np

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import thousands
from stdpbench.data.datasets import Dataset, Split, validation_split
from stdpbench.data.stimuli import Images
from stdpbench.declare.learned_names import weights_of
from stdpbench.engine.network import Layout, Learned, shapes_in, start_arrays
from stdpbench.engine.network.memory import available_memory, synapse_memory
from stdpbench.experiment import Experiment, graph_for, input_shape, n_presentations, with_pool
from stdpbench.experiment.dry_run import shown_numbers
from stdpbench.experiment.graph import Graph
from stdpbench.experiment.own_stimuli import usual_drive
from stdpbench.kinds.normalisations.sum import Sum
from stdpbench.runs.folder.learned_arrays import read_learned_files, start_files
from stdpbench.runs.folder.run_folder import RunFolder

_SAMPLE = 40
"""Number of stimuli whose spikes are counted."""


def load_split(experiment: Experiment, validation: bool) -> Split:
    """Load the pictures of an experiment, with training and test parts cut to its schedule.

    With `validation`, some training pictures are the test part, and the test pictures are not used.
    """
    split = experiment.data.prepare()
    if validation and experiment.stream is not None:
        raise StdpbenchError("a stream has no pictures to hold out; leave out --validation")
    if validation:
        n = experiment.data.validation_size(len(split.train))
        split = validation_split(split, n, getattr(experiment.data, "validation", "last"))
    schedule = experiment.schedule
    for name, wanted, available in (
        ("train_images", schedule.train_images, len(split.train)),
        ("label_images", schedule.label_images, min(len(split.train), schedule.train_images or len(split.train))),
        ("test_images", schedule.test_images, len(split.test)),
    ):
        if wanted is not None and wanted > available:
            raise StdpbenchError(f"schedule.{name} = {wanted}, but there are only {available} pictures for it")
    n_train = schedule.train_images or len(split.train)
    cut = Split(
        split.train.part(0, n_train),
        split.test.part(0, schedule.test_images or len(split.test)),
        split.class_names,
        split.train.part(n_train, len(split.train)),
        split.fingerprint,
    )
    check_disjoint(cut)
    return with_pool(experiment, cut)


def check_disjoint(split: Split) -> None:
    """Check that training, evaluated and spare pictures are disjoint.

    Raises
    ------
    StdpbenchError
        If parts of a split share memory.
    """
    if split.train.shares_memory(split.test):
        raise StdpbenchError("training pictures and evaluated pictures overlap, so the result would not be valid")
    if split.spare is not None and any(split.spare.shares_memory(part) for part in (split.train, split.test)):
        raise StdpbenchError("spare pictures overlap with training or test pictures; the parts must be disjoint")


def check_brightness(experiment: Experiment, split: Split) -> None:
    """Check that the brightest picture can be encoded at the last attempt.

    Raises
    ------
    StdpbenchError
        If it cannot be encoded, for example because a pixel would fire with probability 1 or more per step.
    """
    if not isinstance(split.train, Images) or not isinstance(split.test, Images):
        return
    brightest = max(float(part.pixels.max(initial=0)) for part in (split.train, split.test))
    for shown, when in ((experiment, ""), (experiment.evaluated, " in evaluation")):
        problem = shown.encoding.problem(brightest, shown.attempts - 1, shown.encoded_bins, shown.dt * 1e-3)
        if problem:
            raise StdpbenchError(f"the brightest picture cannot be shown{when}: {problem}")


def check_weights(experiment: Experiment, split: Split) -> None:
    """Check that weights can be normalised to their sum.

    Raises
    ------
    StdpbenchError
        If the mean weight would come close to w_max or exceed it: normalisation and clipping would counteract.
    """
    graph = graph_for(experiment, split.train)
    for name, projection in graph.projections.items():
        scaling, rule, n = projection.normalise, projection.plasticity, graph.populations[projection.source].size
        if not isinstance(scaling, Sum) or rule is None:
            continue
        if projection.shared:
            n = prod(graph.kernel(name)[:-1])
        elif graph.is_sparse(name):
            n = int(np.bincount(graph.synapses(name).target).min(initial=n))
        if scaling.value > 0.9 * n * rule.w_max:
            path = f"network.projections.{name}"
            total, bound = (experiment.short_path(f"{path}.{end}") for end in ("normalise.value", "plasticity.w_max"))
            raise StdpbenchError(
                f"{total} = {scaling.value:g} over {n} inputs requires a mean weight of {scaling.value / n:.2g}, but "
                f"{bound} = {rule.w_max:g}: {_remedy(experiment, split, graph, name, n)}"
            )


def _remedy(experiment: Experiment, split: Split, graph: Graph, name: str, n: int) -> str:
    """Return a remedy, as a clause, for a sum of weights that is too large for the `n` sources of each neuron."""
    projection = graph.projections[name]
    if projection.source != graph.input or projection.plasticity is None:
        return "lower the former or raise the latter"
    numbers = shown_numbers(experiment, split, _SAMPLE)
    if not numbers.spikes[1]:
        return "lower the former; also, the encoding evokes no spikes with these data (encoding)"
    values = usual_drive(projection.plasticity, numbers, n)
    table = f"network.projections.{name}"
    paths = {"sum": experiment.short_path(f"{table}.normalise.value")}
    paths |= {key: experiment.short_path(f"{table}.plasticity.{key}") for key in values if key != "sum"}
    settings = ", ".join(f"{paths[key]} = {value:g}" for key, value in values.items())
    return f"with {settings}, neurons receive about as much input from these data as from MNIST"


def fingerprint(split: Split) -> str:
    """Return the SHA-256, hexadecimal, of the pictures and labels as presented, or of the spikes of a file."""
    digest = hashlib.sha256()
    for part in (split.train, split.test):
        for array in part.presented.values():
            digest.update(repr((array.shape, array.dtype.str)).encode())
            digest.update(np.ascontiguousarray(array).data)
        if part.labels is not None:
            digest.update(np.ascontiguousarray(part.labels).data)
    digest.update(split.fingerprint.encode())
    return digest.hexdigest()


def fingerprint_at_start(start: Experiment, experiment: Experiment, split: Split, validation: bool) -> str:
    """Return the current fingerprint of the pictures with which a run started.

    Parameters
    ----------
    start, experiment : Experiment
        Initial and active experiment; the number of evaluated pictures may have changed in between.
    split : Split
        The pictures of `experiment`.
    validation : bool
        As in `load_split`.
    """
    same_cut = start.schedule.test_images == experiment.schedule.test_images
    return fingerprint(split if same_cut else load_split(start, validation))


def arrays_at_start(folder: RunFolder, experiment: Experiment, split: Split) -> Learned:
    """Return the learned arrays at the start of a run, before normalisation.

    If the run was started from another one, they are read from its folder (`stdpbench.runs.folder.learned_arrays`);
    otherwise the experiment defines them. Those of a network that a file builds are written when it first opens.
    """
    shapes = shapes_in(experiment, *input_shape(experiment, split.train))
    if not start_files(folder.path):
        return start_arrays(experiment, split.train)
    return read_learned_files(folder, shapes, start=True)


def trained_arrays(folder: RunFolder, experiment: Experiment, shape: tuple[int, ...]) -> Learned:
    """Read the learned arrays at the end of a run from its folder, normalised as at the start of a presentation.

    `shape` is the shape of the input.
    """
    return read_learned_files(folder, shapes_in(experiment, *shape))


def normalised(learned: Learned, graph: Graph) -> Learned:
    """Return learned arrays as used by a presentation, with normalised copies of weights that are normalised.

    The graph must have the shape of its input.
    """
    scaled = {}
    for name, projection in graph.projections.items():
        if projection.normalise is not None and weights_of(name) in learned:
            scaled[weights_of(name)] = w = learned[weights_of(name)].copy()
            graph.normalise(name, w)
    return learned.replace(scaled)


_PER_PRESENTATION, _PER_PIECE = 64, 2048
"""Bytes per training presentation, or per piece of a stream, in the schedule, the curves and a checkpoint."""
_PER_PIXEL = 8  # bytes, while pictures are prepared


def check_budget(experiment: Experiment, split: Split | None = None) -> None:
    """Check that a run fits into available memory.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    split : Split, optional
        Its data. Without them, only the schedule, with the minimum number of presentations, and the pictures of a
        published data set are checked.

    Raises
    ------
    StdpbenchError
        If it does not fit; the message states the required memory.
    """
    free, schedule, data = available_memory(), experiment.schedule, experiment.data
    n = n_presentations(experiment, len(split.train) if split else schedule.train_images or 1)
    noun, length = ("pieces", "duration") if schedule.is_stream else ("presentations", "passes")
    size = _PER_PIECE if schedule.is_stream else _PER_PRESENTATION
    parts = [(n * size, f"the schedule of {thousands(n)} {noun}", f"lower schedule.{length}")]
    if split is not None:
        n_bytes = synapse_memory(Layout(graph_for(experiment, split.train)))
        parts.append((n_bytes, "the synapses", "use fewer neurons or smaller inputs"))
        parts.append((2 * (split.train.nbytes + split.test.nbytes), "the data", "use fewer or smaller stimuli"))
    elif isinstance(data, Dataset) and data.published is not None:
        n_train, n_test, side = data.published
        n_bytes = _PER_PIXEL * (n_train + n_test) * max(filter(None, (data.resize, data.frame, side))) ** 2
        parts.append((n_bytes, "the pictures", "lower data.resize and data.frame"))
    if free is not None and sum(n_bytes for n_bytes, *_ in parts) > free:
        largest = [(n_bytes, purpose) for n_bytes, purpose, _ in parts if n_bytes >= 2**24]
        needed = " and ".join(f"{n_bytes / 2**30:.3g} GiB for {purpose}" for n_bytes, purpose in largest)
        raise StdpbenchError(
            f"{experiment.name} needs {needed}, but {free / 2**30:.1f} GiB of memory are available: {max(parts)[2]}"
        )
