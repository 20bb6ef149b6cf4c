"""Create run folders for new runs: of an experiment, of a converted file, or from the network of another run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
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
from stdpbench.engine.network import Learned, start_arrays
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
from stdpbench.runs.preparation.start import check_budget, load_split
from stdpbench.runs.protocol.facts import Started
from stdpbench.runs.protocol.options import Options

_ROUNDING = 1e-5
"""Tolerance at the bounds of weights, as a share of the largest: weights may have been computed in float32."""
_PICTURES = 2000
"""Number of training pictures to which weights of another run are scaled."""


def create_run(
    experiment: Experiment,
    runs: Path,
    options: Options,
    about: Mapping[str, Any] | None = None,
    fill: Callable[[RunFolder], None] = lambda folder: None,
) -> RunFolder:
    """Create the folder of a run, ready to be started.

    If a file has the weights of its network (``reference.weights``), they are converted.

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
        from stdpbench.runs.preparation.creation import converted_start

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
    metadata = {"options": options.to_mapping(), "validation": options.validation, "digest": experiment.digest}
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
    taken; with fewer exc neurons, those of the first ones; with more, the additional ones start as in a run from
    scratch, as do arrays that the other run does not have, and synapses of sparse projections between neurons that it
    does not connect. If labels train this network and a rule trained the other
    one, its input weights, less their mean and scaled, are where the first hidden layer starts (pre-training). The
    event log of the run says so, and what was not taken.

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
        If the parent has no weights yet, they do not match the pictures, no array matches, or weights are outside of
        the range in which this network learns them.
    """
    from stdpbench.engine.network import start_arrays
    from stdpbench.runs.preparation.start import load_split, trained_arrays

    old = parent.experiment
    new = (experiment or old).override(changes)
    split = load_split(new, options.validation)
    shape, name = _input_of(parent), parent.path.name
    theirs, theirs_input = trained_arrays(parent, old, shape), prod(shape) if shape else 0
    if theirs_input != (own_input := n_input(new, split.train)):
        raise StdpbenchError(
            f"{name} has weights for {theirs_input} inputs, but this network would have {own_input}; prepare and "
            "encode the data as in that run"
        )
    own = start_arrays(new, split.train)
    graph, old_graph = graph_for(new, split.train), old.graph(*shape)
    theirs, other_synapses = _of_same_neurons(own, theirs, graph, old_graph, name)
    theirs, adapted = _as_first_layer(old, new, own, theirs, split)
    _check_ranges(own, theirs, graph, old_graph, name)
    start, not_taken = _taken(own, theirs, name)
    remark = " ".join(filter(None, (adapted, _fewer(own, theirs, graph, name), not_taken, other_synapses)))
    about = {**(about or {}), KEY: str(origin_of(parent.path))}
    reference = {
        "id": parent.about.get("id", ""),
        "name": name,
        "remark": remark,
    }
    fill = partial(write_learned_files, learned=start, start=True)
    return _created(new, runs, options, {**about, "from": reference}, fill)


def create_run_of_nir(
    network: NirNetwork,
    experiment: Experiment,
    file: str,
    runs: Path,
    options: Options,
    about: Mapping[str, Any] | None = None,
) -> RunFolder:
    """Create the folder of a run of a network that was read from a NIR file.

    Parameters
    ----------
    network : NirNetwork
        What the file contains; its arrays are those that the run starts with.
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
    from stdpbench.engine.network import start_arrays
    from stdpbench.runs.preparation.start import load_split

    split = load_split(experiment, options.validation)
    graph, own_input = experiment.graph(), n_input(experiment, split.train)
    if graph.populations[graph.input].size not in (0, own_input):
        raise StdpbenchError(
            f"{file} has a network of {graph.populations[graph.input].size} inputs, but these data give {own_input}; "
            "prepare and encode them as the network expects"
        )
    start, not_taken = _taken(start_arrays(experiment, split.train), Learned(network.learned), file)
    origin = {"file": file, "remark": " ".join(filter(None, (*network.remarks, not_taken)))}
    about = {**(about or {}), "nir": origin, KEY: str(Origin.read(network.weights_origin))}
    fill = partial(write_learned_files, learned=start, start=True)
    return _created(experiment, runs, options, about, fill)


def _input_of(folder: RunFolder) -> tuple[int, ...]:
    """Return the shape of the input of a run, by its journal, or else its weights; empty if neither says it."""
    with suppress(StdpbenchError):
        facts = (record.fact for record in read_journal(folder.path))
        if started := next((fact for fact in facts if isinstance(fact, Started)), None):
            return tuple(started.shape) if prod(started.shape) else ()
    with suppress(StdpbenchError, *DAMAGE, AttributeError):  # AttributeError: an npz file
        name = from_input(folder.stored_experiment.graph())
        shape = np.load(folder.path / learned_file(name), allow_pickle=False, mmap_mode="r").shape
        return (int(shape[0]),) if len(shape) == 2 and shape[0] else ()
    return ()


def _of_same_neurons(own: Learned, theirs: Learned, new: Graph, old: Graph, name: str) -> tuple[Learned, str]:
    """Return what another run has learned, with values of sparse projections at the synapses of the same neurons.

    Synapses that only the new network has keep their own values; a sentence counts those that only one of both has.
    """
    arrays, missing, left_out = dict(theirs), dict[str, str](), dict[str, str]()
    for array in filter(is_per_synapse, set(own) & set(theirs)):
        projection = array.rpartition(".")[0]
        if not (new.is_sparse(projection) and old.is_sparse(projection)):
            continue
        place = new.synapses(projection).places_in(old.synapses(projection))
        common = place >= 0
        arrays[array] = own[array].copy()
        arrays[array][common] = theirs[array][place[common]]
        only_here, only_there = (len(each) - common.sum() for each in (common, old.synapses(projection)))
        if only_here:
            missing[projection] = f"{only_here} of {len(common)} synapses of {projection}"
        if only_there:
            left_out[projection] = f"{only_there} of {len(old.synapses(projection))} synapses of {projection}"
    parts = ((f"{name} does not have", missing), ("This network does not have", left_out))
    return Learned(arrays), " ".join(f"{start} {listed(sorted(of.values()))}." for start, of in parts if of)


def _as_first_layer(
    old: Experiment, new: Experiment, own: Learned, theirs: Learned, split: Split
) -> tuple[Learned, str]:
    """Return what another run has learned with its input weights as those of the first hidden layer, and a sentence.

    They are returned as they are, and no sentence, unless a rule trained them and this network has a hidden layer that
    labels train.
    """
    layers = chain(new.graph()) if new.reference.trains and not old.reference.trains else []
    graph = old.graph()
    name = from_input(graph)
    if len(layers) < 2 or not graph.plastic or name not in theirs:
        return theirs, ""
    first = weights_of(layers[0])
    n = min(own[first].shape[1], theirs[name].shape[1])
    arrays = {each: array for each, array in theirs.items() if each != name}
    shown = pictures_of(split.train.part(0, min(_PICTURES, len(split.train)))).pixels
    flat = np.asarray(shown, np.float64).reshape(len(shown), -1)
    arrays[first] = as_hidden_layer(theirs[name][:, :n], own[first][:, :n], flat)
    sentence = "The first hidden layer starts from that run's input weights, less their mean over neurons, scaled."
    return Learned(arrays), sentence


def _check_ranges(own: Learned, theirs: Learned, graph: Graph, old: Graph, name: str) -> None:
    """Check that weights of another run are in the ranges in which the rules of this network keep them.

    A normalisation may lift weights above the upper bound, and scales all of them before they are used.

    Raises
    ------
    StdpbenchError
        If they are not: one sentence for each projection.
    """
    odd = []
    for projection, each in graph.projections.items():
        array, rule, was = weights_of(projection), each.plasticity, old.projections.get(projection)
        if rule is None or each.weight.trained or array not in own or array not in theirs or not theirs[array].size:
            continue
        low, high = float(theirs[array].min()), float(theirs[array].max())
        rounding = _ROUNDING * max(rule.w_max, abs(low), abs(high))
        same = was is not None and was.plasticity is not None and getattr(was.plasticity, "w_max", 0) <= rule.w_max
        above = high > rule.w_max + rounding and each.normalise is None and not same
        if low >= -rounding and not above:
            continue
        instead = (
            f"start the network of {name}/experiment.toml from them, or this network from a run of a rule"
            if low < -rounding
            else f"set its w_max to {high:.3g} or more"
        )
        odd.append(
            f"{projection}: {name} has weights from {low:.3g} to {high:.3g}, but in this network a rule keeps them "
            f"between 0 and w_max = {rule.w_max:g}; {instead}"
        )
    if odd:
        raise several(odd)


def _fewer(own: Learned, theirs: Learned, graph: Graph, name: str) -> str:
    """Say how many neurons of this network start from another run that has fewer; empty if it has as many or more."""
    counts: dict[str, tuple[int, int]] = {}
    for array in own:
        of = array.rpartition(".")[0]
        if is_per_synapse(array) and not graph.is_sparse(of):
            ends = [graph.projections[of].source, graph.projections[of].target][-own[array].ndim :]
        else:
            ends = [] if is_per_synapse(array) else [of]
        if array not in theirs or theirs[array].ndim != len(ends):
            continue
        for population, n, n_own in zip(ends, theirs[array].shape, own[array].shape, strict=True):
            if n < n_own:
                counts[population] = n, n_own
    if not counts:
        return ""
    found = listed(f"{n} of {n_own} neurons of {population}" for population, (n, n_own) in counts.items())
    return f"{name} gives weights and thresholds to {found}; the other neurons start as they do from scratch."


def _taken(own: Learned, theirs: Learned, name: str) -> tuple[Learned, str]:
    """Return learned arrays with what can be taken from another run, and a sentence on what cannot; else empty."""
    start, odd = own.copy(), list[str]()
    common = [each for each in own if each in theirs and own[each].ndim == theirs[each].ndim]
    for each in common:
        shared = tuple(map(slice, map(min, own[each].shape, theirs[each].shape)))
        start[each][shared] = theirs[each][shared]
    odd += [f"{each} (this network has none)" for each in theirs if each not in own]
    odd += [f"{each} (that run has none)" for each in own if each not in theirs]
    odd += [f"{each} (it has other axes)" for each in own if each in theirs and each not in common]
    odd += [
        f"{each} beyond the shape {own[each].shape} (it has {theirs[each].shape})"
        for each in common
        if any(size > limit for size, limit in zip(theirs[each].shape, own[each].shape, strict=True))
    ]
    sentence = f"Not taken from {name}: {', '.join(odd)}." if odd else ""
    if not common:
        raise StdpbenchError(f"{name} has learned nothing that this network could start from. {sentence}".rstrip())
    return start, sentence


def converted_start(experiment: Experiment, *, validation: bool) -> tuple[Learned, str]:
    """Return the arrays with which a run of a converted network starts, and sentences on the conversion.

    Test pictures are not looked at.

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
        raise StdpbenchError(f"{path} no longer has the network of this experiment: it has changed")
    split = load_split(experiment, validation)
    shown = pictures_of(split.train.part(0, min(reference.images, len(split.train))))
    if shown.pixels.shape[1:] != network.shape[1:]:
        sizes = [f"{rows} × {columns}" for rows, columns in (network.shape[1:], shown.pixels.shape[1:])]
        raise StdpbenchError(
            f"the network in {path.name} is for pictures of {sizes[0]}, but these are {sizes[1]}; prepare them with "
            "data.resize or data.frame"
        )
    if shown.labels is None:
        raise StdpbenchError(f"reference.kind {reference.kind!r} needs pictures with labels, but these carry none")
    currents = np.asarray(encoding.currents_of(np.asarray(shown.pixels, np.float64).reshape(len(shown), -1)))
    made = convert(network, graph_for(experiment, split.train), currents, shown.labels, reference.percentile)
    sentences = [
        f"The rectified units in {path.name} answer {100 * made.accuracy:.2f} % of {len(shown)} training pictures "
        "correctly."
    ]
    if made.accuracy < 2 / max(2, len(split.class_names)):
        sentences.append("That is little: it may have been trained on pictures prepared in another way (mean, std).")
    if made.shift:
        sentences.append(f"{made.shift:.3g} is added to all of its outputs, so that one of each picture is positive.")
    return start_arrays(experiment, split.train).replace(made.arrays), " ".join(sentences)
