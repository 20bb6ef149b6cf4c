"""Describe runs and their differences: lineage, parameters and their changes, versions, metrics.

Values are read from run folders and arranged for display by the command line and the app.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from stdpbench.base import units
from stdpbench.base.errors import StdpbenchError
from stdpbench.base.toml_lines import flat
from stdpbench.declare.learned_names import listed
from stdpbench.declare.rule_paths import changes_between
from stdpbench.experiment import Experiment
from stdpbench.results.figures.comparison import called
from stdpbench.results.readout import INTERVAL
from stdpbench.results.readout.baselines import BASELINES
from stdpbench.results.readout.metric import Metric
from stdpbench.results.readout.verdict import verdict
from stdpbench.runs.catalog.filters import value_text
from stdpbench.runs.catalog.store import Store
from stdpbench.runs.catalog.trash import names_in_bin
from stdpbench.runs.folder.journal import read_undamaged
from stdpbench.runs.folder.notes import title_of
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.folder.weights_origin import Origin, origin_of
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.changes import array_names, missing_kinds
from stdpbench.runs.protocol.facts import Record
from stdpbench.runs.protocol.live_run import LiveRun, describe

_THETA = "training.mean_theta_mV"
"""Key of the mean theta; it has this name even if theta has no unit."""
_MEASURES = {
    "training.presentations": "training presentations",
    "training.seconds": "training, seconds",
    "training.images_per_second": "training, pictures per second",
    "training.spikes_per_image": "training, {}spikes per picture",
    "training.presentations_per_image": "training, presentations per picture",
    _THETA: "mean theta at the end",
    "n_label_images": "pictures for labels",
    "supervised.labels": "labels trained with (supervised)",
    "training.loss": "training, loss at the end",
    "training.accuracy_on_training_pictures": "training, accuracy at the end",
    "n_test_images": "pictures evaluated on",
    "spikes_per_test_image": "{}spikes per evaluated picture",
    "silent_test_images": "evaluated pictures without a spike",
    "neurons.never_fired": "neurons silent in the label phase",
}
"""Titles of the measures of a run with pictures; ``{}`` stands for the population that is read."""


_STREAM = {
    "training.presentations": "pieces of the stream",
    "training.seconds": "training, seconds",
    _THETA: "mean theta at the end",
    "training.stream.seconds": "end of the stream that follows, seconds",
    "training.stream.hit_rate": "patterns with a spike, best neuron",
    "training.stream.false_alarms": "false alarms per second, best neuron",
    "training.stream.latency": "mean latency, best neuron (ms)",
    "training.stream.neurons_with_hits": "neurons that answer most patterns",
}
"""Titles of the measures of a run with a stream."""


def metric_text(metric: Metric | None) -> str:
    """Format a metric, in per cent with its interval if it has one."""
    if metric is None:
        return "–"
    if metric.low is None or metric.high is None:
        expected = "" if metric.expected is None else f" (expected: {metric.expected:.6g})"
        return units.minus(f"{metric.value:.6g}{expected}")
    return f"{100 * metric.value:.2f} % ({100 * metric.low:.1f} – {100 * metric.high:.1f})"


class Change(NamedTuple):
    """A changed parameter, and the first presentation with the new value."""

    position: int
    path: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Account:
    """Description of a run.

    Attributes
    ----------
    name, path, state, reason, command : str
        Name and path of the run folder, and values of `RunFolder.about`.
    simulator, data_sha256, evaluated_on : str
        Empty if not known yet.
    versions, host : mapping
        Versions of packages, and the machine on which the run was executed.
    parameters : mapping of str to Any
        Initial values by dotted path.
    changes : tuple of Change
        Changes of parameters during the run, in the order in which they took effect.
    history : tuple of (str, int, str)
        Time, position and description of events in the order of the journal, with only the newest measurement on
        held-out pictures.
    metrics : mapping of str to Metric
        Metrics by name, accuracies first.
    damage : str
        Clause that names the damaged line of the journal; everything after that line is unknown. Empty if the journal
        is intact.
    missing : tuple of str
        A clause for each kind that the run used and that is not installed.
    learned_set : tuple of (int, str)
        Positions at which learned arrays were set, with the names of the arrays.
    read : str
        Name of the population that is read; empty if the network is not known.
    title : str
        Title given by the user; empty if there is none.
    weights_origin : Origin
        Whether its weights were trained with labels.
    start_flatters : bool
        Whether its start weights are a handicapped baseline; see `start_flatters`.
    warnings : tuple of str
        Problems of its results (`stdpbench.runs.protocol.live_run.LiveRun`).
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
    read: str = ""
    title: str = ""
    weights_origin: Origin = Origin.NO_LABELS
    start_flatters: bool = False
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, folder: RunFolder) -> Account:
        """Read a run folder.

        Raises
        ------
        StdpbenchError
            If a file other than its journal is damaged.
        """
        metadata, experiment = folder.about, folder.stored_experiment
        read = read_population(experiment)
        state, reason = state_of(folder)
        journal = read_undamaged(folder.path)
        metrics, live = folder.metrics, LiveRun.replay(journal.records)
        expected = {} if live.marks else dict(experiment.about.expected)  # a changed run is another experiment
        return cls(
            folder.path.name,
            str(folder.path),
            str(state),
            reason,
            str(metadata.get("command", "")),
            str(metadata.get("simulator", "")),
            str(metadata.get("data_sha256", "")),
            str(metrics.get("evaluated_on", "")),
            dict(metadata.get("versions", {})),
            dict(metadata.get("host", {})),
            flat(experiment.to_mapping()),
            changes_of(journal.records),
            _history(journal.records),
            metrics_of(metrics, read, theta_unit(experiment), expected),
            journal.damage,
            missing_kinds(experiment, journal.records),
            tuple(
                (record.position, array_names(record.fact))
                for record in journal.records
                if isinstance(record.fact, facts.LearnedSet)
            ),
            read,
            title_of(folder.path),
            origin_of(folder.path),
            start_flatters(experiment),
            tuple(live.warnings),
        )

    @property
    def word(self) -> str:
        """Remark shown after its name if its weights were trained with labels or are of unknown origin; else empty."""
        return self.weights_origin.word

    def setting(self, path: str) -> str:
        """Return the initial value of a parameter and its changes with their positions."""
        text = value_text(self.parameters.get(path)) or "–"
        for change in self.changes:
            if change.path == path:
                text += f" → {value_text(change.new) or '–'} (from {change.position} on)"
        return text


@dataclass(frozen=True)
class Comparison:
    """Side-by-side comparison of several runs.

    Attributes
    ----------
    accounts : tuple of Account
        Descriptions of the runs.
    parameters : mapping of str to tuple of str
        Values in each run, by dotted path, of parameters that are not equal in all runs; ``name`` and ``about`` are
        ignored.
    versions : mapping of str to tuple of str
        Versions of Python and of packages that are not equal in all runs.
    metrics : mapping of str to tuple of (Metric or None)
        Metrics of all runs; None for a run without the metric.
    remarks : tuple of str
        Sentences on limits of the comparison.
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
        If there are fewer than two runs, or files of a run are damaged.
    """
    if len({folder.path.resolve() for folder in folders}) < 2:
        raise StdpbenchError("there is nothing to compare: name at least two runs")
    accounts = tuple(Account.of(folder) for folder in folders)
    if len({account.read for account in accounts}) > 1:
        accounts = tuple(map(_without_population, accounts))
    packages = dict.fromkeys(name for account in accounts for name in account.versions)
    measured = dict.fromkeys(name for account in accounts for name in account.metrics)
    return Comparison(
        accounts,
        differing_parameters(accounts),
        _differing({name: tuple(account.versions.get(name, "–") for account in accounts) for name in packages}),
        {name: tuple(account.metrics.get(name) for account in accounts) for name in measured},
        tuple(_remarks(accounts)),
    )


def _without_population(account: Account) -> Account:
    """Return a description whose metrics do not name the population, so that they can be compared with others."""
    names = {name.format(f"{account.read} "): name.format("") for name in _MEASURES.values() if account.read}
    return replace(account, metrics={names.get(name, name): metric for name, metric in account.metrics.items()})


def read_population(experiment: Experiment) -> str:
    """Return the name of the population that is read; empty if the kind of the network is not installed."""
    return "" if experiment.missing_kinds else experiment.graph().read


def theta_unit(experiment: Experiment) -> str:
    """Return the unit of theta of the output neurons; empty for discrete neurons, whose theta has no unit."""
    if experiment.missing_kinds:
        return "mV"
    graph = experiment.graph()
    return graph.shown_as(graph.read)[1] if graph.read else "mV"


def start_flatters(experiment: Experiment) -> bool:
    """Return whether start weights are a handicapped baseline, since their thresholds have not adapted to them."""
    if experiment.missing_kinds or experiment.evaluation.thresholds != "learned":
        return experiment.evaluation.thresholds == "learned"  # kinds that are not installed may adapt
    graph = experiment.graph()
    neuron = graph.populations[graph.read].neuron if graph.read else None
    return neuron is not None and any(variable.slow for variable in neuron.variables)


def differing_parameters(accounts: Sequence[Account]) -> dict[str, tuple[str, ...]]:
    """Return the parameters that are not equal in all runs, including changes during a run."""
    paths = dict.fromkeys(path for account in accounts for path in account.parameters)
    paths |= dict.fromkeys(change.path for account in accounts for change in account.changes)
    counted = [path for path in paths if path != "name" and not path.startswith("about.")]
    return _differing({path: tuple(account.setting(path) for account in accounts) for path in counted})


def last_parts(paths: Iterable[str]) -> dict[str, str]:
    """Return the last part of each dotted path, or the whole path if several have the same last part."""
    last = {path: path.rpartition(".")[2] for path in paths}
    return {path: name if [*last.values()].count(name) == 1 else path for path, name in last.items()}


def differences_from(account: Account, experiment: Experiment) -> dict[str, tuple[str, str]]:
    """Return parameters that differ from an experiment, by path: (value of the experiment, value of the run).

    Sections that the run does not have, and parameters of another network template, are left out.
    """
    expected = flat(experiment.to_mapping())
    paths = dict.fromkeys([*expected, *account.parameters, *(change.path for change in account.changes)])
    sections = {path.partition(".")[0] for path in account.parameters}
    if account.parameters.get("network.kind") != expected.get("network.kind"):
        sections -= {"network"}
    paths = {path: None for path in paths if path in account.parameters or path.partition(".")[0] in sections}
    texts = {path: (value_text(expected.get(path)) or "–", account.setting(path)) for path in paths}
    return {
        path: (before, after)
        for path, (before, after) in texts.items()
        if after != before and path != "name" and not path.startswith("about.")
    }


def lineage(folder: RunFolder, store: Store) -> list[str]:
    """Return sentences about the ancestors of a run, nearest first."""
    sentences: list[str] = []
    visited: set[str] = set()
    metadata = folder.about
    while (step := _origin(metadata)) is not None:
        relation, origin = step
        name, run_id = str(origin.get("name", "")), str(origin.get("id", ""))
        position = f" at presentation {origin['at']}" if "at" in origin else ""
        entry = None if run_id in visited else store.by_id(run_id)
        remark = "" if entry else " (in the bin)" if name in names_in_bin(store.runs) else " (no longer here)"
        sentences.append(
            f"{'which ' if sentences else ''}{relation} {entry.name if entry else name}{position}{remark}"
        )
        if entry is None:
            break
        visited.add(run_id)
        metadata = RunFolder(entry.path).about
    for key, verb in (("nir", "has"), ("weights", "converts")):
        if isinstance(metadata.get(key), Mapping):
            pronoun = "which " if sentences else ""
            sentences.append(f"{pronoun}{verb} the network of the file {metadata[key].get('file', '')}")
    return sentences


def _origin(metadata: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    for key, relation in (("parent", "continues from"), ("from", "starts from the weights and thresholds of")):
        if isinstance(metadata.get(key), Mapping):
            return relation, metadata[key]
    return None


def metrics_of(
    metrics: Mapping[str, Any], read: str = "", unit: str = "mV", expected: Mapping[str, float] = MappingProxyType({})
) -> dict[str, Metric]:
    """Return the metrics of ``metrics.json`` to compare, by name.

    Parameters
    ----------
    metrics : mapping
        Content of the file.
    read : str
        Name of the population that is read, for the names of its spikes.
    unit : str
        Unit of its theta; may be empty.
    expected : mapping of str to float
        Expected measures of a stream.
    """
    by_name: dict[str, Metric] = {}
    for name, score in _tables(metrics.get("accuracy")):
        _add_score(by_name, f"accuracy, {name}", score)
    for baseline, result in _tables(metrics.get("baselines")):
        if "accuracy" in result:
            _add_score(by_name, f"accuracy of {BASELINES.get(baseline, baseline)}", result)
        else:
            for name, score in _tables(result):
                _add_score(by_name, f"accuracy of {baseline.replace('_', ' ')}, {name}", score)
    values = flat(metrics)
    stream = "training.stream.seconds" in values
    for path, name in ({**_STREAM, **_of_populations(values)} if stream else _MEASURES).items():
        value = values.get(path)
        if isinstance(value, int | float) and not isinstance(value, bool):
            named = units.label(name, unit) if path == _THETA else name.format(f"{read} " if read else "")
            by_name[named] = Metric(value, expected=expected.get(path.removeprefix("training.stream.")))
    return by_name


def baselines_of(metrics: Mapping[str, Metric]) -> dict[str, Metric]:
    """Return the accuracy of each baseline by its name; if it has several, that of the vote."""
    prefix = "accuracy of "
    baselines = {name.removeprefix(prefix): metric for name, metric in metrics.items() if name.startswith(prefix)}
    return {
        name.removesuffix(", vote"): metric
        for name, metric in baselines.items()
        if "," not in name or name.endswith(", vote")
    }


def verdict_of(account: Account) -> str:
    """Return whether learning without labels helped in a run; empty without an accuracy, or without learning."""
    vote, presented = account.metrics.get("accuracy, vote"), account.metrics.get("training presentations")
    if (
        vote is None
        or account.weights_origin is not Origin.NO_LABELS
        or (presented is not None and not presented.value)
    ):
        return ""
    return verdict(vote, baselines_of(account.metrics), flatters=account.start_flatters)


def stream_measures(account: Account) -> dict[str, float]:
    """Return the measures at the end of a stream by name; empty for a run with pictures."""
    if not _streams([account]):
        return {}
    about = {name for path, name in _STREAM.items() if not path.startswith("training.stream.")}
    about.add(_STREAM["training.stream.seconds"])
    return {name: metric.value for name, metric in account.metrics.items() if name not in about}


def _of_populations(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the titles of the measures of the populations in a stream, by path."""
    names = {
        "rate": "rate of {} (Hz)",
        "cv": "irregularity of {} (CV of ISI)",
        "synchrony": "synchrony of {}",
        "delta": "power of {} at 2–4 Hz",
        "gamma": "power of {} at 30–70 Hz",
    }
    return {
        path: names[path.split(".")[2]].format(path.split(".", 3)[3])
        for path in values
        if path.startswith("training.stream.") and path.count(".") > 2 and path.split(".")[2] in names
    }


def changes_of(records: Sequence[Record]) -> tuple[Change, ...]:
    """Return changes of parameters and of the rule in the order in which they took effect.

    That differs from the order of the journal if the run was interrupted and resumed from an earlier position.
    """
    return tuple(
        Change(record.position, path, old, new)
        for record in sorted(records, key=lambda record: record.position)
        if isinstance(record.fact, facts.Change)
        for path, (old, new) in _flat_changes(record.fact).items()
    )


def _flat_changes(change: facts.Change) -> Mapping[str, tuple[Any, Any]]:
    """Return (old, new) by dotted path; the tables of a custom rule are flattened."""
    if isinstance(change, facts.ParametersChanged):
        return change.changes
    return changes_between(change.old, change.new, change.projection)


def _tables(value: Any) -> list[tuple[str, Mapping[str, Any]]]:
    if not isinstance(value, Mapping):
        return []
    return [(key, table) for key, table in value.items() if isinstance(table, Mapping)]


def _add_score(metrics: dict[str, Metric], name: str, score: Mapping[str, Any]) -> None:
    value, interval = score.get("accuracy"), score.get("interval_95")
    if not isinstance(value, int | float):
        return
    low, high = interval if isinstance(interval, list) and len(interval) == 2 else (None, None)
    metrics[name] = Metric(value, low, high, "" if low is None else INTERVAL)


def _history(records: Sequence[Record]) -> tuple[tuple[str, int, str], ...]:
    shown = (
        facts.StateChanged
        | facts.Intervention
        | facts.Branched
        | facts.Rewound
        | facts.Remarked
        | facts.Labelled
        | facts.Measured
        | facts.LabelsRead
    )
    measured = [record for record in records if isinstance(record.fact, facts.HeldOut)]
    newest = max(measured, key=lambda record: record.position, default=None)  # the others are shown as a curve
    return tuple(
        (record.time, record.position, describe(record))
        for record in records
        if record is newest or isinstance(record.fact, shown)
    )


def _differing(values: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {key: texts for key, texts in values.items() if len(set(texts)) > 1}


def _remarks(accounts: Sequence[Account]) -> list[str]:
    remarks, names = [], called(accounts)
    for account, name in zip(accounts, names, strict=True):
        if account.state != "finished":
            remarks.append(f"{name} is {account.state}{f': {account.reason}' if account.reason else ''}.")
        if account.damage:
            remarks.append(f"{account.damage}; later entries are not shown.")
        if account.learned_set:
            sets = ", ".join(f"{names} at presentation {position}" for position, names in account.learned_set)
            remarks.append(f"In {name}, learned arrays were set: {sets}.")
    for warning in dict.fromkeys(warning for account in accounts for warning in account.warnings):
        warned = [name for name, account in zip(names, accounts, strict=True) if warning in account.warnings]
        remarks.append(f"{listed(warned)}: {warning}")
    missing = dict.fromkeys(clause for account in accounts for clause in account.missing)
    remarks += [f"Values are shown as stored: {clause}." for clause in missing]
    if len({account.data_sha256 for account in accounts if account.data_sha256}) > 1:
        remarks.append(f"The runs used different {'input' if _streams(accounts) else 'pictures'}.")
    if len({account.evaluated_on for account in accounts if account.evaluated_on}) > 1:
        remarks.append("Some runs were evaluated on test pictures, others on held-out training pictures.")
    if len({account.simulator for account in accounts if account.simulator}) > 1:
        remarks.append("The runs used different simulators.")
    return remarks + _origins(accounts, names) + _networks(accounts, names)


def _origins(accounts: Sequence[Account], names: Sequence[str]) -> list[str]:
    """Return sentences on the origins of the weights, unless they are known and the same for all."""
    supervised, without, unknown = (
        [name for name, account in zip(names, accounts, strict=True) if account.weights_origin is origin]
        for origin in (Origin.LABELS, Origin.NO_LABELS, Origin.UNKNOWN)
    )
    remarks = []
    if supervised and without:
        rest = f"those of {listed(without)}" if unknown else "the others"
        remarks.append(
            f"The weights of {listed(supervised)} were trained with labels (supervised), {rest} without: their "
            "accuracies measure different things."
        )
    if unknown:
        remarks.append(
            f"The origin of the weights of {listed(unknown)} is unknown: they may have been trained with labels, and "
            "then their accuracies measure something else."
        )
    return remarks


def _streams(accounts: Sequence[Account]) -> bool:
    return any(account.parameters.get("schedule.between") == "stream" for account in accounts)


def _networks(accounts: Sequence[Account], names: Sequence[str]) -> list[str]:
    """Return sentences on networks that differ in more than parameters."""
    remarks = []
    kinds = [str(account.parameters.get("network.kind", "diehl-cook")) for account in accounts]
    parts = [_PART.findall("\n".join(account.parameters)) for account in accounts]
    if len({*kinds}) > 1:
        named = ", ".join(f"{kind} ({name})" for name, kind in zip(names, kinds, strict=True))
        remarks.append(f"The runs have networks of different kinds: {named}.")
    elif odd := sorted(set().union(*parts).difference(set(parts[0]).intersection(*parts))):
        parts_of_some = ", ".join(f"{table.removesuffix('s')} {name}" for table, name in odd)
        remarks.append(f"The networks differ: not every run has {parts_of_some}.")
    if len({account.read for account in accounts}) > 1:
        read = ", ".join(
            f"{account.read or 'unknown'} ({name})" for name, account in zip(names, accounts, strict=True)
        )
        remarks.append(f"Spikes, labels and accuracies are of different populations: {read}.")
    if 0 < sum(account.parameters.get("schedule.between") == "stream" for account in accounts) < len(accounts):
        remarks.append("Some runs are of a stream, others of pictures.")
    return remarks


_PART = re.compile(r"^network\.(populations|projections)\.(\w+)\b", re.MULTILINE)
