"""Create run folders for new runs of an experiment, of a converted file, or from the network of another run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from stdpbench.base.errors import StdpbenchError, several
from stdpbench.base.files import DAMAGE
from stdpbench.bridges.nir.imported import NirNetwork
from stdpbench.data.datasets import Split
from stdpbench.data.stimuli import pictures_of
from stdpbench.declare.learned_names import is_per_synapse, listed, weights_of
from stdpbench.engine.network import Learned, learned_shapes, start_arrays
from stdpbench.engine.network.learned import from_input
from stdpbench.experiment import Experiment, graph_for, n_input
from stdpbench.experiment.graph import Graph
from stdpbench.experiment.references.ann_conversion import AnnConversion
from stdpbench.experiment.references.converted import convert
from stdpbench.experiment.references.feed_forward import chain
from stdpbench.experiment.references.layer_file import read_layers
from stdpbench.experiment.references.pretraining import as_hidden_layer
from stdpbench.kinds.encoding.current import Current
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.learned_arrays import learned_file, write_learned_files
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.weights_origin import KEY, Origin, origin_of
from stdpbench.runs.preparation.start import check_budget, load_split, trained_arrays
from stdpbench.runs.protocol.facts import Started
from stdpbench.runs.protocol.options import Options

_ROUNDING = 1e-5
"""Tolerance at the bounds of weights, as a share of the largest weight, for weights computed in float32."""
_PICTURES = 2000
"""Number of training pictures that determine the scale of weights from another run."""


def create_run(
    experiment: Experiment,
    runs: Path,
    options: Options,
    about: Mapping[str, Any] | None = None,
    fill: Callable[[RunFolder], None] = lambda folder: None,
) -> RunFolder:
    """Create the folder of a run, ready to be started.

    If the weights of its network are in a file (``reference.weights``), they are converted.

    Parameters
    ----------
    experiment : Experiment
        The experiment to run.
    runs : Path
        Folder in which the run folder is created.
    options : Options
        Options of the run.
    about : mapping, optional
        Additional entries of `RunFolder.about`, such as the command.
    fill : callable
        Called with the new folder to add further files, before the folder gets its final name.

    Raises
    ------
    StdpbenchError
        If a kind is not installed, the data are missing, the network of a file cannot be converted, or the folder
        cannot be written.
    """
    if experiment.reference.file and not experiment.missing_kinds:
        start, remark = converted_start(experiment, validation=options.validation)
        about = {**(about or {}), "weights": {"file": Path(experiment.reference.file).name, "remark": remark}}
        fill = partial(write_learned_files, learned=start, start=True)
    return _created(experiment, runs, options, about, fill)


def _created(
    experiment: Experiment,
    runs: Path,
    options: Options,
    about: Mapping[str, Any] | None,
    fill: Callable[[RunFolder], None],
) -> RunFolder:
    if missing := experiment.missing_kinds:
        raise StdpbenchError(f"{experiment.name} cannot run here: {' and '.join(missing)}")
    check_budget(experiment)
    experiment = experiment.model_copy(update={"data": experiment.data.resolved()})
    metadata = {"options": asdict(options), "validation": options.validation, "digest": experiment.digest}
    return RunFolder.create(runs, experiment, {**(about or {}), **metadata}, fill)


def create_run_from(
    parent: RunFolder,
    changes: Mapping[str, Any],
    runs: Path,
    options: Options,
    about: Mapping[str, Any] | None = None,
    experiment: Experiment | None = None,
) -> RunFolder:
    """Create the folder of a run that starts from the learned arrays of another one.

    Everything except the size of the pictures may be changed. Arrays that both networks have under the same name are
    copied: with fewer exc neurons, those of the first neurons; with more, the additional neurons start as in a new
    run. Arrays that the other run does not have, and synapses of sparse projections between neurons that are not
    connected there, also start as in a new run. If this network is trained with labels and the other one was trained
    by a rule, its first hidden layer starts from the input weights of the other, less their mean and scaled
    (pre-training). The log of the run states this, and what was not copied.

    Parameters
    ----------
    parent : RunFolder
        A run that has saved its weights.
    changes : mapping of str to Any
        New values by dotted path.
    runs, options, about
        As in `create_run`.
    experiment : Experiment, optional
        The experiment to run. Default: that of the parent.

    Raises
    ------
    StdpbenchError
        If the parent has no weights yet, they do not match the pictures, no array matches, or weights are outside the
        range in which this network learns them.
    """
    old = parent.experiment
    new = (experiment or old).override(changes)
    split = load_split(new, options.validation)
    shape, name = _input_of(parent), parent.path.name
    inherited, theirs_input = trained_arrays(parent, old, shape), prod(shape) if shape else 0
    if theirs_input != (own_input := n_input(new, split.train)):
        raise StdpbenchError(
            f"{name} has weights for {theirs_input} inputs, but this network would have {own_input} inputs; prepare "
            "and encode the data as in that run"
        )
    graph, old_graph = graph_for(new, split.train), old.graph(*shape)
    start_values = start_arrays(new, split.train) if graph.file is None else _of_file(graph, inherited, name)
    inherited, other_synapses = _of_same_neurons(start_values, inherited, graph, old_graph, name)
    inherited, adapted = _as_first_layer(old, new, start_values, inherited, split)
    _check_ranges(start_values, inherited, graph, old_graph, name)
    start, not_taken = _taken(start_values, inherited, name)
    remark = " ".join(filter(None, (adapted, _fewer(start_values, inherited, graph, name), not_taken, other_synapses)))
    about = {**(about or {}), KEY: str(origin_of(parent.path))}
    reference = {
        "id": parent.about.get("id", ""),
        "name": name,
        "remark": remark,
    }
    fill = partial(write_learned_files, learned=start, start=True)
    return _created(new, runs, options, {**about, "from": reference}, fill)


def _of_file(graph: Graph, inherited: Learned, name: str) -> Learned:
    """Return the learned arrays of another run for a network that a file builds, whose own ones are unknown here."""
    shapes = learned_shapes(graph)
    if odd := [array for array, shape in shapes.items() if array not in inherited or inherited[array].shape != shape]:
        raise StdpbenchError(
            f"{name} has no {', '.join(odd)} of the same shape; a network of the kind 'brian2' starts from all of its "
            "learned arrays or from none"
        )
    return Learned({array: inherited[array] for array in shapes})


def create_run_of_nir(
    network: NirNetwork,
    experiment: Experiment,
    file: str,
    runs: Path,
    options: Options,
    about: Mapping[str, Any] | None = None,
) -> RunFolder:
    """Create the folder of a run of a network from a NIR file.

    Parameters
    ----------
    network : NirNetwork
        Contents of the file; the run starts with its arrays.
    experiment : Experiment
        The experiment to run: that of the file, with any changes.
    file : str
        Name of the file.
    runs, options, about
        As in `create_run`.

    Raises
    ------
    StdpbenchError
        If the data do not fit the network, or the run cannot be created.
    """
    split = load_split(experiment, options.validation)
    graph, own_input = experiment.graph(), n_input(experiment, split.train)
    if graph.populations[graph.input].size not in (0, own_input):
        raise StdpbenchError(
            f"{file} has a network of {graph.populations[graph.input].size} inputs, but these data have {own_input} "
            "inputs; prepare and encode them as the network expects"
        )
    start, not_taken = _taken(start_arrays(experiment, split.train), Learned(network.learned), file)
    origin = {"file": file, "remark": " ".join(filter(None, (*network.remarks, not_taken)))}
    about = {**(about or {}), "nir": origin, KEY: str(Origin.read(network.weights_origin))}
    fill = partial(write_learned_files, learned=start, start=True)
    return _created(experiment, runs, options, about, fill)


def _input_of(folder: RunFolder) -> tuple[int, ...]:
    """Return the shape of the input of a run from its journal, or else from its weights; empty if unknown."""
    with suppress(StdpbenchError):
        facts = (record.fact for record in read_journal(folder.path))
        if started := next((fact for fact in facts if isinstance(fact, Started)), None):
            return tuple(started.shape) if prod(started.shape) else ()
    with suppress(StdpbenchError, *DAMAGE, AttributeError):  # AttributeError: an npz file
        name = from_input(folder.stored_experiment.graph())
        shape = np.load(folder.path / learned_file(name), allow_pickle=False, mmap_mode="r").shape
        return (int(shape[0]),) if len(shape) == 2 and shape[0] else ()
    return ()


def _of_same_neurons(initial: Learned, inherited: Learned, new: Graph, old: Graph, name: str) -> tuple[Learned, str]:
    """Return the learned arrays of another run, with values of sparse projections moved to the same pairs of neurons.

    Synapses that only the new network has keep their values. Also return a sentence that counts the synapses that only
    one of the networks has.
    """
    arrays, missing, left_out = dict(inherited), dict[str, str](), dict[str, str]()
    for array in filter(is_per_synapse, set(initial) & set(inherited)):
        projection = array.rpartition(".")[0]
        of_synapses = (
            graph.is_sparse(projection) and not graph.projections[projection].shared for graph in (new, old)
        )
        if not all(of_synapses):
            continue
        place = new.synapses(projection).places_in(old.synapses(projection))
        common = place >= 0
        arrays[array] = initial[array].copy()
        arrays[array][common] = inherited[array][place[common]]
        n_new, n_old = len(common), len(old.synapses(projection))
        if only_new := n_new - common.sum():
            missing[projection] = f"{only_new} of {n_new} synapses of {projection}"
        if only_old := n_old - common.sum():
            left_out[projection] = f"{only_old} of {n_old} synapses of {projection}"
    parts = ((f"{name} does not have", missing), ("This network does not have", left_out))
    return Learned(arrays), " ".join(f"{start} {listed(sorted(of.values()))}." for start, of in parts if of)


def _as_first_layer(
    old: Experiment, new: Experiment, start_values: Learned, inherited: Learned, split: Split
) -> tuple[Learned, str]:
    """Return the learned arrays of another run, its input weights as those of the first hidden layer, and a sentence.

    The arrays are returned unchanged, without a sentence, unless they were trained by a rule and this network has a
    hidden layer trained with labels.
    """
    layers = chain(new.graph()) if new.reference.trains and not old.reference.trains else []
    graph = old.graph()
    name = from_input(graph)
    if len(layers) < 2 or not graph.plastic or name not in inherited:
        return inherited, ""
    first = weights_of(layers[0])
    n = min(start_values[first].shape[1], inherited[name].shape[1])
    arrays = {key: array for key, array in inherited.items() if key != name}
    shown = pictures_of(split.train.part(0, min(_PICTURES, len(split.train)))).pixels
    flat = np.asarray(shown, np.float64).reshape(len(shown), -1)
    arrays[first] = as_hidden_layer(inherited[name][:, :n], start_values[first][:, :n], flat)
    sentence = "The first hidden layer starts from that run's input weights, less their mean over neurons, scaled."
    return Learned(arrays), sentence


def _check_ranges(initial: Learned, inherited: Learned, graph: Graph, old: Graph, name: str) -> None:
    """Check that weights of another run are within the bounds of the rules of this network.

    A normalised projection may exceed the upper bound, since its weights are scaled before they are used.

    Raises
    ------
    StdpbenchError
        If weights are out of bounds; one sentence for each projection.
    """
    odd = []
    for name_, projection in graph.projections.items():
        array, rule, was = weights_of(name_), projection.plasticity, old.projections.get(name_)
        if rule is None or projection.weight.trained or array not in initial or array not in inherited:
            continue
        if not inherited[array].size:
            continue
        low, high = float(inherited[array].min()), float(inherited[array].max())
        rounding = _ROUNDING * max(rule.w_max, abs(low), abs(high))
        same = was is not None and was.plasticity is not None and getattr(was.plasticity, "w_max", 0) <= rule.w_max
        above = high > rule.w_max + rounding and projection.normalise is None and not same
        if low >= -rounding and not above:
            continue
        instead = (
            f"start the network of {name}/experiment.toml from them, or this network from a run of a rule"
            if low < -rounding
            else f"set its w_max to {high:.3g} or more"
        )
        odd.append(
            f"{name_}: {name} has weights from {low:.3g} to {high:.3g}, but in this network a rule keeps them "
            f"between 0 and w_max = {rule.w_max:g}; {instead}"
        )
    if odd:
        raise several(odd)


def _fewer(initial: Learned, inherited: Learned, graph: Graph, name: str) -> str:
    """Return a sentence on neurons that the other run does not have; empty if it has as many or more."""
    counts: dict[str, tuple[int, int]] = {}
    for array in initial:
        of = array.rpartition(".")[0]
        if is_per_synapse(array) and not graph.is_sparse(of):
            ends = [graph.projections[of].source, graph.projections[of].target][-initial[array].ndim :]
        else:
            ends = [] if is_per_synapse(array) else [of]
        if array not in inherited or inherited[array].ndim != len(ends):
            continue
        for population, n, n_own in zip(ends, inherited[array].shape, initial[array].shape, strict=True):
            if n < n_own:
                counts[population] = n, n_own
    if not counts:
        return ""
    counted = listed(f"{n} of {n_own} neurons of {population}" for population, (n, n_own) in counts.items())
    return f"{name} gives weights and thresholds to {counted}; the other neurons start as in a new run."


def _taken(initial: Learned, inherited: Learned, name: str) -> tuple[Learned, str]:
    """Return start arrays with the values that can be copied from another run, and a sentence on the others."""
    start, odd = initial.copy(), list[str]()
    common = [array for array in initial if array in inherited and initial[array].ndim == inherited[array].ndim]
    for array in common:
        shared = tuple(map(slice, map(min, initial[array].shape, inherited[array].shape)))
        start[array][shared] = inherited[array][shared]
    odd += [f"{array} (this network has none)" for array in inherited if array not in initial]
    odd += [f"{array} (that run has none)" for array in initial if array not in inherited]
    odd += [f"{array} (it has other axes)" for array in initial if array in inherited and array not in common]
    odd += [
        f"{array} beyond the shape {initial[array].shape} (it has {inherited[array].shape})"
        for array in common
        if any(size > limit for size, limit in zip(inherited[array].shape, initial[array].shape, strict=True))
    ]
    sentence = f"Not taken from {name}: {', '.join(odd)}." if odd else ""
    if not common:
        raise StdpbenchError(f"{name} has no learned array that this network can start from. {sentence}".rstrip())
    return start, sentence


def converted_start(experiment: Experiment, *, validation: bool) -> tuple[Learned, str]:
    """Return the initial arrays of a run of a converted network, and sentences on the conversion.

    Test pictures are not used.

    Parameters
    ----------
    experiment : Experiment
        An experiment whose reference has a file of weights.
    validation : bool
        As in `load_split`.

    Raises
    ------
    StdpbenchError
        If the file has changed, or the pictures do not fit the network in it.
    """
    reference, encoding = experiment.reference, experiment.encoding
    assert isinstance(reference, AnnConversion)
    assert isinstance(encoding, Current)
    path = Path(reference.weights)
    network = read_layers(path)
    if network.digest != reference.sha256:
        raise StdpbenchError(f"{path} has changed and no longer contains the network of this experiment")
    split = load_split(experiment, validation)
    shown = pictures_of(split.train.part(0, min(reference.images, len(split.train))))
    if shown.shape != network.shape[1:]:
        sizes = [f"{rows} × {columns}" for rows, columns in (network.shape[1:], shown.shape)]
        raise StdpbenchError(
            f"the network in {path.name} is for pictures of {sizes[0]}, but these are {sizes[1]}; prepare them with "
            "data.resize or data.frame"
        )
    if shown.labels is None:
        raise StdpbenchError(f"reference.kind {reference.kind!r} needs pictures with labels, but these carry none")
    currents = np.asarray(encoding.currents_of(np.asarray(shown.pixels, np.float64).reshape(len(shown), -1)))
    converted = convert(network, graph_for(experiment, split.train), currents, shown.labels, reference.percentile)
    sentences = [
        f"The rectified units in {path.name} classify {100 * converted.accuracy:.2f} % of {len(shown)} training "
        "pictures correctly."
    ]
    if converted.accuracy < 2 / max(2, len(split.class_names)):
        sentences.append("This is low: the network may have been trained on other preprocessing (mean, std).")
    if converted.shift:
        sentences.append(f"{converted.shift:.3g} is added to all outputs, so that one is positive for each picture.")
    return start_arrays(experiment, split.train).replace(converted.arrays), " ".join(sentences)
