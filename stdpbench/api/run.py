"""A handle of one run: control it, and read its state and results."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from stdpbench.api.arguments import plain_values, whole_number
from stdpbench.api.display import progress as progress_display
from stdpbench.api.ended import EndedRun
from stdpbench.api.exports import Exports
from stdpbench.api.follower import Follower
from stdpbench.api.noted import NotedRun
from stdpbench.api.plots import DrawnRun
from stdpbench.api.rounded import RoundedRun
from stdpbench.base.errors import StdpbenchError
from stdpbench.kinds.plasticity.tables import RuleLike, rule_table
from stdpbench.runs.folder.learned_arrays import write_learned
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.lineage import branches
from stdpbench.runs.lineage.repair import check_journal
from stdpbench.runs.lineage.repair import repair as repair_journal
from stdpbench.runs.protocol.messages import EndedFirstError
from stdpbench.runs.protocol.states import State

_POLL = 0.2  # s between two updates of displayed progress


class Run(Exports, EndedRun, NotedRun, DrawnRun, RoundedRun):
    """A run: one network that is trained, labelled and tested in a separate process.

    Use `start`, `open_run` or `runs` to get one. All methods may be called from any thread. While the run is active,
    values are current; afterwards they are read from the run folder. The run continues when the session that started
    it ends. All errors are `StdpbenchError`.
    """

    def pause(self) -> Run:
        """Pause after the current presentation; return once the run is paused."""
        follower = self._active("be paused")
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
        if follower is not None and _answers(follower, "resume"):
            return self
        with self._lock:
            if self._following() is None:  # no other thread has started it meanwhile
                check_journal(self._folder, "resume(repair=True)")
                self._follow(Follower.start(self._folder))
        return self

    def step(self, n: int = 1) -> Run:
        """Run `n` presentations, then pause; return once the run is paused."""
        follower = self._active("be stepped")
        follower.ask("step", n=whole_number(n, "the number of presentations"))
        follower.until(lambda live: live.state is not State.RUNNING)
        if self.state is State.FAILED:
            raise StdpbenchError(f"{self.name} failed: {self.reason}")
        return self

    def checkpoint(self) -> Run:
        """Write a checkpoint after the current presentation; return once it is in the run folder.

        The run continues as before, running or paused, and its results stay the same. `Run.log` says at which
        presentation the checkpoint was written. One that is already there is written again.

        Returns
        -------
        Run
            This run.

        Raises
        ------
        StdpbenchError
            If no checkpoint is written: training is over, the network has diverged, the disk is full, or the run is
            not active.
        """
        self._active("write a checkpoint").ask("checkpoint")
        return self

    def stop(self) -> Run:
        """Stop the run after the current presentation and wait for its end; `resume` continues it."""
        follower = self._following()
        if follower is not None and _answers(follower, "stop", reason="on request"):
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
        changed = self._active("be changed").ask("set", changes=plain_values({**(changes or {}), **more}))
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
            (n_exc, n_exc), 0 to ``lateral.w_max`` and 0 on the diagonal, if lateral inhibition learns.
            Values are converted to float64.

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
        follower = self._active("be given learned arrays")
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
        made = self._folder.experiment.with_rule(rule_table(rule), projection, plain_values(set or {}))
        owner = made.rule_owner(projection)
        table = made.rules_by_projection[owner].to_mapping()
        changed = self._active("be changed").ask("change_rule", rule=table, projection=owner)
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
        if at is None and self._following() is not None:
            with suppress(StdpbenchError):  # without a checkpoint, the branch computes more presentations again
                self.checkpoint()
        made = Run(branches.branch(self._folder, at, plain_values(set or {}), where, about, table, projection).path)
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
        position = whole_number(to, "a position")
        branches.check_rewind(self._folder, position, branches.reached_by(self._folder))
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

    def _active(self, action: str) -> Follower:
        follower = self._following()
        if follower is None:
            raise StdpbenchError(f"{self.name} is {self.state}: only an active run can {action}")
        return follower


def _answers(follower: Follower, name: str, **arguments: Any) -> bool:
    """Send a request; if the run ends before it can answer, wait until its process has exited and return False."""
    try:
        follower.ask(name, **arguments)
    except EndedFirstError:
        follower.until(lambda live: False)
        return False
    return True
