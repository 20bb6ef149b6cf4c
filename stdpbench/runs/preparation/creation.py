"""Create run folders for new runs: of an experiment, or starting from the network of another run."""

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
    """Create the folder of a run that starts from the weights and thresholds of another one.

    Everything except the size of the pictures may be changed. With fewer exc neurons, the first ones are used; with
    more, the additional ones start as in a run from scratch. Weights of lateral inhibition are used if it learns in
    both runs.

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
        If the parent has no weights yet, or they do not match the pictures.
    """
    from stdpbench.runs.preparation.start import load_split, start_arrays

    old = parent.experiment
    new = (experiment or old).override(changes)
    split = load_split(new, options.validation)
    w = _weights(parent)
    theta = parent.read_array("theta.npy", w.shape[1:])
    if w.shape[0] != split.train.n_input:
        raise StdpbenchError(
            f"{parent.path.name} has weights for {w.shape[0]} inputs, but these pictures have "
            f"{split.train.n_input} pixels; prepare the data as in that run"
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

    return create_run(new, runs, options, {**(about or {}), "from": _reference(parent)}, fill)


def _weights(folder: RunFolder) -> NDArray[np.float64]:
    """Read the weights of a run, whatever their shape."""
    shape: tuple[int, ...] = ()
    with suppress(*DAMAGE, AttributeError):  # AttributeError: an npz file; reported by read_array
        shape = np.load(folder.path / "weights.npy", allow_pickle=False, mmap_mode="r").shape
    return folder.read_array("weights.npy", shape if len(shape) == 2 else (0, 0))


def _reference(parent: RunFolder) -> dict[str, Any]:
    return {"id": parent.read_json("run.json").get("id", ""), "name": parent.path.name}
