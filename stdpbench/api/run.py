"""Handle of a run: control it, and read its state and results. A separate process simulates the network."""

from __future__ import annotations

import operator
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stdpbench.api import plots
from stdpbench.api.display import html_table
from stdpbench.api.display import progress as progress_display
from stdpbench.api.follower import Follower
from stdpbench.api.plots import PlotTarget
from stdpbench.api.tables import (
    Entry,
    NamedArrays,
    as_table,
    curve_arrays,
    live_columns,
    metric_columns,
    stream_arrays,
)
from stdpbench.base import units
from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import runs_folder
from stdpbench.bridges.hardware import ChipCheck
from stdpbench.declare.learned_names import is_delay, is_weight
from stdpbench.engine.network.rounding import checked_bits
from stdpbench.experiment import Experiment
from stdpbench.experiment.evaluation import VALUES
from stdpbench.kinds.plasticity.tables import RuleLike, rule_table
from stdpbench.results.figures.saving import Width
from stdpbench.results.readout import INTERVAL
from stdpbench.results.readout.polychrony import Group, find_groups
from stdpbench.runs.analysis.curves import held_out_columns
from stdpbench.runs.analysis.wiring import wiring_of
from stdpbench.runs.catalog.comparison import Account, Change, read_population, verdict_of
from stdpbench.runs.catalog.names import find_run
from stdpbench.runs.catalog.store import BIN
from stdpbench.runs.catalog.trash import restore
from stdpbench.runs.client.helper import carry_out_aside
from stdpbench.runs.client.nir_export import STIMULI, NirExport, export_nir
from stdpbench.runs.folder.checkpoints import newest_checkpoint
from stdpbench.runs.folder.history import History
from stdpbench.runs.folder.journal import NAME as JOURNAL
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.learned_arrays import learned_file, learned_names, write_learned
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.notes import NeuronNote, change_notes, neuron_of, read_notes, title_of
from stdpbench.runs.folder.past_weights import learned_at
from stdpbench.runs.folder.run_folder import RunFolder, reading
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.folder.training_spikes import TrainingSpikes, read_training_spikes
from stdpbench.runs.folder.weights_origin import origin_of
from stdpbench.runs.lineage import branches
from stdpbench.runs.lineage.repair import check_journal
from stdpbench.runs.lineage.repair import repair as repair_journal
from stdpbench.runs.lineage.reproduction import Reproduction, reproduce
from stdpbench.runs.protocol.changes import Changes, changes_rule, describe_changes, reached_position, tables_with
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.messages import EndedFirstError
from stdpbench.runs.protocol.states import State
from stdpbench.runs.queue.run_queue import delete_run
from stdpbench.studies.report.chip_check import check_run
from stdpbench.studies.report.recordings import files_for, write_responses

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from stdpbench.studies.film import Shape, Theme

_THETA = ".theta"
_BITS = "simulator.weight_bits"
_POLL = 0.2  # s between two updates of displayed progress


class Run:
    """A run: one network that is trained, labelled and tested in a separate process.

    Use `start`, `open_run` or `runs` to get one. All methods may be called from any thread. While the run is active,
    values are current; afterwards they are read from the run folder. The run continues when the session that started
    it ends. All errors are `StdpbenchError`.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._folder = RunFolder.open(Path(path).expanduser().absolute())
        self._lock = threading.RLock()
        self._follower: Follower | None = None
        self._replayed: tuple[tuple[int, int], LiveRun] = ((-1, -1), LiveRun())

    # -- state -------------------------------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The run folder."""
        return self._folder.path

    @property
    def name(self) -> str:
        """The name of the run folder."""
        return self.path.name

    @property
    def about(self) -> dict[str, Any]:
        """Metadata of the run: command, versions, machine."""
        return self._folder.about

    @property
    def state(self) -> State:
        """``"queued"``, ``"building"``, ``"running"``, ``"paused"``, ``"finished"``, ``"stopped"`` or ``"failed"``."""
        follower = self._following()
        return state_of(self._folder)[0] if follower is None else follower.live().state

    @property
    def reason(self) -> str:
        """Reason for the state, if known; otherwise empty."""
        follower = self._following()
        return state_of(self._folder)[1] if follower is None else follower.live().reason

    @property
    def position(self) -> int:
        """Number of completed presentations in training, labelling and testing together."""
        live = self._live()
        return max(live.position, int(live.progress.get("position", 0)))

    @property
    def total(self) -> int:
        """Total number of presentations; 0 until the network is ready for the first time."""
        started = self._live().started
        return 0 if started is None else sum(n for _, n in started.phases)

    @property
    def experiment(self) -> Experiment:
        """The experiment with the current parameters and rule.

        Kinds that are not installed are replaced by stand-ins; ``experiment.missing_kinds`` names them.
        """
        start = self._folder.stored_experiment.to_mapping()
        return Experiment.from_mapping(tables_with(start, self._live().changes), stand_ins=True)

    # -- the network -------------------------------------------------------------------------------------------------

    @property
    def weights(self) -> NamedArrays:
        """Weights of the plastic projections, dimensionless: read-only copies.

        ``run.weights["feed"]`` are those from input to exc, (n_input, n_exc), and ``run.weights["compete"]`` those of
        plastic lateral inhibition, (n_exc, n_exc). ``run.weights`` itself is also the array of one projection:
        ``"feed"``, or in other networks the one named by `Graph.shown`.

        Since writing to it would not affect the run, NumPy refuses it; ``run.weights.copy()`` is writable, and
        `Run.set_learned` replaces the weights of a paused run.

        During training: float32, after the last presentation, not older than the last value of `position`. Afterwards:
        float64, as used in the test phase, each column scaled to ``network.weight_sum``. If the process died: the
        weights of the newest checkpoint.

        Raises
        ------
        StdpbenchError
            If there are no weights yet.
        """
        arrays = self._learned(is_weight)
        return NamedArrays({name.removesuffix(".w"): array for name, array in arrays.items()}, self._shown[0])

    @property
    def delays(self) -> NamedArrays:
        """Axonal delays of the projections with plastic delays, in ms: read-only copies, see `weights`.

        ``run.delays["feed"]`` has the shape of the weights: the time from a spike of each source to its arrival.
        A presentation uses the delays rounded to time steps.

        Raises
        ------
        StdpbenchError
            If there are no delays yet, or none are plastic.
        """
        arrays = self._learned(is_delay)
        if not arrays:
            raise StdpbenchError(f"no delays of {self.name} learn; fixed ones follow from experiment and seed")
        return NamedArrays({name.removesuffix(".d"): 1e3 * array for name, array in arrays.items()}, self._shown[0])

    @property
    def thresholds(self) -> NamedArrays:
        """Adaptive thresholds of populations, float64, (n,), volt; read-only, see `weights`.

        ``run.thresholds["exc"]`` are those of the exc neurons; ``run.thresholds`` itself is also the array of one
        population: the one that is read, if it has adaptive thresholds.

        Raises
        ------
        StdpbenchError
            If there are no thresholds yet, or no population has adaptive thresholds.
        """
        arrays = self._learned(lambda name: name.endswith(_THETA))
        if not arrays:
            raise StdpbenchError(f"no population of {self.name} has adaptive thresholds")
        return NamedArrays({name.removesuffix(_THETA): array for name, array in arrays.items()}, self._shown[1])

    @property
    def _shown(self) -> tuple[str, str]:
        """Default projection and population of learned arrays; empty if the network is unknown."""
        experiment = self._folder.stored_experiment
        if experiment.missing_kinds:
            return "", ""
        graph = experiment.graph()
        return graph.shown, graph.read

    @property
    def theta(self) -> NDArray[np.floating[Any]]:
        """Adaptive thresholds of the population that is read, float64, (n,), volt; read-only, see `weights`."""
        return np.asarray(self.thresholds)

    # -- tables ------------------------------------------------------------------------------------------------------

    @property
    def history(self) -> History:
        """Learned arrays and the last stimulus at moments of training, by position.

        Examples
        --------
        >>> fields = [moment.learned["feed.w"] for moment in run.history.values()]
        """
        return History(self.path)

    @property
    def curves(self) -> Any:
        """Curves over training, by position.

        Returns
        -------
        pandas.DataFrame, or dict of str to ndarray without pandas
            Per block of presentations: ``spikes_per_image``; ``repeats``, fraction of pictures presented again;
            ``mean_theta``, mV or without unit; ``weight_change``, mean per synapse; ``accuracy_vote`` and so on,
            running accuracy on training labels, which only indicates progress.
        """
        return as_table(curve_arrays(self._live()), "position")

    @property
    def held_out(self) -> Any:
        """Measures on held-out pictures during training, by position.

        Returns
        -------
        pandas.DataFrame, or dict of str to ndarray without pandas
            Per measurement: ``images``, number of pictures presented; ``accuracy_vote`` and so on, cross-fitted;
            ``purity`` (of ``clusters`` winning neurons), ``nmi``, ``ami``, ``ari``; means over neurons
            ``neuron_purity``, ``neuron_entropy`` (bit), ``selectivity``, ``lifetime_sparseness``;
            ``population_sparseness``; ``dead`` and ``duplicates``, numbers of neurons; ``spikes_per_image``;
            ``silent_images``.
        """
        return as_table(held_out_columns(self._live()), "position")

    @property
    def stream(self) -> dict[str, NDArray[Any]]:
        """Measures of a stream, as arrays with a value per piece; empty for other runs.

        Returns
        -------
        dict of str to ndarray
            ``position``; ``time``, s; ``rate.POPULATION``, Hz; ``cv.POPULATION``, irregularity of intervals;
            ``synchrony.POPULATION``; ``delta.POPULATION`` and ``gamma.POPULATION``, rhythms;
            ``weights.PROJECTION``, (n_pieces, 20), histograms from 0 to w_max. With patterns, per occurrence:
            ``patterns.start``, s; ``patterns.pattern``; ``patterns.latency``, ms, (n, n_neurons), NaN for neurons that
            did not fire.
        """
        live = self._live()
        return stream_arrays(live, self.experiment.schedule.piece or 1.0) if live.pieces else {}

    def polychronous_groups(self, mothers: Iterable[int] | None = None) -> list[Group]:
        """Find groups of neurons that fire in a fixed pattern because of their delays, after Izhikevich (2006).

        Needs a network of the neuron ``izhikevich`` with sparse projections and dt = 1 ms, whose neurons are numbered
        population by population; see `stdpbench.results.readout.polychrony`. It takes seconds of CPU time per mother.

        Parameters
        ----------
        mothers : iterable of int, optional
            Neurons to start from. Default: all excitatory ones.

        Raises
        ------
        StdpbenchError
            If the network does not meet these conditions, or there are no weights yet.
        """
        weights = {name: np.asarray(array, np.float64) for name, array in self.weights.items()}
        return find_groups(wiring_of(self.experiment.graph(), weights), mothers)

    def hardware(self, *targets: str) -> list[ChipCheck]:
        """Compare the trained network with neuromorphic chips, by published figures; see `stdpbench.bridges.hardware`.

        Parameters
        ----------
        *targets : str
            Names of chips, such as ``"loihi"``. Default: all.

        Raises
        ------
        StdpbenchError
            If there is no such chip, or the network has not been trained.
        """
        return check_run(self._folder, targets)

    @property
    def scores(self) -> dict[str, dict[str, float]]:
        """Accuracies on pictures that were not used for training, and those of baselines.

        For each read-out or baseline: ``accuracy``, ``low`` and ``high`` (95 % Wilson interval), ``n_images``; the
        interval is available once the run is finished. Empty before the first measurement.
        """
        if self._following() is None and (metrics := self._folder.metrics):
            return metric_columns(metrics)
        return live_columns(self._live())

    @property
    def metrics(self) -> Any:
        """`scores` as a table with one column each: a pandas.DataFrame, or the dict itself without pandas."""
        return as_table(self.scores)

    @property
    def warnings(self) -> list[str]:
        """Problems with the results so far, such as that no neuron fires, one sentence each."""
        return list(self._live().warnings)

    @property
    def changes(self) -> list[Change]:
        """Changes during the run, in order; a change of ``plasticity.kind`` includes all parameters of the rules."""
        return [
            Change(position, path, old, new)
            for position, changed in self._live().changes
            for path, (old, new) in changed.items()
        ]

    def changes_by_position(self) -> list[tuple[int, Changes]]:
        """Return the changes grouped by position: (old, new) by dotted path."""
        return list(self._live().changes)

    @property
    def log(self) -> list[Entry]:
        """All events of the run as sentences, in order."""
        return [Entry(*entry) for entry in self._live().log]

    def __repr__(self) -> str:
        """Return name, state and position."""
        total = self.total
        return f"<Run {self.name}: {self.state} at {self.position}{f' of {total}' if total else ''}>"

    def _repr_html_(self) -> str:
        experiment, total = self.experiment, self.total
        rows = {
            "state": f"{self.state}{f': {self.reason}' if self.reason else ''}",
            "position": f"{self.position} of {total} presentations" if total else f"{self.position} presentations",
            "experiment": f"{experiment.name}, seed {experiment.seed}, {_read_neurons(experiment)}",
        }
        for position, changes in self.changes_by_position()[-5:]:
            new = ", ".join(f"{path} = {value}" for path, (_, value) in changes.items())
            rows[f"from {position} on"] = describe_changes(changes) if changes_rule(changes) else new
        for name, score in list(self.scores.items())[:8]:
            interval = (
                f" ({INTERVAL} {100 * score['low']:.1f} – {100 * score['high']:.1f} %)" if "low" in score else ""
            )
            rows[f"accuracy, {name}"] = f"{100 * score['accuracy']:.2f} %{interval}"
        if judged := verdict_of(Account.of(self._folder)):
            rows["did learning help?"] = judged
        rows["folder"] = str(self.path)
        return html_table(self.name, rows)

    # -- control -----------------------------------------------------------------------------------------------------

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

        The run continues as before, running or paused, and its results stay the same. `Run.log` states the
        presentation of the checkpoint. An existing checkpoint is written again.

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
            ``"feed.w"``, (n_input, n_exc), 0 to ``plasticity.w_max``; as usual, each column is scaled to
            ``network.weight_sum`` before a presentation. ``"exc.theta"``, (n_exc,), volt, 0 to 1. ``"compete.w"``,
            (n_exc, n_exc), 0 to ``lateral.w_max`` and 0 on the diagonal, if lateral inhibition is plastic.
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
        follower = self._active("set learned arrays")
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
            The projection that gets the rule. Default: the only plastic one; for templates, all that use the section
            ``plasticity``.

        Returns
        -------
        dict of str to (old, new)
            Changed values by dotted path, as in a TOML file: ``plasticity.kind`` and others, or only parameters if the
            kind is the same.

        Raises
        ------
        StdpbenchError
            If the rule does not exist or cannot run in this network, there are several plastic projections, its
            network cannot be built, training is over, or the run is not active.
        """
        changed_experiment = self._folder.experiment.with_rule(rule_table(rule), projection, plain_values(set or {}))
        owner = changed_experiment.rule_owner(projection)
        table = changed_experiment.rules_by_projection[owner].to_mapping()
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
            Number of training presentations that the branch shares with this run. Default: the current
            position according to the journal, which is exact if the run is paused.
        set : mapping of str to Any, optional
            New values by dotted path.
        rule : str, path, mapping or PlasticityRule, optional
            Another plasticity rule, as in `change_rule`; `set` is applied after it.
        projection : str
            The projection that gets the rule, as in `change_rule`.
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
        if self._following() is not None and (at is None or at > reached_position(read_journal(self.path))):
            with suppress(StdpbenchError):  # without a checkpoint, the branch recomputes more presentations
                self.checkpoint()
        branched = Run(
            branches.branch(self._folder, at, plain_values(set or {}), where, about, table, projection).path
        )
        return branched.resume() if start else branched

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
        """Wait until the run has ended or is paused; Ctrl+C ends the waiting, not the run.

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

    # -- once it has ended -------------------------------------------------------------------------------------------

    def film(
        self,
        path: str | PathLike[str],
        *,
        other: Run | None = None,
        start: int = 0,
        end: int | None = None,
        seconds: float | None = None,
        shape: Shape = "1080p",
        theme: Theme = "light",
        replace: bool = False,
    ) -> Path:
        """Write a film of the weights and stimuli over training, from `history`.

        Parameters
        ----------
        path : path
            The file: ``.gif``, ``.webp``, or ``.mp4`` with the extra ``film``.
        other : Run, optional
            A second run, shown beside this one.
        start, end, seconds, shape, theme, replace
            See `stdpbench.studies.film.write_film`.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        StdpbenchError
            If a run has no history, the stretch or a choice is not possible, or the file cannot be written.
        """
        from stdpbench.studies.film import write_film  # Pillow takes time

        return write_film(
            self._folder,
            Path(path).expanduser(),
            other=None if other is None else other._folder,
            start=start,
            end=end,
            seconds=seconds,
            shape=shape,
            theme=theme,
            replace=replace,
        )

    def scores_with_bits(
        self, *bits: int, rounding: str | None = None, workers: int = 0
    ) -> dict[str, dict[str, float]]:
        """Present the test stimuli again with weights of few bits, and return the accuracies of the read-outs.

        The run and its results do not change. The labels of the test stimuli are read, which the journal records. The
        network runs in other processes; each number of bits takes as long as the test.

        Parameters
        ----------
        *bits : int
            Numbers of bits, 1 to 24. For weights of both signs, one bit is the sign.
        rounding : {"nearest", "stochastic"}, optional
            Default: ``simulator.weight_rounding`` of the experiment.
        workers : int
            Number of processes; 0: as many as processors and memory allow.

        Returns
        -------
        dict of str to dict
            By number of bits, such as ``"4"``, or ``"all"``: accuracy of each read-out, from 0 to 1.

        Raises
        ------
        StdpbenchError
            If a number of bits is out of range, there is no such rounding, or the run is not finished.
        """
        if not bits:
            raise StdpbenchError("give the numbers of bits, such as run.scores_with_bits(8, 4)")
        request = {"bits": [checked_bits(n) for n in bits], "rounding": rounding, "workers": workers}
        return dict(self._measured("bits", request)["accuracy"])

    def evaluate(self, *, spikes: float, by: str, workers: int = 0) -> Run:
        """Label and test the network again with a number of spikes per picture, and return the new run, started.

        A parameter gets the value in evaluation with which the population that is read fires so many spikes, in the
        mean of up to 200 training pictures; their labels are not read. The new run is a branch of this one at its end,
        with this value as ``evaluation.values``. The search runs in other processes.

        Parameters
        ----------
        spikes : float
            Spikes per picture; accepted within 2 %, or as close as values can be told apart.
        by : str
            The parameter, such as ``"network.w_inh_exc"``.
        workers : int
            Number of processes for the search; 0: as many as processors and memory allow.

        Raises
        ------
        StdpbenchError
            If the run is not trained to its end, the parameter may not differ in evaluation or is not a number, or no
            value up to a factor of 1024 either way gives that many spikes.

        Examples
        --------
        >>> run.evaluate(spikes=12, by="network.w_inh_exc").wait()
        """
        found = self._measured("spikes", {"spikes": float(spikes), "by": by, "workers": workers})
        return self.branch(set={f"{VALUES}{by}": found["value"]})

    def report(
        self,
        *others: Run | str | PathLike[str],
        output: str | PathLike[str] | None = None,
        robustness: int = 0,
        thresholds: bool = False,
        sample: int = 2000,
        repeats: int = 2,
        workers: int = 0,
        simulator: str | None = None,
    ) -> Path:
        """Write a report on what the network learned: read-outs, clusters, baselines; measures over time of a stream.

        Equivalent to ``stdpbench report``. Another process presents stimuli again, which takes seconds to minutes. The
        labels of the test stimuli are read, which the journal of the run records.

        Parameters
        ----------
        *others : Run, path or str
            Finished runs to compare with this one, also by name, as in `open_run`.
        output : path, optional
            Folder of the report. Default: ``report`` in the run folder or, with `others`, in the current folder.
        robustness : int
            Pictures per point for curves of accuracy under noise, damage and short stimuli, which take minutes; 0:
            only curves that were measured earlier.
        thresholds : bool
            Whether to measure the initial weights with adapted thresholds as well, which takes as long as training.
        sample : int
            Number of pictures that are presented again, clustered and embedded; at least 20.
        repeats : int
            Number of times that these pictures are presented again, with different input spikes.
        workers : int
            Number of processes; 0: as many as processors and memory allow.
        simulator : {"compiled", "runtime"}, optional
            Default: the best available.

        Returns
        -------
        Path
            The page, ``report.html``; numbers are in files next to it.

        Raises
        ------
        StdpbenchError
            If a run is not finished, is active or is named twice, or the report cannot be written.

        Examples
        --------
        >>> run.report()
        >>> run.report(other, output="both", robustness=1000)
        """
        numbers = {"robustness": robustness, "sample": sample, "repeats": repeats, "workers": workers}
        request: dict[str, Any] = {name: whole_number(number, name) for name, number in numbers.items()}
        if request["sample"] < 20:
            raise StdpbenchError(f"sample must be 20 or more, not {sample}")
        request |= {"thresholds": thresholds, "simulator": simulator}
        paths = (
            other.path if isinstance(other, Run) else find_run(str(other), runs_folder()).path for other in others
        )
        request["others"] = [str(path.absolute()) for path in paths]
        request["output"] = None if output is None else str(Path(output).expanduser())
        return Path(self._measured("report", request)["page"])

    def reproduce(
        self,
        runs: str | PathLike[str] | None = None,
        *,
        set: Mapping[str, Any] | None = None,
        workers: int = 0,
        simulator: str | None = None,
        progress: bool = True,
    ) -> Reproduction:
        """Repeat the finished run, wait for the end, and compare the results; Ctrl+C ends the waiting, not the run.

        Parameters
        ----------
        runs : path, optional
            Folder in which the second run is created. Default: the folder of this run.
        set : mapping of str to Any, optional
            Present paths of the data, such as ``{"data.path": "pictures"}``; nothing else can be changed.
        workers : int
            Number of processes for the label and test phases; 0: as many as processors and memory allow.
        simulator : {"compiled", "runtime"}, optional
            Default: the one that the run used.
        progress : bool
            Whether to show progress, as in `Run.wait`.

        Returns
        -------
        Reproduction
            ``path``, the folder of the second run; ``agreement``, with ``same``, whether the results are
            bit-identical, and ``agrees``, whether the run counts as reproduced, or None if the second run was stopped;
            and ``sentence``, the result in words.

        Raises
        ------
        StdpbenchError
            If the run is not finished, its files are damaged, its data are not available, or the second run fails.

        Examples
        --------
        >>> run.reproduce().agreement.same
        True
        """
        where = self.path.parent if runs is None else Path(runs).expanduser()
        with progress_display(self.name, progress) as show:
            return reproduce(
                self.path,
                where,
                lambda frame: show(LiveRun(progress=dict(frame))),
                about={"command": f"Run.reproduce(set={dict(set or {})!r})"},
                places=plain_values(set or {}),
                workers=whole_number(workers, "workers"),
                simulator=simulator,
            )

    def delete(self) -> Path:
        """Move the run to the bin of its runs folder, and remove it from the queue; `restore` brings it back.

        The run stays readable there. ``stdpbench delete --empty-bin`` removes it permanently.

        Returns
        -------
        Path
            Its folder in the bin, which is now its `path`.

        Raises
        ------
        StdpbenchError
            If the run is active or already in the bin, or cannot be moved.
        """
        place, _ = delete_run(self._folder)
        self._moved_to(place)
        return place

    def restore(self) -> Path:
        """Bring the run back from the bin.

        Returns
        -------
        Path
            Its folder, which is now its `path`.

        Raises
        ------
        StdpbenchError
            If the run is not in the bin, or the runs folder already has a run of that name.
        """
        if self.path.parent.name != BIN:
            raise StdpbenchError(f"{self.name} is not in the bin")
        folder = restore(self.path.parent.parent, self.name)
        self._moved_to(folder.path)
        return folder.path

    # -- notes -------------------------------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """Title of the run, one line; set it to change it. `name`, the name of the folder, does not change."""
        return read_notes(self.path).title

    @title.setter
    def title(self, title: str) -> None:
        change_notes(self.path, lambda notes: notes.with_title(title))

    @property
    def notes(self) -> str:
        """Free text about the run; set it to change it."""
        return read_notes(self.path).text

    @notes.setter
    def notes(self, text: str) -> None:
        change_notes(self.path, lambda notes: notes.with_text(text))

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags of the run, single words; set it to a list of words to change it."""
        return read_notes(self.path).tags

    @tags.setter
    def tags(self, tags: Iterable[str]) -> None:
        change_notes(self.path, lambda notes: notes.with_tags(tags))

    @property
    def starred(self) -> bool:
        """Whether the run has a star; set it to change it."""
        return read_notes(self.path).starred

    @starred.setter
    def starred(self, on: bool) -> None:
        change_notes(self.path, lambda notes: notes.with_star(on))

    @property
    def neuron_notes(self) -> dict[tuple[str, int], NeuronNote]:
        """Notes on neurons, by population and index; `note_neuron` changes them.

        A `NeuronNote` has ``starred``, ``text`` and ``tags``, the words of the text that begin with ``#``.
        """
        return dict(read_notes(self.path).neurons)

    def note_neuron(
        self, neuron: int, text: str | None = None, *, starred: bool | None = None, population: str = ""
    ) -> None:
        """Change the note on a neuron, or its star.

        Parameters
        ----------
        neuron : int
            Its index in the population.
        text : str, optional
            Free text. Default: unchanged.
        starred : bool, optional
            Whether it has a star. Default: unchanged.
        population : str
            Name of its population. Default: the one that is read.

        Raises
        ------
        StdpbenchError
            If there is no such neuron, or the notes cannot be saved.

        Examples
        --------
        >>> run.note_neuron(137, "answers to 4 and 9", starred=True)
        """
        index = whole_number(neuron, "the index of a neuron")
        name, number = neuron_of(self._folder, population, index)
        change_notes(self.path, lambda notes: notes.with_neuron(name, number, text, starred))

    # -- files for other tools ---------------------------------------------------------------------------------------

    def export(
        self,
        *,
        neo: str | PathLike[str] | None = None,
        nwb: str | PathLike[str] | None = None,
        stimuli: int = 0,
        record: Mapping[str, Sequence[int]] | None = None,
        training: bool = False,
    ) -> None:
        """Write the network's spikes in response to evaluated stimuli to files for other tools.

        Parameters
        ----------
        neo, nwb : path, optional
            Files to create: ``.nix``, for Neo and Elephant, and ``.nwb``, Neurodata Without Borders.
        stimuli : int
            Number of first stimuli to write; 0: all, or 100 with `record`.
        record : mapping of str to sequence of int, optional
            Neurons whose potentials are also written, by population, such as ``{"exc": [0, 3, 7]}``. The stimuli are
            then presented again, and spikes of all populations are written.
        training : bool
            Whether to write the spikes of `training_spikes` instead.

        Raises
        ------
        StdpbenchError
            If the run has no stored spikes, there are no such neurons, a package is not installed, or a file exists or
            cannot be written.
        """
        write_responses(self._folder, files_for(neo, nwb), record, stimuli, training=training)

    def training_spikes(self) -> TrainingSpikes:
        """Return what was recorded while the network was trained.

        Set ``schedule.record_spikes``, such as ``["exc"]``, or ``schedule.record_weights``.

        Raises
        ------
        StdpbenchError
            If nothing was recorded.
        """
        return read_training_spikes(self.path)

    def export_nir(
        self, path: str | PathLike[str], *, force: bool = False, stimuli: int = STIMULI, replace: bool = False
    ) -> NirExport:
        """Write the trained network to a NIR file, and compare the file with this run; see docs/hardware.md.

        Parameters
        ----------
        path : path
            The file, whose name ends with ``.nir``.
        force : bool
            Whether to leave out features that NIR cannot express, if possible, and mark the file as a different
            network.
        stimuli : int
            Number of evaluated stimuli for the comparison of file and run.
        replace : bool
            Whether to replace an existing file.

        Returns
        -------
        NirExport
            Its `verdict` states whether the spikes are the same.
        """
        return export_nir(self.path, Path(path).expanduser(), force=force, stimuli=stimuli, replace=replace)

    # -- plots -------------------------------------------------------------------------------------------------------

    def plot_weights(self, ax: Axes | None = None, *, width: Width | None = None) -> Axes:
        """Draw the receptive field of every exc neuron, with its class if it has one.

        In other networks, draw the weights of a plastic projection: if possible, one from the input to the population
        that is read. Weights from another population are drawn in its shape.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw into; part of them becomes a colour bar. Default: a new figure.
        width : float or str, optional
            Width of a new figure for a paper: in mm, or as in ``"3.5 in"``. Default: a width for the screen.
        """
        target = PlotTarget.of(ax, width)
        return plots.plot_weights(self.weights, self.experiment, self._live(), self._labels(), self.name, target)

    def plot_confusion(self, readout: str = "vote", ax: Axes | None = None, *, width: Width | None = None) -> Axes:
        """Draw the confusion matrix of a read-out on the test pictures.

        Parameters
        ----------
        readout : str
            The read-out.
        ax, width
            As in `plot_weights`.

        Raises
        ------
        StdpbenchError
            If the run has not been tested, or not with this read-out.
        """
        word = origin_of(self.path).word
        return plots.plot_confusion(
            self._folder.metrics, readout, self._live(), self.name, word, PlotTarget.of(ax, width)
        )

    def plot_accuracy(
        self,
        ax: Axes | None = None,
        *,
        readout: str | None = None,
        label: str | None = None,
        width: Width | None = None,
    ) -> Axes:
        """Draw running accuracy on training labels over training.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw into, such as those returned by another plot. Default: new axes.
        readout : str, optional
            A single read-out, such as ``"vote"``. Default: all.
        label : str, optional
            Label in the legend. Default: the title of the run, or its name.
        width : float or str, optional
            As in `plot_weights`.
        """
        return plots.plot_accuracy(self._live(), PlotTarget.of(ax, width), readout, self._called(label))

    def plot_held_out(
        self,
        measure: str = "accuracy_vote",
        ax: Axes | None = None,
        *,
        label: str | None = None,
        width: Width | None = None,
    ) -> Axes:
        """Draw a measure on held-out pictures over training; see `plot_accuracy`.

        Parameters
        ----------
        measure : str
            A column of `held_out`.
        ax, label, width
            As in `plot_accuracy`.

        Raises
        ------
        StdpbenchError
            If the measure does not exist.
        """
        return plots.plot_held_out(self._live(), measure, PlotTarget.of(ax, width), self._called(label))

    def plot_stream(self, *, width: Width | None = None) -> Axes:
        """Draw the measures of a stream: rates, irregularity, synchrony, latencies and weights over time.

        Parameters
        ----------
        width : float or str, optional
            As in `plot_weights`.

        Raises
        ------
        StdpbenchError
            If the run has no stream, or no piece is complete.
        """
        live, experiment = self._live(), self.experiment
        return plots.plot_stream(live, experiment.schedule.piece or 1.0, self.name, PlotTarget.of(None, width))

    def plot_theta(self, ax: Axes | None = None, *, label: str | None = None, width: Width | None = None) -> Axes:
        """Draw the mean adaptive threshold of the population that is read over training; see `plot_accuracy`."""
        graph = self.experiment.graph()
        return self._curve("mean_theta", units.label("mean theta", graph.shown_as(graph.read)[1]), ax, label, width)

    def plot_spikes(self, ax: Axes | None = None, *, label: str | None = None, width: Width | None = None) -> Axes:
        """Draw spikes of the population that is read, per picture, over training; see `plot_accuracy`."""
        quantity = f"{read_population(self.experiment)} spikes per picture".lstrip()
        return self._curve("spikes_per_image", quantity, ax, label, width)

    def plot_weight_change(
        self, ax: Axes | None = None, *, label: str | None = None, width: Width | None = None
    ) -> Axes:
        """Draw the mean change of weights per block of training presentations; see `plot_accuracy`."""
        return self._curve("weight_change", "mean change of a weight", ax, label, width)

    # -- sources -----------------------------------------------------------------------------------------------------

    def _following(self) -> Follower | None:
        """Return the follower of the run's process; None if the run is not active."""
        with self._lock:
            if self._follower is not None and not self._follower.over:
                return self._follower
            self._follower = None
            if has_process(self.path):
                self._follow(Follower.attach(self._folder))
            return self._follower

    def _follow(self, follower: Follower) -> None:
        self._follower = follower
        weakref.finalize(self, follower.detach)

    def _moved_to(self, path: Path) -> None:
        """Open the run folder at its new path."""
        with self._lock:
            self._folder = RunFolder.open(path)

    def _live(self) -> LiveRun:
        follower = self._following()
        if follower is not None:
            return follower.live()
        with self._lock:
            try:
                stat = (self.path / JOURNAL).stat()
            except OSError:
                return LiveRun()
            key = (stat.st_mtime_ns, stat.st_size)
            if self._replayed[0] != key:
                self._replayed = (key, LiveRun.replay(read_journal(self.path)))
            return self._replayed[1]

    def _learned(self, accepts: Callable[[str], bool]) -> dict[str, NDArray[np.floating[Any]]]:
        """Return learned arrays whose names are accepted: from the process during training, otherwise from files."""
        live, follower = self._live(), self._following()
        n_train = 0 if live.started is None else dict(live.started.phases)["train"]
        trained = live.started is not None and self.position > n_train
        if follower is not None and not trained:
            frame = follower.network()
            if frame:
                return {name: np.array(array) for name, array in frame["learned"].items() if accepts(name)}
        files = {name: self.path / learned_file(name) for name in learned_names(self._folder) if accepts(name)}
        written = all(path.is_file() for path in files.values())
        if written and (trained or state_of(self._folder)[0] in (State.FINISHED, State.STOPPED)):
            return {name: _read(path) for name, path in files.items()}
        checkpoint, _ = newest_checkpoint(self.path)
        if checkpoint is not None:
            return {name: array for name, array in learned_at(self.path, checkpoint).items() if accepts(name)}
        raise StdpbenchError(f"{self.name} has no weights and thresholds yet: it is {self.state}")

    def _labels(self) -> NDArray[np.int64] | None:
        """Return the classes of the neurons that are read; None if they have not been labelled."""
        if self._following() is not None or not (self.path / "assignments.npz").is_file():
            return None
        return self._folder.read_arrays("assignments.npz", "labels")[0]

    def _measured(self, name: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Measure this run in another process, since a session imports no simulator."""
        value, _ = carry_out_aside("stdpbench.studies.report.service", request, str(self.path), name=name)
        return dict(value)

    def _active(self, action: str) -> Follower:
        follower = self._following()
        if follower is None:
            raise StdpbenchError(f"{self.name} is {self.state}: only an active run can {action}")
        return follower

    def _curve(self, column: str, quantity: str, ax: Axes | None, label: str | None, width: Width | None) -> Axes:
        return plots.plot_curve(self._live(), column, quantity, PlotTarget.of(ax, width), self._called(label))

    def _called(self, label: str | None) -> str:
        return label or title_of(self.path) or self.name


def _read_neurons(experiment: Experiment) -> str:
    """Return number and name of the neurons that are read, such as ``"400 exc neurons"``."""
    if not (read := read_population(experiment)):
        return "unknown network"
    return f"{experiment.graph().n_read} {read} neurons"


def _read(path: Path) -> NDArray[np.floating[Any]]:
    with reading(path):
        return np.asarray(np.load(path, allow_pickle=False))


def _answers(follower: Follower, name: str, **arguments: Any) -> bool:
    """Send a request; if the run ends before it can answer, wait until its process has exited and return False."""
    try:
        follower.ask(name, **arguments)
    except EndedFirstError:
        follower.until(lambda live: False)
        return False
    return True


def whole_number(number: Any, what: str) -> int:
    """Convert a whole number of any type to int; `what` names it in the error message."""
    try:
        return operator.index(number)
    except TypeError:
        raise StdpbenchError(f"{what} must be a whole number, not {number!r}") from None


def plain_values(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Convert values to types that a file can hold: NumPy numbers become Python numbers."""
    if not isinstance(changes, Mapping):
        raise StdpbenchError(f"changes must be a dict of values by dotted path, not {changes!r}")
    return {path: value.item() if isinstance(value, np.generic) else value for path, value in changes.items()}


def with_bits(changes: Mapping[str, Any], bits: int | None) -> dict[str, Any]:
    """Add the change for ``bits`` to the changes.

    Raises
    ------
    StdpbenchError
        If the number of bits is invalid, or the changes also set it.
    """
    if bits is None:
        return dict(changes)
    if _BITS in changes:
        raise StdpbenchError(f"bits and {_BITS} set the same parameter: leave out one of them")
    return {**changes, _BITS: checked_bits(bits)}
