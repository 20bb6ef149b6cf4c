"""Functions that return handles of runs: start a run, train a reference, or open existing runs."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from stdpbench.api.display import html_rows
from stdpbench.api.run import Run, plain_values, with_bits
from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import runs_folder
from stdpbench.bridges.nir.imported import NirNetwork, nir_network
from stdpbench.experiment import Experiment, read_experiment, with_reference
from stdpbench.runs.catalog.names import find_run
from stdpbench.runs.catalog.store import run_names
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.features import features_of
from stdpbench.runs.preparation.creation import create_run, create_run_from, create_run_of_nir
from stdpbench.runs.protocol.options import Options


def start(
    experiment: str | PathLike[str] | Experiment,
    *,
    set: Mapping[str, Any] | None = None,
    bits: int | None = None,
    seed: int | None = None,
    runs: str | PathLike[str] | None = None,
    wait: bool = False,
    start_from: Run | str | PathLike[str] | None = None,
    workers: int = 0,
    simulator: str | None = None,
    validation: bool = False,
    baselines: bool = True,
    checkpoint_every: int = 0,
    history: bool = True,
) -> Run:
    """Start a run.

    Parameters
    ----------
    experiment : str, path or Experiment
        Name of a shipped experiment, a TOML file, a NIR file (``.nir``), or an experiment.
    set : mapping of str to Any, optional
        Parameters to change, as new values by dotted path, such as ``{"plasticity.nu_post": 0.02}``.
    bits : int, optional
        Bits of weights while the network learns: ``simulator.weight_bits``.
    seed : int, optional
        Seed. Default: that of the experiment.
    runs : path, optional
        Folder in which the run folder is created. Default: ``$STDPBENCH_RUNS``, or ``runs`` in the current folder.
    wait : bool
        Whether to wait for the end of the run and show progress; see `Run.wait`.
    start_from : Run, path or str, optional
        Another run that provides the initial weights and thresholds, also by name, as in `open_run`; `Run.log` lists
        those that it could not provide.
    workers, simulator, validation, baselines, checkpoint_every, history
        See `stdpbench.runs.protocol.options.Options`.

    Returns
    -------
    Run
        The run, which is executed in the background.

    Raises
    ------
    StdpbenchError
        If the experiment does not exist or is invalid, or the run cannot be started.
    """
    name, changes = experiment.name if isinstance(experiment, Experiment) else str(experiment), plain_values(set or {})
    about = {"command": f"stdpbench.start({name!r}, set={changes!r}, seed={seed!r})"}
    options = Options(workers, simulator, validation, baselines, checkpoint_every, history)
    planned = plan(experiment, changes, bits, seed, runs)
    run = Run(planned.create(runs, options, about, start_from).path).resume()
    return run.wait() if wait else run


def reference(
    kind: str,
    experiment: str | PathLike[str] | Experiment | None = None,
    *,
    features: Run | str | PathLike[str] | None = None,
    weights: str | PathLike[str] | None = None,
    set: Mapping[str, Any] | None = None,
    bits: int | None = None,
    seed: int | None = None,
    runs: str | PathLike[str] | None = None,
    wait: bool = False,
    start_from: Run | str | PathLike[str] | None = None,
    workers: int = 0,
    simulator: str | None = None,
    validation: bool = False,
    checkpoint_every: int = 0,
    history: bool = True,
) -> Run:
    """Start a run that trains a network with labels on the data of an experiment, as a reference for comparison.

    Parameters
    ----------
    kind : str
        Kind of reference, such as ``"surrogate-gradient"``.
    experiment : str, path or Experiment, optional
        Experiment whose data, number of pictures and seed are used; network, encoding and schedule are those of the
        reference. Default with `features`: the experiment of that run.
    features : Run, path or str, optional
        A finished run, also by name, as in `open_run`. The reference is trained on the spike counts of its neurons
        instead of pictures.
    weights : path, optional
        Trained network (``.npz`` or ``.nir``) that ``"ann-conversion"`` converts instead of training one.
    set : mapping of str to Any, optional
        Parameters to change, such as ``{"network.hidden": [400], "schedule.passes": 20}``.
    bits, seed, runs, wait, start_from, workers, simulator, validation, checkpoint_every, history
        See `start`; without `checkpoint_every`, checkpoints are written at the end of each pass.

    Returns
    -------
    Run
        The run, which is executed in the background.

    Raises
    ------
    StdpbenchError
        If there is no such reference, it cannot be trained on these data, or the run cannot be started; if neither
        `experiment` nor `features` is set, or the run with features has no responses.
    """
    changes = plain_values(set or {})
    about = {"command": f"stdpbench.reference({kind!r}, set={changes!r}, seed={seed!r})"}
    options = Options(workers, simulator, validation, False, checkpoint_every, history)
    planned = plan(experiment, changes, bits, seed, runs, kind=kind, features=features, weights=weights)
    run = Run(planned.create(runs, options, about, start_from).path).resume()
    return run.wait() if wait else run


class Planned(NamedTuple):
    """The experiment of a new run, the experiment before changes, and network and name of the NIR file, if any."""

    experiment: Experiment
    base: Experiment
    network: NirNetwork | None
    file: str

    def create(
        self,
        runs: str | PathLike[str] | None,
        options: Options,
        about: Mapping[str, Any],
        start_from: Run | str | PathLike[str] | None,
    ) -> RunFolder:
        """Create the folder of the run; see `start`.

        Raises
        ------
        StdpbenchError
            If the weights have two sources, or the folder cannot be created.
        """
        where = runs_folder() if runs is None else Path(runs).expanduser()
        if start_from is not None:
            if self.network is not None or self.experiment.reference.file:
                raise StdpbenchError("the network starts with weights from a file; leave out start_from")
            return create_run_from(_folder_of(start_from, where), {}, where, options, about, self.experiment)
        if self.network is not None:
            return create_run_of_nir(self.network, self.experiment, self.file, where, options, about)
        return create_run(self.experiment, where, options, about)


def plan(
    experiment: str | PathLike[str] | Experiment | None,
    changes: Mapping[str, Any],
    bits: int | None,
    seed: int | None,
    runs: str | PathLike[str] | None,
    *,
    kind: str = "",
    features: Run | str | PathLike[str] | None = None,
    weights: str | PathLike[str] | None = None,
) -> Planned:
    """Read the experiment of a run or, with `kind`, of a reference, and apply changes; see `start` and `reference`.

    Raises
    ------
    StdpbenchError
        If the experiment does not exist or is invalid, or two arguments contradict each other.
    """
    changes = with_bits(changes, bits)
    changes |= {} if seed is None else plain_values({"seed": seed})
    changes |= {} if weights is None else {"reference.weights": str(weights)}
    feature_run = None if features is None else _folder_of(features, runs)
    network = None if kind or not isinstance(experiment, str | PathLike) else nir_network(experiment, changes)
    if network is not None:
        base = network.experiment
    elif experiment is not None:
        base = _read(experiment)
    elif feature_run is not None:
        base = feature_run.experiment
    else:
        raise StdpbenchError("name an experiment, which provides the data, or a finished run with features")
    if kind:
        changed = with_reference(base, kind, changes, None if feature_run is None else features_of(feature_run))
    else:
        changed = (network or base).override(changes)
    return Planned(changed, base, network, Path(str(experiment)).name)


def _read(experiment: str | PathLike[str] | Experiment) -> Experiment:
    if not isinstance(experiment, str | PathLike | Experiment):
        raise StdpbenchError(f"an experiment must be a name, a TOML file or an Experiment, not {experiment!r}")
    return experiment if isinstance(experiment, Experiment) else read_experiment(Path(experiment))


def open_run(run: str | PathLike[str], runs: str | PathLike[str] | None = None) -> Run:
    """Open an existing run, active or not.

    Parameters
    ----------
    run : path or str
        The run folder; its name in the runs folder, or in a sweep there; the beginning of the name, if it is unique;
        or ``"digits@latest"``, the newest run whose name begins with ``digits``.
    runs : path, optional
        The runs folder. Default: ``$STDPBENCH_RUNS``, or ``runs`` in the current folder.

    Raises
    ------
    StdpbenchError
        If there is no such run, several have this beginning, or it is not a run folder.
    """
    return Run(_folder_of(run, runs).path)


def _folder_of(run: Run | str | PathLike[str], runs: str | PathLike[str] | None) -> RunFolder:
    """Return the folder of a run, from a `Run`, its path, or its name in a runs folder."""
    if isinstance(run, Run):
        return RunFolder.open(run.path)
    return find_run(str(run), runs_folder() if runs is None else Path(runs).expanduser())


class Runs(tuple[Run, ...]):
    """A tuple of runs, in the order of their start; displayed as a table in a notebook."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return one line per run."""
        return "\n".join(map(repr, self)) or "no runs"

    def _repr_html_(self) -> str:
        rows = []
        for run in self:
            vote = run.scores.get("vote", {}).get("accuracy")
            rows.append((_name(run), str(run.state), str(run.position), "" if vote is None else f"{100 * vote:.2f} %"))
        return html_rows(("run", "state", "position", "vote"), rows)


def _name(run: Run) -> str:
    """Return the name of a run with star and title; without them if its notes cannot be read."""
    try:
        title = f"{run.title} · " if run.title else ""
        return f"{'★ ' if run.starred else ''}{title}{run.name}"
    except StdpbenchError:
        return run.name


def runs(folder: str | PathLike[str] | None = None, *, tag: str | None = None, starred: bool = False) -> Runs:
    """Return the runs in a folder, optionally only those with a tag or a star.

    Parameters
    ----------
    folder : path, optional
        The runs folder. Default: ``$STDPBENCH_RUNS``, or ``runs`` in the current folder.
    tag : str, optional
        Only runs with this tag.
    starred : bool
        Only runs with a star.

    Returns
    -------
    Runs
        The runs, in the order of their start. Other folders are ignored.

    Raises
    ------
    StdpbenchError
        If `folder` does not exist.
    """
    path = runs_folder() if folder is None else Path(folder).expanduser()
    if folder is not None and not path.is_dir():
        raise StdpbenchError(f"there is no folder {path}")
    entries = []
    for name in run_names(path):
        try:
            run = Run(path / name)
            if (tag is not None and tag.removeprefix("#") not in run.tags) or (starred and not run.starred):
                continue
            entries.append((str(run.about.get("started", "")), run.name, run))
        except StdpbenchError:
            continue
    return Runs(run for _, _, run in sorted(entries, key=lambda entry: entry[:2]))
