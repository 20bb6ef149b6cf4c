"""Run folders for new runs: of an experiment, and of an experiment that starts from the network of another run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.files import DAMAGE
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.options import Options


def create_run(
    experiment: Experiment,
    runs: Path,
    options: Options,
    about: Mapping[str, Any] | None = None,
    fill: Callable[[RunFolder], None] = lambda folder: None,
) -> RunFolder:
    """Make the folder of a run that waits to be started.

    Parameters
    ----------
    experiment : Experiment
        What to run.
    runs : Path
        Where the folder is made.
    options : Options
        How.
    about : mapping, optional
        More for ``run.json``, such as the command.
    fill : callable
        Puts in what else belongs to it, before it has its name.

    Raises
    ------
    StdpbenchError
        If a kind or its data are not there, or nothing can be written.
    """
    if missing := experiment.missing_kinds:
        raise StdpbenchError(f"{experiment.name} cannot run here: {' and '.join(missing)}")
    experiment = experiment.model_copy(update={"data": experiment.data.resolved()})
    said = {"options": options.to_mapping(), "validation": options.validation, "digest": experiment.digest}
    return RunFolder.create(runs, experiment, {**(about or {}), **said}, fill)


def create_run_from(
    parent: RunFolder,
    changes: Mapping[str, Any],
    runs: Path,
    options: Options,
    about: Mapping[str, Any] | None = None,
    experiment: Experiment | None = None,
) -> RunFolder:
    """Make the folder of a run that starts from the weights and thresholds of another one.

    Anything may be changed but the size of the pictures. With fewer exc neurons, the first ones are taken; with more,
    the further ones start as they would in a run of its own. Weights of lateral inhibition are taken where they learn
    in both.

    Parameters
    ----------
    parent : RunFolder
        A run whose weights were written.
    changes : mapping of str to Any
        Dotted path to value.
    runs, options, about
        As in `create_run`.
    experiment : Experiment, optional
        What to run, instead of the parent's experiment.

    Raises
    ------
    StdpbenchError
        If the parent has no weights yet, or they do not fit.
    """
    from stdpbench.runs.preparation.start import load_split, start_arrays

    old = parent.experiment
    new = (experiment or old).override(changes)
    split = load_split(new, options.validation)
    w = _weights(parent)
    theta = parent.read_array("theta.npy", w.shape[1:])
    if w.shape[0] != split.train.n_input:
        raise StdpbenchError(
            f"{parent.path.name} has weights for {w.shape[0]} inputs, but these pictures have {split.train.n_input}: "
            "data must be prepared as there"
        )

    def fill(folder: RunFolder) -> None:
        start_w, start_theta, lateral = start_arrays(folder, new, split)
        n = min(w.shape[1], start_w.shape[1])
        start_w[:, :n], start_theta[:n] = w[:, :n], theta[:n]
        folder.write_array("start_weights.npy", start_w)
        folder.write_array("start_theta.npy", start_theta)
        if lateral is not None and (parent.path / "lateral.npy").is_file():
            lateral[:n, :n] = parent.read_array("lateral.npy", (w.shape[1], w.shape[1]))[:n, :n]
            folder.write_array("start_lateral.npy", lateral)

    return create_run(new, runs, options, {**(about or {}), "from": _named(parent)}, fill)


def _weights(folder: RunFolder) -> NDArray[np.float64]:
    """The weights of a run, of whatever size."""
    shape: tuple[int, ...] = ()
    with suppress(*DAMAGE, AttributeError):  # AttributeError: it is an npz file; what is wrong is said below
        shape = np.load(folder.path / "weights.npy", allow_pickle=False, mmap_mode="r").shape
    return folder.read_array("weights.npy", shape if len(shape) == 2 else (0, 0))


def _named(parent: RunFolder) -> dict[str, Any]:
    said = parent.read_json("run.json")
    return {"id": said.get("id", ""), "name": parent.path.name}
