"""What a run was, and how it differs from others: lineage, parameters and their changes, versions, metrics.

Values out of the run folders, in an order for reading; the command line and the app show them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment, read_experiment, shipped_experiments
from stdpbench.readout import INTERVAL
from stdpbench.readout.metric import Metric
from stdpbench.runs.catalog.filters import value_text
from stdpbench.runs.catalog.store import Store, flat
from stdpbench.runs.catalog.trash import names_in_bin
from stdpbench.runs.folder.journal import read_undamaged
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.changes import array_names, missing_kinds
from stdpbench.runs.protocol.facts import Record
from stdpbench.runs.protocol.live_run import describe

_MEASURES = {
    "training.presentations": "training presentations",
    "training.seconds": "training, seconds",
    "training.images_per_second": "training, pictures per second",
    "training.spikes_per_image": "training, exc spikes per picture",
    "training.presentations_per_image": "training, presentations per picture",
    "training.mean_theta_mV": "mean theta at the end (mV)",
    "n_label_images": "pictures for labels",
    "n_test_images": "pictures evaluated on",
    "spikes_per_test_image": "exc spikes per evaluated picture",
    "silent_test_images": "evaluated pictures without a spike",
    "neurons.never_fired": "neurons silent in the label phase",
}


def metric_text(metric: Metric | None) -> str:
    """A number that came out of a run, for a person: in per cent with its interval where it has one."""
    if metric is None:
        return "–"
    if metric.low is None or metric.high is None:
        return f"{metric.value:.6g}"
    return f"{100 * metric.value:.2f} % ({100 * metric.low:.1f} – {100 * metric.high:.1f})"


@dataclass(frozen=True)
class Change:
    """A parameter that was changed in the middle of a run: at which position, from what, to what."""

    position: int
    path: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Account:
    """What there is to say of a run.

    Attributes
    ----------
    name, path, state, reason, command : str
        Of its folder, and what ``run.json`` says.
    simulator, data_sha256, evaluated_on : str
        Empty where it has not come to it.
    versions, host : mapping
        What it ran with.
    parameters : mapping of str to Any
        Dotted path to value, as at the start.
    changes : tuple of Change
        Parameters that were changed in the middle, in order.
    history : tuple of (str, int, str)
        Time, position and sentence of what happened to it, in the order of the journal; of what was measured on
        held-out pictures, the newest.
    metrics : mapping of str to Metric
        By what was measured; accuracies first.
    damage : str
        Which line of the journal is damaged, as a clause; what follows that line is not known. Else empty.
    missing : tuple of str
        A clause for each kind that it was run with and that is missing here.
    learned_set : tuple of (int, str)
        Positions at which learned arrays were set, and which.
    """

    name: str
    path: str
    state: str
    reason: str
    command: str
    simulator: str
    data_sha256: str
    evaluated_on: str
    versions: Mapping[str, str]
    host: Mapping[str, Any]
    parameters: Mapping[str, Any]
    changes: tuple[Change, ...]
    history: tuple[tuple[str, int, str], ...]
    metrics: Mapping[str, Metric]
    damage: str = ""
    missing: tuple[str, ...] = ()
    learned_set: tuple[tuple[int, str], ...] = ()

    @classmethod
    def of(cls, folder: RunFolder) -> Account:
        """Read a run folder.

        Raises
        ------
        StdpbenchError
            If a file other than its journal is damaged.
        """
        said, experiment = folder.read_json("run.json"), folder.stored_experiment
        state, reason = state_of(folder)
        journal = read_undamaged(folder.path)
        has_metrics = (folder.path / "metrics.json").is_file()
        metrics = folder.read_json("metrics.json") if has_metrics else {}
        return cls(
            folder.path.name,
            str(folder.path),
            str(state),
            reason,
            str(said.get("command", "")),
            str(said.get("simulator", "")),
            str(said.get("data_sha256", "")),
            str(metrics.get("evaluated_on", "")),
            dict(said.get("versions", {})),
            dict(said.get("host", {})),
            flat(experiment.to_mapping()),
            changes_of(journal.records),
            _history(journal.records),
            metrics_of(metrics),
            journal.damage,
            missing_kinds(experiment, journal.records),
            tuple(
                (one.position, array_names(one.fact))
                for one in journal.records
                if isinstance(one.fact, facts.LearnedSet)
            ),
        )

    def setting(self, path: str) -> str:
        """The value of a parameter, and what it was changed to at which position."""
        text = value_text(self.parameters.get(path)) or "–"
        for change in self.changes:
            if change.path == path:
                text += f" → {value_text(change.new) or '–'} (from {change.position} on)"
        return text


@dataclass(frozen=True)
class Comparison:
    """Several runs beside each other.

    Attributes
    ----------
    accounts : tuple of Account
        The runs.
    parameters : mapping of str to tuple of str
        Dotted path to each run's value, of parameters that are not the same in all; ``name`` and ``about`` do not
        count.
    versions : mapping of str to tuple of str
        The same of Python and packages.
    metrics : mapping of str to tuple of (Metric or None)
        What was measured in at least one run.
    remarks : tuple of str
        Sentences on what makes their numbers hard to compare.
    """

    accounts: tuple[Account, ...]
    parameters: Mapping[str, tuple[str, ...]]
    versions: Mapping[str, tuple[str, ...]]
    metrics: Mapping[str, tuple[Metric | None, ...]]
    remarks: tuple[str, ...]


def compare(folders: Sequence[RunFolder]) -> Comparison:
    """Compare runs.

    Raises
    ------
    StdpbenchError
        If there are fewer than two, or files of one are damaged.
    """
    if len({folder.path.resolve() for folder in folders}) < 2:
        raise StdpbenchError("there is nothing to compare: name at least two runs")
    accounts = tuple(Account.of(folder) for folder in folders)
    packages = dict.fromkeys(name for account in accounts for name in account.versions)
    measured = dict.fromkeys(name for account in accounts for name in account.metrics)
    return Comparison(
        accounts,
        differing_parameters(accounts),
        _differing({name: tuple(account.versions.get(name, "–") for account in accounts) for name in packages}),
        {name: tuple(account.metrics.get(name) for account in accounts) for name in measured},
        tuple(_remarks(accounts)),
    )


def differing_parameters(accounts: Sequence[Account]) -> dict[str, tuple[str, ...]]:
    """Parameters that are not the same in all runs, changes in the middle included."""
    paths = dict.fromkeys(path for account in accounts for path in account.parameters)
    paths |= dict.fromkeys(change.path for account in accounts for change in account.changes)
    counted = [path for path in paths if path != "name" and not path.startswith("about.")]
    return _differing({path: tuple(account.setting(path) for account in accounts) for path in counted})


def shipped_reference(folder: RunFolder) -> tuple[str, Experiment] | None:
    """Name and value of the shipped experiment that has a run's name, if there is one."""
    name = folder.stored_experiment.name
    return (name, read_experiment(name)) if name in shipped_experiments() else None


def differences_from(account: Account, experiment: Experiment) -> dict[str, tuple[str, str]]:
    """Parameters that a run has different from an experiment: dotted path to (the experiment's value, the run's)."""
    theirs = flat(experiment.to_mapping())
    seen = dict.fromkeys([*theirs, *account.parameters, *(change.path for change in account.changes)])
    both = {path: (value_text(theirs.get(path)) or "–", account.setting(path)) for path in seen}
    return {
        path: (theirs_text, own)
        for path, (theirs_text, own) in both.items()
        if own != theirs_text and path != "name" and not path.startswith("about.")
    }


def lineage(folder: RunFolder, store: Store) -> list[str]:
    """Sentences on where a run comes from, nearest first."""
    sentences: list[str] = []
    seen: set[str] = set()
    said = folder.read_json("run.json")
    while (found := _origin(said)) is not None:
        words, origin = found
        name, run_id = str(origin.get("name", "")), str(origin.get("id", ""))
        at = f" at presentation {origin['at']}" if "at" in origin else ""
        entry = None if run_id in seen else store.by_id(run_id)
        where = "" if entry else " (in the bin)" if name in names_in_bin(store.runs) else " (no longer here)"
        sentences.append(f"{'which ' if sentences else ''}{words} {entry.name if entry else name}{at}{where}")
        if entry is None:
            break
        seen.add(run_id)
        said = RunFolder(entry.path).read_json("run.json")
    return sentences


def _origin(said: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    for key, words in (("parent", "goes on from"), ("from", "starts from the weights and thresholds of")):
        if isinstance(said.get(key), Mapping):
            return words, said[key]
    return None


def metrics_of(metrics: Mapping[str, Any]) -> dict[str, Metric]:
    """The numbers of ``metrics.json`` that a person compares, by what they are of."""
    found: dict[str, Metric] = {}
    for name, score in _tables(metrics.get("accuracy")):
        _take(found, f"accuracy, {name}", score)
    for baseline, result in _tables(metrics.get("baselines")):
        if "accuracy" in result:
            _take(found, f"accuracy of {baseline.replace('k_means', 'k-means')}", result)
        else:
            for name, score in _tables(result):
                _take(found, f"accuracy of {baseline.replace('_', ' ')}, {name}", score)
    values = flat(metrics)
    for path, words in _MEASURES.items():
        value = values.get(path)
        if isinstance(value, int | float) and not isinstance(value, bool):
            found[words] = Metric(value)
    return found


def changes_of(records: Sequence[Record]) -> tuple[Change, ...]:
    """What a journal says was changed in the middle, parameters or a rule with all that it has, as it took force.

    That is not the order of the journal where a run was cut off and went on from earlier.
    """
    return tuple(
        Change(record.position, path, old, new)
        for record in sorted(records, key=lambda record: record.position)
        if isinstance(record.fact, facts.Change)
        for path, (old, new) in _flat_changes(record.fact).items()
    )


def _flat_changes(change: facts.Change) -> Mapping[str, tuple[Any, Any]]:
    """Dotted path to (old, new), with the tables of a rule of one's own taken apart."""
    if isinstance(change, facts.ParametersChanged):
        return change.changes
    old, new = flat({"plasticity": change.old}), flat({"plasticity": change.new})
    return {path: (old.get(path), new.get(path)) for path in {**old, **new} if old.get(path) != new.get(path)}


def _tables(value: Any) -> list[tuple[str, Mapping[str, Any]]]:
    return [(key, one) for key, one in value.items() if isinstance(one, Mapping)] if isinstance(value, Mapping) else []


def _take(found: dict[str, Metric], name: str, score: Mapping[str, Any]) -> None:
    value, interval = score.get("accuracy"), score.get("interval_95")
    if not isinstance(value, int | float):
        return
    low, high = interval if isinstance(interval, list) and len(interval) == 2 else (None, None)
    found[name] = Metric(value, low, high, "" if low is None else INTERVAL)


def _history(records: Sequence[Record]) -> tuple[tuple[str, int, str], ...]:
    told = (
        facts.StateChanged
        | facts.Intervention
        | facts.Branched
        | facts.Rewound
        | facts.Remarked
        | facts.Labelled
        | facts.Measured
        | facts.LabelsRead
    )
    measured = [one for one in records if isinstance(one.fact, facts.HeldOut)]
    newest = max(measured, key=lambda one: one.position, default=None)  # the others make a curve
    return tuple(
        (one.time, one.position, describe(one)) for one in records if one is newest or isinstance(one.fact, told)
    )


def _differing(values: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {key: texts for key, texts in values.items() if len(set(texts)) > 1}


def _remarks(accounts: Sequence[Account]) -> list[str]:
    said = []
    for account in accounts:
        if account.state != "finished":
            said.append(f"{account.name} is {account.state}{f': {account.reason}' if account.reason else ''}.")
        if account.damage:
            said.append(f"{account.damage}; later entries are not shown.")
        if account.learned_set:
            sets = ", ".join(f"{names} at presentation {position}" for position, names in account.learned_set)
            said.append(f"In {account.name}, learned arrays were set: {sets}.")
    missing = dict.fromkeys(clause for account in accounts for clause in account.missing)
    said += [f"Values are shown as stored: {clause}." for clause in missing]
    if len({account.data_sha256 for account in accounts if account.data_sha256}) > 1:
        said.append("The runs were given different pictures.")
    if len({account.evaluated_on for account in accounts if account.evaluated_on}) > 1:
        said.append("Some runs were evaluated on test pictures, others on held-out training pictures.")
    if len({account.simulator for account in accounts if account.simulator}) > 1:
        said.append("The runs were simulated by different simulators.")
    return said
