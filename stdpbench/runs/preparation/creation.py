"""Create run folders for new runs: of an experiment, of a NIR file, or starting from the network of another run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment, n_input
from stdpbench.files import DAMAGE
from stdpbench.network import Learned
from stdpbench.network.learned import from_input
from stdpbench.nir.imported import NirNetwork
from stdpbench.runs.folder.learned_files import learned_file, write_learned_files
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.options import Options


def create_run(
    experiment: Experiment,
    runs: Path,
    options: Options,
    about: Mapping[str, Any] | None = None,
    fill: Callable[[RunFolder], None] = lambda folder: None,
) -> RunFolder:
    """Create the folder of a run, ready to be started.

    Parameters
    ----------
    experiment : Experiment
        The experiment to run.
    runs : Path
        Folder in which the run folder is created.
    options : Options
        Options of the run.
    about : mapping, optional
        Additional entries for ``run.json``, such as the command.
    fill : callable
        Called with the new folder to add further files, before the folder gets its final name.

    Raises
    ------
    StdpbenchError
        If a kind is not installed, the data are missing, or the folder cannot be written.
    """
    if missing := experiment.missing_kinds:
        raise StdpbenchError(f"{experiment.name} cannot run here: {' and '.join(missing)}")
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
    scratch, as do arrays that the other run does not have. The event log of the run says what was not taken.

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
        If the parent has no weights yet, they do not match the pictures, or no array matches.
    """
    from stdpbench.network import start_arrays
    from stdpbench.runs.preparation.start import load_split, trained_arrays

    old = parent.experiment
    new = (experiment or old).override(changes)
    split = load_split(new, options.validation)
    theirs_input, name = _n_input(parent), parent.path.name
    theirs = trained_arrays(parent, old, theirs_input)
    if theirs_input != (own_input := n_input(new, split.train)):
        raise StdpbenchError(
            f"{name} has weights for {theirs_input} inputs, but this network would have {own_input}; prepare and "
            "encode the data as in that run"
        )
    start, not_taken = _taken(start_arrays(new, split.train), theirs, name)
    reference = {"id": parent.read_json("run.json").get("id", ""), "name": name, "remark": not_taken}
    fill = partial(write_learned_files, learned=start, start=True)
    return create_run(new, runs, options, {**(about or {}), "from": reference}, fill)


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
    from stdpbench.network import start_arrays
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
    fill = partial(write_learned_files, learned=start, start=True)
    return create_run(experiment, runs, options, {**(about or {}), "nir": origin}, fill)


def _n_input(folder: RunFolder) -> int:
    """Return the number of inputs of the weights that a run has saved; 0 if they cannot be read."""
    with suppress(StdpbenchError, *DAMAGE, AttributeError):  # AttributeError: an npz file
        name = from_input(folder.stored_experiment.graph())
        shape = np.load(folder.path / learned_file(name), allow_pickle=False, mmap_mode="r").shape
        return int(shape[0]) if len(shape) == 2 else 0
    return 0


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
