"""A handle of one run: control it, and read its state and results."""

from __future__ import annotations

import operator
import time
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from stdpbench.api.display import progress as progress_display
from stdpbench.api.drawn import DrawnRun
from stdpbench.api.exports import Exports
from stdpbench.api.follower import Follower
from stdpbench.api.noted import NotedRun
from stdpbench.api.rounded import RoundedRun, with_bits
from stdpbench.api.view import RunView
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment, read_experiment, with_reference
from stdpbench.nir.imported import nir_network
from stdpbench.paths import runs_folder
from stdpbench.plasticity.tables import RuleLike, rule_table
from stdpbench.runs.catalog.names import find_run
from stdpbench.runs.folder.learned_arrays import write_learned
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.lineage import branches
from stdpbench.runs.lineage.control import reached_by
from stdpbench.runs.lineage.features import features_of
from stdpbench.runs.lineage.repair import check_journal
from stdpbench.runs.lineage.repair import repair as repair_journal
from stdpbench.runs.preparation.creation import create_run, create_run_from, create_run_of_nir
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State

_POLL = 0.2  # s between two updates of displayed progress


class Run(Exports, NotedRun, DrawnRun, RoundedRun):
    """A run: one network that is trained, labelled and tested in a separate process.

    Use `start`, `open_run` or `runs` to get one. All methods may be called from any thread. While the run is active,
    values are current; afterwards they are read from the run folder. The run continues when the session that started
    it ends. All errors are `StdpbenchError`.
    """

    def pause(self) -> Run:
        """Pause after the current presentation; return once the run is paused."""
        follower = self._active("paused")
        follower.ask("pause")
        follower.until(lambda live: live.state not in (State.BUILDING, State.RUNNING))
        return self

    def resume(self, *, repair: bool = False) -> Run:
        """Continue from a pause, or from the newest checkpoint of a run that was stopped, failed or was killed.

        Parameters
        ----------
        repair : bool
            If the journal is damaged, whether to continue from the newest checkpoint before the damage. The damaged
            journal is kept in the run folder.

        Raises
        ------
        StdpbenchError
            If the run is finished, its process cannot be started, or the journal is damaged and `repair` is False.
        """
        if repair:
            repair_journal(self._folder)
        follower = self._following()
        if follower is not None:
            try:
                follower.ask("resume")
            except StdpbenchError:
                if not follower.over:
                    raise
            else:
                return self
        with self._lock:
            if self._following() is None:  # no other thread has started it meanwhile
                check_journal(self._folder, "resume(repair=True)")
                self._follow(Follower.start(self._folder))
        return self

    def step(self, n: int = 1) -> Run:
        """Run `n` presentations, then pause; return once the run is paused."""
        follower = self._active("stepped")
        follower.ask("step", n=_whole(n, "the number of presentations"))
        follower.until(lambda live: live.state is not State.RUNNING)
        return self

    def stop(self) -> Run:
        """Stop the run after the current presentation and wait for its end; `resume` continues it."""
        follower = self._following()
        if follower is not None:
            try:
                follower.ask("stop", reason="on request")
            except StdpbenchError:
                if not follower.over:
                    raise
            follower.until(lambda live: False)
        return self

    def set(self, changes: Mapping[str, Any] | None = None, /, **more: Any) -> dict[str, tuple[Any, Any]]:
        """Change parameters from the next presentation on.

        Parameters
        ----------
        changes : mapping of str to Any
            New values by dotted path, such as ``{"plasticity.nu_post": 0.02, "exc.tau_m": "25 ms"}``; also as
            ``set(**{"plasticity.nu_post": 0.02})``.

        Returns
        -------
        dict of str to (old, new)
            Changed values by dotted path, as in a TOML file.

        Raises
        ------
        StdpbenchError
            If a parameter is unknown, out of bounds or structural, training is over, or the run is not active.
        """
        changed = self._active("changed").ask("set", changes=_plain({**(changes or {}), **more}))
        return {path: (old, new) for path, (old, new) in changed.items()}

    def set_learned(self, arrays: Mapping[str, ArrayLike]) -> Run:
        """Replace learned arrays of a paused run, effective from the next presentation on.

        The arrays are saved in the run folder and referenced in the journal, so that resumed runs, branches and
        reproductions use identical ones.

        Parameters
        ----------
        arrays : mapping of str to array_like
            ``"feed.w"``, (n_input, n_exc), 0 to ``plasticity.w_max``; as always, each column is scaled to
            ``network.weight_sum`` before a presentation. ``"exc.theta"``, (n_exc,), volt, 0 to 1. ``"compete.w"``,
            (n_exc, n_exc), 0 to ``lateral.w_max`` and 0 on the diagonal, if lateral inhibition learns. The names
            ``"w"``, ``"theta"`` and ``"lateral"`` of earlier versions mean the same. Values are converted to float64.

        Returns
        -------
        Run
            This run, still paused.

        Raises
        ------
        StdpbenchError
            If the run is not paused, its training is over, or an array has an invalid name, shape or value.

        Examples
        --------
        >>> run.pause()
        >>> w = run.weights.copy()
        >>> w[:, 7] = 0
        >>> run.set_learned({"feed.w": w}).resume()
        """
        follower = self._active("given learned arrays")
        if (state := follower.live().state) is not State.PAUSED:
            raise StdpbenchError(
                f"{self.name} is {state}: learned arrays can only be set while a run is paused; pause it with "
                "run.pause()"
            )
        follower.ask("set_learned", arrays=write_learned(self.path, arrays))
        return self

    def change_rule(
        self, rule: RuleLike, set: Mapping[str, Any] | None = None, *, projection: str = ""
    ) -> dict[str, tuple[Any, Any]]:
        """Continue training with another plasticity rule; weights and thresholds are kept.

        The network of the rule is built in a separate process while the run continues. The call returns once the rule
        is active.

        Parameters
        ----------
        rule : str, path, mapping or PlasticityRule
            A kind, a TOML file (of a custom rule or an experiment), a table with its ``kind``, or a rule.
        set : mapping of str to Any, optional
            Parameters of the rule to change, by name.
        projection : str
            The projection that learns by it. Default: the only one that can; for templates, all that use the section
            ``plasticity``.

        Returns
        -------
        dict of str to (old, new)
            Changed values by dotted path, as in a TOML file: ``plasticity.kind`` and others, or only parameters if the
            kind is the same.

        Raises
        ------
        StdpbenchError
            If the rule does not exist or cannot run in this network, several projections can learn by it, its network
            cannot be built, training is over, or the run is not active.
        """
        made = self._folder.experiment.with_rule(rule_table(rule), projection, _plain(set or {}))
        owner = made.rule_owner(projection)
        table = made.rules_by_projection[owner].to_mapping()
        changed = self._active("changed").ask("change_rule", rule=table, projection=owner)
        return {path: (old, new) for path, (old, new) in changed.items()}

    def branch(
        self,
        at: int | None = None,
        set: Mapping[str, Any] | None = None,
        *,
        rule: RuleLike | None = None,
        projection: str = "",
        runs: str | PathLike[str] | None = None,
        start: bool = True,
    ) -> Run:
        """Create a run that continues from a position of this one, with the same input and other parameters or rule.

        Parameters
        ----------
        at : int, optional
            Number of training presentations after which the branch departs from this run. Default: the current
            position according to the journal, which is exact if the run is paused.
        set : mapping of str to Any, optional
            New values by dotted path.
        rule : str, path, mapping or PlasticityRule, optional
            Another plasticity rule, as in `change_rule`; `set` is applied after it.
        projection : str
            The projection that learns by it, as in `change_rule`.
        runs : path, optional
            Folder in which the run folder is created. Default: the folder of this run.
        start : bool
            Whether to start the branch.

        Raises
        ------
        StdpbenchError
            If this run has not reached the position, a change is structural, or the rule is invalid.
        """
        where = None if runs is None else Path(runs).expanduser()
        about = {"command": f"Run.branch(at={at!r}, set={dict(set or {})!r})"}
        table = None if rule is None else rule_table(rule)
        made = Run(branches.branch(self._folder, at, _plain(set or {}), where, about, table, projection).path)
        return made.resume() if start else made

    def rewind(self, to: int) -> Run:
        """Return the run to an earlier position and stop it.

        `resume` starts from the newest checkpoint at or before that position and recomputes the presentations in
        between.

        Parameters
        ----------
        to : int
            Number of training presentations to go back to.

        Returns
        -------
        Run
            Another run, which keeps the state before the rewind.

        Raises
        ------
        StdpbenchError
            If the run has not reached the position; an active run then continues unchanged.
        """
        position = _whole(to, "a position")
        branches.check_rewind(self._folder, position, reached_by(self._folder))
        self.stop()
        return Run(branches.rewind(self._folder, position).path)

    def wait(self, progress: bool = True, timeout: float | None = None) -> Run:
        """Wait until the run has ended or is paused. Ctrl+C ends the waiting, not the run.

        Parameters
        ----------
        progress : bool
            Whether to show progress: bars on a terminal, a line of HTML in a notebook, otherwise lines of text.
        timeout : float, optional
            Maximum time to wait, in s.

        Raises
        ------
        StdpbenchError
            If the run failed, or has not ended in time.
        """
        until = float("inf") if timeout is None else time.monotonic() + timeout
        with progress_display(self.name, progress) as show:
            while (follower := self._following()) is not None:
                remaining = max(0.0, until - time.monotonic())
                follower.until(lambda live: live.state is State.PAUSED, min(_POLL, remaining))
                live = follower.live()
                show(live)
                if live.state is State.PAUSED:
                    return self
                if not remaining and not follower.over:
                    raise StdpbenchError(f"{self.name} has not ended after {timeout:g} s: it is {live.state}")
        state, reason = state_of(self._folder)
        if state is State.FAILED:
            raise StdpbenchError(f"{self.name} failed: {reason}")
        return self

    def _active(self, participle: str) -> Follower:
        follower = self._following()
        if follower is None:
            raise StdpbenchError(f"{self.name} is {self.state}: only an active run can be {participle}")
        return follower


def start(
    experiment: str | PathLike[str] | Experiment,
    *,
    set: Mapping[str, Any] | None = None,
    bits: int | None = None,
    seed: int | None = None,
    runs: str | PathLike[str] | None = None,
    wait: bool = False,
    start_from: RunView | str | PathLike[str] | None = None,
    workers: int = 0,
    simulator: str | None = None,
    validation: bool = False,
    baselines: bool = True,
    checkpoint_every: int = 0,
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
        Another run that provides the initial weights and thresholds, also by name, as in `open_run`; `Run.log` says
        what it could not provide.
    workers, simulator, validation, baselines, checkpoint_every
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
    changes = with_bits(_plain(set or {}), bits)
    if seed is not None:
        changes |= _plain({"seed": seed})
    file = str(experiment)
    network = nir_network(experiment, changes) if isinstance(experiment, str | PathLike) else None
    experiment = _read(experiment) if network is None else network.experiment
    where = runs_folder() if runs is None else Path(runs).expanduser()
    options = Options(workers, simulator, validation, baselines, checkpoint_every)
    about = {"command": f"stdpbench.start({experiment.name!r}, set={dict(set or {})!r}, seed={seed!r})"}
    changed = experiment.override(changes) if changes else experiment
    if network is not None:
        if start_from is not None:
            raise StdpbenchError("a NIR file has the weights that its network starts with; leave out start_from")
        folder = create_run_of_nir(network, changed, Path(file).name, where, options, about)
    elif start_from is None:
        folder = create_run(changed, where, options, about)
    else:
        parent = _found(start_from, where)
        folder = create_run_from(parent, changes, where, options, about, experiment)
    run = Run(folder.path).resume()
    return run.wait() if wait else run


def reference(
    kind: str,
    experiment: str | PathLike[str] | Experiment | None = None,
    *,
    features: RunView | str | PathLike[str] | None = None,
    weights: str | PathLike[str] | None = None,
    set: Mapping[str, Any] | None = None,
    bits: int | None = None,
    seed: int | None = None,
    runs: str | PathLike[str] | None = None,
    wait: bool = False,
    start_from: RunView | str | PathLike[str] | None = None,
    workers: int = 0,
    simulator: str | None = None,
    validation: bool = False,
    checkpoint_every: int = 0,
) -> Run:
    """Start a run that trains a network with labels on the data of an experiment, to compare with.

    Parameters
    ----------
    kind : str
        How it is trained, such as ``"surrogate-gradient"``.
    experiment : str, path or Experiment, optional
        Gives data, number of pictures and seed; network, encoding and schedule are those of the reference. Default,
        with `features`: that of this run.
    features : Run, path or str, optional
        A finished run, also by name, as in `open_run`. The reference is trained on the spikes of each of its neurons
        in place of pictures.
    weights : path, optional
        Trained network (``.npz`` or ``.nir``) that ``"ann-conversion"`` converts, rather than training one.
    set : mapping of str to Any, optional
        Parameters to change, such as ``{"network.hidden": [400], "schedule.passes": 20}``.
    bits, seed, runs, wait, start_from, workers, simulator, validation, checkpoint_every
        See `start`; without `checkpoint_every`, checkpoints are written at the end of each pass.

    Returns
    -------
    Run
        The run, which is executed in the background.

    Raises
    ------
    StdpbenchError
        If there is no such reference, it cannot be trained on these data, or the run cannot be started; if there is
        neither an experiment nor a run with features, or that run has no responses.
    """
    responding = None
    if features is not None:
        responding = _found(features, runs)
    if experiment is None and responding is None:
        raise StdpbenchError(
            "reference needs an experiment, which provides the data, or features, a finished run with responses"
        )
    base = responding.experiment if experiment is None and responding is not None else _read(cast("Any", experiment))
    changes = with_bits(_plain(set or {}), bits) | ({} if weights is None else {"reference.weights": str(weights)})
    if weights is not None and start_from is not None:
        raise StdpbenchError("weights and start_from both give the weights; leave out one of them")
    made = with_reference(base, kind, _plain(changes), None if responding is None else features_of(responding))
    return start(
        made,
        seed=seed,
        runs=runs,
        wait=wait,
        start_from=start_from,
        workers=workers,
        simulator=simulator,
        validation=validation,
        baselines=False,
        checkpoint_every=checkpoint_every,
    )


def _read(experiment: str | PathLike[str] | Experiment) -> Experiment:
    if not isinstance(experiment, str | PathLike | Experiment):
        raise StdpbenchError(f"an experiment must be a name, a TOML file or an Experiment, not {experiment!r}")
    return experiment if isinstance(experiment, Experiment) else read_experiment(Path(experiment))


def open_run(run: str | PathLike[str], runs: str | PathLike[str] | None = None) -> Run:
    """Open an existing run, active or not.

    Parameters
    ----------
    run : path or str
        What the commands of the terminal accept: the run folder; its name in the runs folder, or in a sweep there;
        a beginning of the name that no other run has; or ``"digits@latest"``, the newest of the runs whose names begin
        with ``digits``.
    runs : path, optional
        The runs folder. Default: ``$STDPBENCH_RUNS``, or ``runs`` in the current folder.

    Raises
    ------
    StdpbenchError
        If there is no such run, several have this beginning, or it is not a run folder.
    """
    return Run(_found(run, runs).path)


def _found(run: RunView | str | PathLike[str], runs: str | PathLike[str] | None) -> RunFolder:
    """Return the folder of a run that is given as itself, by its path, or by its name in a runs folder."""
    if isinstance(run, RunView):
        return RunFolder.open(run.path)
    return find_run(str(run), runs_folder() if runs is None else Path(runs).expanduser())


def _whole(number: Any, what: str) -> int:
    """Convert a whole number of any type to int."""
    try:
        return operator.index(number)
    except TypeError:
        raise StdpbenchError(f"{what} must be a whole number, not {number!r}") from None


def _plain(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Convert values to types that a file can hold: NumPy numbers become Python numbers."""
    if not isinstance(changes, Mapping):
        raise StdpbenchError(f"changes must be a dict of values by dotted path, not {changes!r}")
    return {path: value.item() if isinstance(value, np.generic) else value for path, value in changes.items()}
