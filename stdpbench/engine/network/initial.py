"""Start arrays of a network, drawn with NumPy and therefore the same for every simulator."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.stimuli import Images, StimulusSet
from stdpbench.declare.learned_names import is_delay, weights_of
from stdpbench.engine.network.layout import Layout, ProjectionLayout
from stdpbench.engine.network.learned import Learned, learned_shapes
from stdpbench.experiment import Experiment, graph_for, input_shape, n_bins, n_input
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.experiment.templates.diehl_cook import Network
from stdpbench.kinds.connections.synapses import Synapses
from stdpbench.kinds.connections.table import Table
from stdpbench.kinds.normalisations.sum import Sum
from stdpbench.kinds.weights.samples import Samples

FEED = "feed"
"""Name of the projection from input to exc neurons in the network of Diehl & Cook."""
_WEIGHTS, SAMPLES = 101, 103  # numbers of random streams, different from those of the encoder


def start_pictures(experiment: Experiment, n_images: int) -> NDArray[np.int64]:
    """Return the training pictures from which weights start: int64, one per neuron; empty for random weights.

    Parameters
    ----------
    experiment : Experiment
        Gives seed, sizes and kinds of start weights.
    n_images : int
        Number of training pictures.
    """
    if not isinstance(experiment.network, Network):
        graph = experiment.graph()
        drawn = [
            picture_order(graph.random(name, "pictures"), _n_samples(projection, graph), n_images)
            for name, projection in graph.projections.items()
            if projection.weight.from_pictures
        ]
        return np.concatenate([np.empty(0, np.int64), *drawn])
    if experiment.network.start != "samples":
        return np.empty(0, np.int64)
    random = np.random.default_rng(np.random.SeedSequence((experiment.seed, SAMPLES)))
    return picture_order(random, experiment.network.n_exc, n_images)


def start_weights(experiment: Experiment, images: StimulusSet) -> NDArray[np.float64]:
    """Return the weights before any learning.

    ``start = "random"``: w = (U(0, 1) + 0.01) * 0.3, as in Diehl & Cook's code. ``start = "samples"``: each exc
    neuron gets a training picture, drawn without replacement until all are used, blurred with a Gaussian and mixed
    with ``start_noise`` of a random start (after Cachi et al. 2020, who start from training samples). Labels are not
    used.

    Parameters
    ----------
    experiment : Experiment
        Gives seed, sizes and kind of start.
    images : StimulusSet
        The training stimuli; used only with ``start = "samples"``.

    Returns
    -------
    ndarray, float64, (n_input, n_exc)
        Not yet normalised, except that with ``"samples"`` each column sums to ``weight_sum``.
    """
    network = experiment.network
    random = np.random.default_rng(np.random.SeedSequence((experiment.seed, _WEIGHTS)))
    w: NDArray[np.float64] = (random.random((n_input(experiment, images), network.n_exc)) + 0.01) * 0.3
    if network.start == "random":
        return w
    feed = experiment.graph().projections[FEED]
    return _from_pictures(feed, w, _strengths(experiment, images, start_pictures(experiment, len(images))))


def start_arrays(experiment: Experiment, images: StimulusSet) -> Learned:
    """Return the learned arrays of a network before any learning.

    Parameters
    ----------
    experiment : Experiment
        Gives the network and the seed.
    images : StimulusSet
        The training stimuli; used only for weights that start from them.
    """
    graph, arrays = graph_for(experiment, images), dict[str, NDArray[np.float64]]()
    if graph.file is not None:
        return Learned({})
    drawn = projection_weights(graph)
    for name, shape in learned_shapes(graph).items():
        owner, _, variable = name.partition(".")
        if owner not in graph.projections:
            arrays[name] = np.full(shape, slow_start(graph.populations[owner], variable))
        elif is_delay(name):
            arrays[name] = delays_of(graph, owner).astype(np.float64) * (graph.dt * 1e-3)
        elif isinstance(experiment.network, Network) and owner == FEED:
            arrays[name] = start_weights(experiment, images)
        elif graph.projections[owner].weight.from_pictures:
            from_input = graph.projections[owner].source == graph.input
            strengths = partial(_strengths, experiment, images) if from_input else partial(_none, graph, owner)
            arrays[name] = sampled_weights(graph, owner, len(images), strengths)
        else:
            arrays[name] = drawn[owner]
    return Learned(arrays)


def sampled_weights(
    graph: Graph,
    projection: str,
    n_images: int,
    strengths: Callable[[NDArray[np.int64]], NDArray[np.generic]],
) -> NDArray[np.float64]:
    """Return weights that start from training stimuli.

    Parameters
    ----------
    graph : Graph
        The network.
    projection : str
        Name of a projection with such weights.
    n_images : int
        Number of training stimuli.
    strengths : callable
        Returns, for numbers of stimuli, the strength with which each drives the source neurons: (n, *shape of the
        source).
    """
    declared, random = graph.projections[projection], graph.random(projection, "pictures")
    order = picture_order(random, _n_samples(declared, graph), n_images)
    shape = learned_shapes(graph)[weights_of(projection)]
    w = (random.random(shape) + 0.01) * 0.3
    pictures = strengths(order)
    if declared.shared:
        w = w.reshape(-1, shape[-1])
        blurred = _blurred(declared, pictures)
        return _mixed(declared, w, _patches(graph, projection, blurred, random)).reshape(shape)
    synapses = graph.synapses(projection) if graph.is_sparse(projection) else None
    return _from_pictures(declared, w, pictures, synapses)


def _n_samples(projection: Projection, graph: Graph) -> int:
    """Return the number of target neurons of a projection, or of units that share weights."""
    target = graph.populations[projection.target]
    return target.shape[-1] if projection.shared else target.size


def _patches(
    graph: Graph, projection: str, pictures: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.float64]:
    """Return the patch of each picture at one place, drawn in proportion to its strength: (n_weights, n_pictures)."""
    synapses, n = graph.synapses(projection), len(pictures)
    one = synapses.target % n == 0
    source, place = synapses.source[one], synapses.target[one] // n
    weight = graph.weight_of_synapse(projection)[one] // n
    patches = np.zeros((int(weight.max()) + 1, n))
    for number, strength in enumerate(pictures.reshape(n, -1)):
        drive = np.cumsum(np.bincount(place, strength[source]))
        here = place == min(drive.searchsorted(random.random() * drive[-1], "right"), len(drive) - 1)
        patches[weight[here], number] = strength[source[here]]
    return patches


def _strengths(experiment: Experiment, images: StimulusSet, numbers: NDArray[np.int64]) -> NDArray[np.generic]:
    """Return the strength with which stimuli drive each input neuron, (n, height, width) of the input population."""
    encoding = experiment.encoding
    if isinstance(images, Images) and encoding.copies == 1:
        return images.chosen(numbers).pixels
    dt, shape = experiment.dt * 1e-3, input_shape(experiment, images)
    rows = [
        encoding.strength(
            images.stimulus(number), n_input=prod(shape), n_bins=n_bins(experiment, images, number), dt=dt
        )
        for number in numbers.tolist()
    ]
    return np.array(rows).reshape(-1, *shape)


def _none(graph: Graph, projection: str, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return no strength of any source neuron: `stdpbench.runs.process.training` takes samples when it begins."""
    return np.zeros((len(numbers), *graph.populations[graph.projections[projection].source].shape))


def picture_order(random: np.random.Generator, n: int, n_images: int) -> NDArray[np.int64]:
    """Draw n pictures, without replacement until all are used."""
    order = np.concatenate([random.permutation(n_images) for _ in range(-(-n // n_images))])
    return np.asarray(order[:n], np.int64)


def slow_start(population: Population, variable: str) -> float:
    """Return the value of a slow variable of neurons before any learning, SI units."""
    neuron = population.neuron
    assert neuron is not None
    start = {declared.name: declared.start for declared in neuron.variables}[variable]
    return neuron.quantities().get(start or f"{variable}_start", 0.0)


def _from_pictures(
    projection: Projection,
    w: NDArray[np.float64],
    pictures: NDArray[np.generic],
    synapses: Synapses | None = None,
) -> NDArray[np.float64]:
    """Return weights from one picture per target neuron, blurred and mixed with random weights `w`.

    With `synapses` of a sparse projection, neurons get the visible part of their picture; if it is blank, they start
    from random weights.
    """
    samples = _blurred(projection, pictures).reshape(len(pictures), -1).T
    if synapses is None:
        return _mixed(projection, w, samples)
    return _mixed(projection, w, samples[synapses.source, synapses.target], synapses.target)


def _blurred(projection: Projection, pictures: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return pictures, (n, rows, columns) or with units, blurred; without rows and columns as they are."""
    weight, values = projection.weight, pictures.astype(np.float64)
    assert isinstance(weight, Samples)
    return values if values.ndim < 3 else _blur(_blur(values, weight.blur, 1), weight.blur, 2)


def _mixed(
    projection: Projection,
    w: NDArray[np.float64],
    samples: NDArray[np.float64],
    targets: NDArray[np.int32] | None = None,
) -> NDArray[np.float64]:
    """Return samples, mixed with random weights `w` and scaled; of neurons whose sample is blank, `w`."""
    weight, rule, scaling = projection.weight, projection.plasticity, projection.normalise
    assert isinstance(weight, Samples)
    blank = _sums(samples, targets) == 0
    if blank.any():  # else the order in memory stays, on which the last bits of sums depend
        samples = np.where(blank if targets is None else blank[targets], w, samples)
    parts = [_shares(part, targets) for part in (samples, w)]
    mixed = (1 - weight.noise) * parts[0] + weight.noise * parts[1]
    if scaling is None or isinstance(scaling, Sum):
        mixed *= float(_sums(w, targets).mean()) if scaling is None else scaling.value
    else:
        scaling.apply(mixed, targets)  # before clipping, since w_max refers to scaled weights
    clipped = np.ascontiguousarray(np.clip(mixed, 0, None if rule is None else rule.w_max))
    if scaling is not None:
        scaling.apply(clipped, targets)
    return clipped


def _sums(w: NDArray[np.float64], targets: NDArray[np.int32] | None) -> NDArray[np.float64]:
    """Return the sum of the weights of each target neuron."""
    return np.asarray(w.sum(axis=0) if targets is None else np.bincount(targets, w))


def _shares(w: NDArray[np.float64], targets: NDArray[np.int32] | None) -> NDArray[np.float64]:
    """Return weights divided by the sum of the weights of their target neuron."""
    sums = np.maximum(_sums(w, targets), np.finfo(float).tiny)
    shares: NDArray[np.float64] = w / (sums if targets is None else sums[targets])
    return shares


def _blur(pictures: NDArray[np.float64], sigma: float, axis: int) -> NDArray[np.float64]:
    """Blur along an axis with a Gaussian cut off at four sigma; values beyond the edge are 0.

    Equals ``scipy.ndimage.gaussian_filter1d``, with the same order of operations, without importing it, which would
    take a quarter of the start time of a small run.
    """
    radius = int(4 * sigma + 0.5)
    if radius == 0:
        return pictures
    kernel = np.exp(-0.5 / (sigma * sigma) * np.arange(-radius, radius + 1) ** 2)
    kernel /= kernel.sum()
    n = pictures.shape[axis]
    lines = np.pad(np.moveaxis(pictures, axis, -1), ((0, 0), (0, 0), (radius, radius)))
    blurred = lines[..., radius : radius + n] * kernel[radius]
    for k in range(radius):
        blurred += (lines[..., k : k + n] + lines[..., 2 * radius - k : 2 * radius - k + n]) * kernel[k]
    return np.moveaxis(blurred, -1, axis)


def projection_delays(graph: Graph) -> dict[str, NDArray[np.int32]]:
    """Draw the delays of projections with a delay per synapse, before any learning.

    Returns
    -------
    dict of str to ndarray, int32
        Delay of each synapse in steps, (n_source, n_target); one-to-one (n,), sparse (n_synapses,). The same on every
        machine.
    """
    differing = [name for name, layout in Layout(graph).projections.items() if layout.delays_differ]
    return {name: delays_of(graph, name) for name in differing}


def delays_of(graph: Graph, projection: str) -> NDArray[np.int32]:
    """Draw the delays of a projection with a delay per synapse; see `projection_delays`."""
    layout = Layout(graph).projections[projection]
    if layout.projection.delay.form != "each":
        return np.full(layout.shape, round(layout.projection.delay.longest / graph.dt), np.int32)
    if layout.projection.delay.from_table:
        assert isinstance(layout.projection.connect, Table)
        return np.rint(layout.projection.connect.delays() / graph.dt).astype(np.int32)
    return layout.projection.delay.draw(graph.random(projection, "delays"), layout.shape, graph.dt)


def projection_weights(graph: Graph, only: str = "") -> dict[str, NDArray[np.float64]]:
    """Draw the weights of all projections with a weight per synapse, or of `only` one, before any learning.

    Returns
    -------
    dict of str to ndarray, float64
        (n_source, n_target), one-to-one (n,), sparse (n_synapses,); 0 for pairs that are not connected. The same on
        every machine. Weights that start from pictures, or that a file sets, are not included.
    """
    weights = {}
    for name, layout in Layout(graph).projections.items():
        if only not in ("", name) or graph.file is not None:
            continue
        if layout.has_weights and not layout.projection.weight.from_pictures:
            if layout.projection.weight.from_table:
                assert isinstance(layout.projection.connect, Table)
                weights[name] = layout.projection.connect.weights()
                continue
            w = layout.projection.weight.draw(graph.random(name, "weights"), layout.shape)
            weights[name] = w * connected(layout) if layout.at_end else w
    return weights


def connected(projection: ProjectionLayout) -> NDArray[np.bool_]:
    """Return the mask of pairs of neurons that `others` connects, bool, (n_source, n_target)."""
    number = np.arange(projection.target.size)
    return projection.reaches(number[:, None], number)
