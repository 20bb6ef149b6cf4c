"""One run, as a handle: ask it for things, read what is known of it."""

from __future__ import annotations

import operator
import time
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from stdpbench.api.following import Follower
from stdpbench.api.showing import progress as progress_shown
from stdpbench.api.view import RunView
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.paths import runs_folder
from stdpbench.plasticity.tables import RuleLike, rule_table
from stdpbench.runs.folder.learned_arrays import write_learned
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.lineage import branches
from stdpbench.runs.lineage.control import reached_by
from stdpbench.runs.lineage.repair import check_journal
from stdpbench.runs.lineage.repair import repair as repair_journal
from stdpbench.runs.preparation.creation import create_run, create_run_from
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State

_GLANCE = 0.2  # s between two looks at progress


class Run(RunView):
    """A run: one network that is trained, labelled and tested, in a process of its own.

    Use `start`, `open_run` or `runs` to get one. Everything may be called from any thread. While the run goes on,
    what is read is fresh; afterwards it comes from the run folder. The run goes on when the session that started it
    ends. What goes wrong is a `StdpbenchError`.
    """

    def pause(self) -> Run:
        """Have it pause after the presentation that it is at, and wait until it stands."""
        follower = self._at_work("paused")
        follower.ask("pause")
        follower.until(lambda live: live.state not in (State.BUILDING, State.RUNNING))
        return self

    def resume(self, *, repair: bool = False) -> Run:
        """Go on: from a pause, or from the newest checkpoint of a run that was stopped, failed or was killed.

        Parameters
        ----------
        repair : bool
            If the journal is damaged, whether to continue from the newest checkpoint before the damage. The damaged
            journal is kept in the run folder.

        Raises
        ------
        StdpbenchError
            If the run is finished, its process cannot be started, or the journal is damaged and not to be repaired.
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
            if self._following() is None:  # nor has another thread started it meanwhile
                check_journal(self._folder, "resume(repair=True)")
                self._follow(Follower.start(self._folder))
        return self

    def step(self, n: int = 1) -> Run:
        """Take `n` presentations, then pause; wait until it stands."""
        follower = self._at_work("stepped")
        follower.ask("step", n=_whole(n, "how many"))
        follower.until(lambda live: live.state is not State.RUNNING)
        return self

    def stop(self) -> Run:
        """End it after the presentation that it is at, and wait for that; `resume` goes on from there."""
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
            Dotted path to value, such as ``{"plasticity.nu_post": 0.02, "exc.tau_m": "25 ms"}``; also as
            ``set(**{"plasticity.nu_post": 0.02})``.

        Returns
        -------
        dict of str to (old, new)
            What is different now, as it stands in a file.

        Raises
        ------
        StdpbenchError
            If a parameter is unknown, out of bounds or structural, training is over, or the run does not go on.
        """
        said = self._at_work("changed").ask("set", changes=_plain({**(changes or {}), **more}))
        return {path: (old, new) for path, (old, new) in said.items()}

    def set_learned(self, arrays: Mapping[str, ArrayLike]) -> Run:
        """Replace learned arrays of a paused run; they hold from the next presentation on.

        The arrays are kept in the run folder, and the journal names them: whatever goes on from here, or does the run
        again, has the same ones to the bit.

        Parameters
        ----------
        arrays : mapping of str to array_like
            ``"w"``, (n_input, n_exc), 0 to ``plasticity.w_max``; before a presentation, each column is scaled to
            ``network.weight_sum`` as always. ``"theta"``, (n_exc,), volt, 0 to 1. ``"lateral"``, (n_exc, n_exc), 0 to
            ``lateral.w_max`` and 0 on the diagonal, where lateral inhibition learns. Numbers become float64.

        Returns
        -------
        Run
            This run, which stays paused.

        Raises
        ------
        StdpbenchError
            If the run is not paused, its training is over, or an array does not fit.

        Examples
        --------
        >>> run.pause()
        >>> w = run.weights.copy()
        >>> w[:, 7] = 0
        >>> run.set_learned({"w": w}).resume()
        """
        follower = self._at_work("given learned arrays")
        if (state := follower.live().state) is not State.PAUSED:
            raise StdpbenchError(
                f"{self.name} is {state}: learned arrays are set while a run is paused; pause it with run.pause()"
            )
        follower.ask("set_learned", arrays=write_learned(self.path, arrays))
        return self

    def change_rule(self, rule: RuleLike, set: Mapping[str, Any] | None = None) -> dict[str, tuple[Any, Any]]:
        """Have it learn by another plasticity rule from the next presentation on; weights and thresholds stay.

        Its network is built in a process beside the run, which goes on meanwhile; this waits until it is in force.

        Parameters
        ----------
        rule : str, path, mapping or PlasticityRule
            A kind, a TOML file (a rule of one's own, or an experiment), a table with its ``kind``, or a rule.
        set : mapping of str to Any, optional
            Name to value: parameters of it that are not as it says.

        Returns
        -------
        dict of str to (old, new)
            What is different now, as it stands in a file: ``plasticity.kind``, unless only parameters are.

        Raises
        ------
        StdpbenchError
            If there is no such rule, it does not run in this network, its network cannot be built, training is over,
            or the run does not go on.
        """
        table = self._rule(rule, set)
        said = self._at_work("changed").ask("change_rule", rule=table)
        return {path: (old, new) for path, (old, new) in said.items()}

    def _rule(self, rule: RuleLike, set: Mapping[str, Any] | None) -> dict[str, Any]:
        experiment = self._folder.experiment.with_rule(rule_table(rule))
        changes = {f"plasticity.{name.removeprefix('plasticity.')}": value for name, value in (set or {}).items()}
        return experiment.override(_plain(changes)).plasticity.to_mapping()

    def branch(
        self,
        at: int | None = None,
        set: Mapping[str, Any] | None = None,
        *,
        rule: RuleLike | None = None,
        runs: str | PathLike[str] | None = None,
        start: bool = True,
    ) -> Run:
        """Make a run that goes on from a position of this one, with the same input and other parameters or rule.

        Parameters
        ----------
        at : int, optional
            Training presentations after which it goes its own way; by default where this run is, as far as its
            journal tells (exactly, where it is paused).
        set : mapping of str to Any, optional
            Dotted path to value.
        rule : str, path, mapping or PlasticityRule, optional
            Another plasticity rule, as in `change_rule`; `set` comes on top of it.
        runs : path, optional
            Where its folder is made; by default beside this one.
        start : bool
            Whether it is started.

        Raises
        ------
        StdpbenchError
            If this run has not come as far, a change is structural, or the rule cannot be.
        """
        where = None if runs is None else Path(runs).expanduser()
        about = {"command": f"Run.branch(at={at!r}, set={dict(set or {})!r})"}
        table = None if rule is None else rule_table(rule)
        made = Run(branches.branch(self._folder, at, _plain(set or {}), where, about, table).path)
        return made.resume() if start else made

    def rewind(self, to: int) -> Run:
        """Take it back to an earlier position; it is stopped then.

        `resume` starts from the newest checkpoint at or before that position, and computes what lies in between again.

        Parameters
        ----------
        to : int
            Training presentations that shall be over.

        Returns
        -------
        Run
            Another run, which keeps what is left behind.

        Raises
        ------
        StdpbenchError
            If it has not come as far; a run at work then goes on as it did.
        """
        position = _whole(to, "a position")
        branches.check_rewind(self._folder, position, reached_by(self._folder))
        self.stop()
        return Run(branches.rewind(self._folder, position).path)

    def wait(self, progress: bool = True, timeout: float | None = None) -> Run:
        """Wait until it has ended, or stands paused. Ctrl+C ends the waiting, not the run.

        Parameters
        ----------
        progress : bool
            Whether progress is shown meanwhile: bars at a terminal, one line of HTML in a notebook, else lines.
        timeout : float, optional
            Seconds to wait at most.

        Raises
        ------
        StdpbenchError
            If the run failed, or is not through in time.
        """
        until = float("inf") if timeout is None else time.monotonic() + timeout
        with progress_shown(self.name, progress) as show:
            while (follower := self._following()) is not None:
                left = max(0.0, until - time.monotonic())
                follower.until(lambda live: live.state is State.PAUSED, min(_GLANCE, left))
                live = follower.live()
                show(live)
                if live.state is State.PAUSED:
                    return self
                if not left and not follower.over:
                    raise StdpbenchError(f"{self.name} is not through after {timeout:g} s: it is {live.state}")
        state, reason = state_of(self._folder)
        if state is State.FAILED:
            raise StdpbenchError(f"{self.name} failed: {reason}")
        return self

    def _at_work(self, done: str) -> Follower:
        follower = self._following()
        if follower is None:
            raise StdpbenchError(f"{self.name} is {self.state}: only a run that goes on can be {done}")
        return follower


def start(
    experiment: str | PathLike[str] | Experiment,
    *,
    set: Mapping[str, Any] | None = None,
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
        Name of one that ships, a TOML file, or an experiment.
    set : mapping of str to Any, optional
        Parameters to change: dotted path to value, such as ``{"plasticity.nu_post": 0.02}``.
    seed : int, optional
        Instead of the experiment's.
    runs : path, optional
        Where the run folder is made; by default ``$STDPBENCH_RUNS``, else ``runs`` in the current folder.
    wait : bool
        Whether to wait until the run has ended, with progress shown; see `Run.wait`.
    start_from : Run or path, optional
        Another run, from whose weights and thresholds this one starts.
    workers, simulator, validation, baselines, checkpoint_every
        See `stdpbench.runs.protocol.options.Options`.

    Returns
    -------
    Run
        It goes on by itself.

    Raises
    ------
    StdpbenchError
        If the experiment is none, or no run can be made of it.
    """
    if not isinstance(experiment, str | PathLike | Experiment):
        raise StdpbenchError(f"an experiment is a name, a TOML file or an Experiment, not {experiment!r}")
    if not isinstance(experiment, Experiment):
        experiment = read_experiment(Path(experiment))
    changes = _plain(set or {})
    if seed is not None:
        changes |= _plain({"seed": seed})
    where = runs_folder() if runs is None else Path(runs).expanduser()
    options = Options(workers, simulator, validation, baselines, checkpoint_every)
    about = {"command": f"stdpbench.start({experiment.name!r}, set={dict(set or {})!r}, seed={seed!r})"}
    if start_from is None:
        folder = create_run(experiment.override(changes) if changes else experiment, where, options, about)
    else:
        parent = RunFolder.open(start_from.path if isinstance(start_from, RunView) else Path(start_from))
        folder = create_run_from(parent, changes, where, options, about, experiment)
    run = Run(folder.path).resume()
    return run.wait() if wait else run


def open_run(path: str | PathLike[str]) -> Run:
    """Open a run that exists, whether a process works on it or not.

    Parameters
    ----------
    path : path
        Its folder.

    Raises
    ------
    StdpbenchError
        If it is no run folder.
    """
    return Run(path)


def _whole(number: Any, what: str) -> int:
    """A whole number, of whatever type it is."""
    try:
        return operator.index(number)
    except TypeError:
        raise StdpbenchError(f"{what} must be a whole number, not {number!r}") from None


def _plain(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Values as a file could hold them: NumPy's numbers become Python's."""
    if not isinstance(changes, Mapping):
        raise StdpbenchError(f"changes are a dict of dotted path to value, not {changes!r}")
    return {path: value.item() if isinstance(value, np.generic) else value for path, value in changes.items()}
