"""Run a finished run again in a new folder, and compare the results.

Input depends only on the seed. Changes of parameters and rule, and learned arrays set by the user, are in the journal
with their positions. A new run folder with the same experiment, the same arrays and a journal with only those facts
therefore defines the same run. This also holds for a branch, whose journal contains the changes of its parents.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import DiskError, StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.runs.client.run_client import RunClient
from stdpbench.runs.folder.journal import read_journal, write_journal
from stdpbench.runs.folder.learned_arrays import check_files, copy_files, copy_start_files
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder, remove_run
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.folder.weights_origin import KEY, start_origin_of
from stdpbench.runs.lineage.export import unpack_run
from stdpbench.runs.preparation.start import fingerprint, load_split
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.changes import changed_by
from stdpbench.runs.protocol.facts import Record
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State

_TIMES = ("seconds", "images_per_second")
_COUNTED = (
    ("training", "training.npz", "spikes"),
    ("label", "label.npz", "spike_counts"),
    ("test", "test.npz", "spike_counts"),
)


@dataclass(frozen=True)
class SpikeDifference:
    """Difference between the spike counts of a phase in two runs.

    Attributes
    ----------
    phase : str
        ``"training"`` (exc spikes per presentation), ``"label"`` or ``"test"`` (per picture and exc neuron).
    different, counts : int
        Number of differing counts, and of all counts; if the arrays have different shapes, all counts differ.
    largest : int
        The largest difference of a count.
    before, again : int
        Total numbers of spikes in the original run and in the reproduction.
    """

    phase: str
    different: int
    counts: int
    largest: int
    before: int
    again: int


@dataclass(frozen=True)
class ReproducedAccuracy:
    """An accuracy of the original run with its 95 % Wilson interval, and the accuracy of the reproduction."""

    readout: str
    before: float
    low: float
    high: float
    again: float

    @property
    def within(self) -> bool:
        """Whether the accuracy of the reproduction lies within the interval of the original."""
        return self.low <= self.again <= self.high


@dataclass(frozen=True)
class Agreement:
    """Comparison of a run with its reproduction.

    Attributes
    ----------
    results : mapping of str to bool
        For each result that both runs have, whether it is identical to the bit.
    environment : mapping of str to (str, str)
        Differences between the environments (packages, Python, machine, pictures): original and present values.
    spikes : tuple of SpikeDifference
        Phases whose spike counts differ.
    accuracy : tuple of ReproducedAccuracy
        Accuracies of the read-outs that both runs have.
    """

    results: Mapping[str, bool]
    environment: Mapping[str, tuple[str, str]]
    spikes: tuple[SpikeDifference, ...]
    accuracy: tuple[ReproducedAccuracy, ...]

    @property
    def same(self) -> bool:
        """Whether all results are identical to the bit."""
        return all(self.results.values())

    @property
    def agrees(self) -> bool:
        """Whether the run counts as reproduced.

        It does if the results are identical to the bit, or if the environments differ and every accuracy lies within
        its interval.
        """
        if self.same:
            return True
        return bool(self.environment and self.accuracy) and all(score.within for score in self.accuracy)

    @property
    def verdict(self) -> str:
        """Result of the comparison, as a sentence."""
        if self.same:
            return "The numbers agree to the bit."
        outside = [score.readout for score in self.accuracy if not score.within]
        if not self.environment:
            return (
                "The numbers differ, although the recorded machine and versions are the same: "
                f"{', '.join(name for name, same in self.results.items() if not same)}."
            )
        environment = f"machine, versions or data ({', '.join(self.environment)})"
        if not self.accuracy:
            return f"The numbers differ, as do {environment}; there is no accuracy to compare."
        if outside:
            return (
                f"The numbers differ, as do {environment}; accuracies outside their intervals: {', '.join(outside)}."
            )
        return (
            f"The numbers differ, which is possible with other {environment}; every accuracy lies within its interval."
        )


def compare(original: RunFolder, again: RunFolder) -> Agreement:
    """Compare the results of a run with those of its reproduction.

    Raises
    ------
    StdpbenchError
        If a file of either run is damaged.
    """
    before, after = outcome(original), outcome(again)
    results = {
        name: before[name] == after[name] for name in before if name in after and name.endswith((".npy", ".npz"))
    }
    metrics = [_metrics(folder) for folder in (original, again)]
    results["metrics.json"] = _comparable(metrics[0], metrics[1]) == _comparable(metrics[1], metrics[0])
    # remarks also record interruptions, which do not recur
    results["facts"] = before["facts"] == after["facts"] or _recurring(original, again) == _recurring(again, original)
    if "held-out measures" in before and "held-out measures" in after:  # older runs have none
        results["held-out measures"] = before["held-out measures"] == after["held-out measures"]
    if "learned arrays" in before or "learned arrays" in after:
        results["learned arrays"] = before.get("learned arrays") == after.get("learned arrays")
    results["parameter changes"] = before["parameter changes"] == after["parameter changes"]
    spikes = tuple(
        difference
        for phase, name, key in _COUNTED
        if name in before and name in after
        for difference in _spike_difference(phase, _array(original, name, key), _array(again, name, key))
    )
    return Agreement(results, _environment(original, again), spikes, _accuracies(*metrics))


def _metrics(folder: RunFolder) -> dict[str, Any]:
    path, metrics = folder.path / "metrics.json", folder.metrics
    for name in ("training", "baselines", "accuracy"):
        if not isinstance(metrics.get(name, {}), dict):
            raise StdpbenchError(f"{path} is damaged: {name} is not a table")
    for name, score in metrics.get("accuracy", {}).items():
        match score:
            case {"accuracy": int() | float(), "interval_95": [int() | float(), int() | float()]}:
                pass
            case _:
                raise StdpbenchError(f"{path} is damaged: the accuracy of {name} is not a number with an interval")
    return metrics


def _comparable(metrics: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return metrics without durations and without baselines that the other run does not have."""
    training = {name: value for name, value in metrics.get("training", {}).items() if name not in _TIMES}
    shared = other.get("baselines", {})
    baselines = {name: value for name, value in metrics.get("baselines", {}).items() if name in shared}
    return {**metrics, "training": training, "baselines": baselines}


def _recurring(folder: RunFolder, other: RunFolder) -> list[tuple[int, facts.Fact]]:
    """Return the facts to compare, without those on baselines that the other run does not have."""
    other_facts = (record.fact for record in read_journal(other.path))
    measured = {fact.what for fact in other_facts if isinstance(fact, facts.Measured)}
    return [
        (record.position, record.fact)
        for record in read_journal(folder.path)
        if record.fact.recurs
        and not isinstance(record.fact, facts.Remarked | facts.HeldOut)
        and not (isinstance(record.fact, facts.Measured) and record.fact.what not in measured)
    ]


def _array(folder: RunFolder, name: str, key: str) -> NDArray[np.int64]:
    return folder.read_arrays(name, key)[0].astype(np.int64)


def _spike_difference(phase: str, before: NDArray[np.int64], again: NDArray[np.int64]) -> list[SpikeDifference]:
    totals = int(before.sum()), int(again.sum())
    if before.shape != again.shape:
        largest = max(int(before.max(initial=0)), int(again.max(initial=0)))
        return [SpikeDifference(phase, before.size, before.size, largest, *totals)]
    difference = np.abs(before - again)
    different = int((difference > 0).sum())
    return [SpikeDifference(phase, different, before.size, int(difference.max()), *totals)] if different else []


def _environment(original: RunFolder, again: RunFolder) -> dict[str, tuple[str, str]]:
    """Return the differences between the environments of two runs, by name: original and present value."""
    environments: list[dict[str, str]] = []
    for folder in (original, again):
        metadata = folder.about
        host = metadata.get("host", {})
        environments.append(
            {
                **{str(name): str(version) for name, version in metadata.get("versions", {}).items()},
                "system": str(host.get("system", "")),
                "processor": str(host.get("processor", "")),
                "simulator": str(metadata.get("simulator", "")),
                "pictures": str(metadata.get("data_sha256", ""))[:12],
            }
        )
    before, after = environments
    names = list(dict.fromkeys([*before, *after]))
    return {n: (before.get(n, ""), after.get(n, "")) for n in names if before.get(n, "") != after.get(n, "")}


def _accuracies(before: Mapping[str, Any], again: Mapping[str, Any]) -> tuple[ReproducedAccuracy, ...]:
    second = again.get("accuracy", {})
    return tuple(
        ReproducedAccuracy(
            name, score["accuracy"], score["interval_95"][0], score["interval_95"][1], second[name]["accuracy"]
        )
        for name, score in before.get("accuracy", {}).items()
        if name in second
    )


_PLACES = ("data.path", "data.train_images", "data.train_labels", "data.test_images", "data.test_labels")


@contextmanager
def open_source(source: Path) -> Generator[RunFolder, None, None]:
    """Open a run folder, or unpack the zip file of one to a temporary folder.

    Raises
    ------
    StdpbenchError
        If the path is neither.
    """
    if source.is_dir():
        yield RunFolder.open(source)
        return
    with tempfile.TemporaryDirectory(prefix="stdpbench-") as into:
        yield unpack_run(source, Path(into))


def prepare(
    original: RunFolder,
    runs: Path,
    *,
    places: Mapping[str, Any] | None = None,
    workers: int = 0,
    simulator: str | None = None,
    about: Mapping[str, Any] | None = None,
) -> tuple[RunFolder, str]:
    """Create the folder of a run that reproduces another one.

    Parameters
    ----------
    original : RunFolder
        A finished run.
    runs : Path
        Folder in which the run folder is created.
    places : mapping of str to Any, optional
        Present locations of the data, by parameter: ``data.path`` and the like.
    workers : int
        Number of processes for the label and test phases; does not affect results.
    simulator : {"compiled", "runtime"}, optional
        Default: the simulator of the original run.
    about : mapping, optional
        Additional entries of `RunFolder.about`.

    Returns
    -------
    folder : RunFolder
        Folder of the new run, ready to be started.
    remark : str
        A sentence if the pictures differ from those of the original; otherwise empty.

    Raises
    ------
    StdpbenchError
        If the original is not finished or is damaged, or its data are not available; then no folder is created.
    """
    state, _ = state_of(original)
    if state is not State.FINISHED:
        raise StdpbenchError(f"{original.path.name} is {state}: only a finished run can be reproduced")
    metadata, experiment = original.about, _relocated(original.experiment, places or {})
    options = _options(metadata, workers, simulator)
    changes = _interventions(original)
    check_files(original.path, changes)
    compare(original, original)  # detects damaged results before hours of computation
    recorded, present = metadata.get("data_sha256"), _fingerprint(experiment, options.validation)
    folder = RunFolder.create(
        runs,
        experiment,
        {
            **(about or {}),
            "options": asdict(options),
            "validation": options.validation,
            "digest": experiment.digest,
            KEY: str(start_origin_of(original.path)),
            "reproduces": {"id": str(metadata.get("id", "")), "name": original.path.resolve().name},
        },
    )
    try:
        copy_start_files(original.path, folder.path)
        copy_files(original.path, folder.path, changes)
        write_journal(folder.path, changes)
    except OSError as error:
        with suppress(OSError):
            remove_run(folder)
        raise DiskError(f"cannot write {folder.path}: {error.strerror or error}") from error
    differ = (
        "The pictures differ from those of the original run, because the data set or its preparation differs; the "
        "numbers may differ as well."
    )
    return folder, "" if recorded in (None, present) else differ


def _relocated(experiment: Experiment, places: Mapping[str, Any]) -> Experiment:
    """Return the experiment with the present locations of its data."""
    for path in places:
        if path not in _PLACES:
            raise StdpbenchError(
                f"{path} cannot be changed, since that would be another run; only the location of data can be set: "
                f"{', '.join(_PLACES)}"
            )
    experiment = experiment.override(places) if places else experiment
    return experiment.model_copy(update={"data": experiment.data.resolved()})


def _fingerprint(experiment: Experiment, validation: bool) -> str:
    """Return the digest of the pictures; if they are missing, the error says how to give their location."""
    try:
        return fingerprint(load_split(experiment, validation))
    except StdpbenchError as error:
        locations = [path for path in _PLACES if getattr(experiment.data, path.removeprefix("data."), None)]
        if not locations:
            raise
        options = " ".join(f"--set {path}=…" for path in locations)
        raise StdpbenchError(f"{error}; a run does not contain its data: add {options}") from None


def _interventions(original: RunFolder) -> list[Record]:
    """Return the interventions of the user as the journal of a new run."""
    records = read_journal(original.path)
    if not any(isinstance(record.fact, facts.Started) for record in records):
        raise StdpbenchError(f"{original.path.name} cannot be reproduced: its journal is missing or empty")
    interventions = [record for record in records if isinstance(record.fact, facts.Intervention)]
    experiment = original.experiment
    for record in sorted(interventions, key=lambda record: record.position):  # in the order in which they take effect
        if isinstance(record.fact, facts.ParametersChanged):
            experiment.changed_live({path: new for path, (_, new) in record.fact.changes.items()})
        if isinstance(record.fact, facts.Change):
            experiment = changed_by(experiment, record.fact)
    return interventions


def _options(metadata: Mapping[str, Any], workers: int, simulator: str | None) -> Options:
    options = Options.from_mapping(metadata.get("options", {}))
    return replace(options, workers=workers, simulator=simulator or metadata.get("simulator") or options.simulator)


CONTINUE, STOP, DETACH = "continue", "stop", "detach"
"""Commands to a reproduction: continue, stop the second run, or return while the second run continues."""


@dataclass(frozen=True)
class Reproduction:
    """Result of running a run again.

    Attributes
    ----------
    path : Path
        Folder of the second run.
    agreement : Agreement or None
        Comparison with the first run; None if the second run did not finish.
    sentence : str
        The result in a sentence.
    """

    path: Path
    agreement: Agreement | None
    sentence: str


def reproduce(
    source: Path,
    runs: Path,
    on_progress: Callable[[Mapping[str, Any]], None] = lambda progress: None,
    command: Callable[[], str] = lambda: CONTINUE,
    about: Mapping[str, Any] | None = None,
    *,
    places: Mapping[str, Any] | None = None,
    workers: int = 0,
    simulator: str | None = None,
) -> Reproduction:
    """Run a finished run again in a separate process and compare the results.

    Parameters
    ----------
    source : Path
        A run folder, or the zip file of one.
    runs : Path
        Folder in which the folder of the second run is created.
    on_progress : callable
        Called with progress frames (`stdpbench.runs.protocol.messages`) as they arrive.
    command : callable
        Returns `CONTINUE`, `STOP` or `DETACH`; called several times per second.
    about : mapping, optional
        Additional entries of `RunFolder.about` of the second run.
    places, workers, simulator
        See `stdpbench.runs.lineage.reproduction.prepare`.

    Raises
    ------
    StdpbenchError
        If the run cannot be reproduced, or the second run fails.
    """
    with open_source(source) as original:
        again, remark = prepare(original, runs, places=places, workers=workers, simulator=simulator, about=about)
        if command() != CONTINUE:
            with suppress(OSError):
                remove_run(again)  # it has not been started
            return Reproduction(again.path, None, f"The reproduction of {original.path.name} was cancelled.")
        live, detached = _follow(again, on_progress, command)
        if detached or live.state is State.STOPPED:
            state = "continues in the background" if detached else "was stopped and can be resumed"
            return Reproduction(again.path, None, f"{again.path.name} {state}; nothing was compared.")
        if live.state is not State.FINISHED:
            reason = live.reason or "the process exited unexpectedly"
            raise StdpbenchError(f"{again.path.name}, the second run, failed: {reason}")
        agreement = compare(original, again)
        sentence = f"Reproduced {original.path.name} as {again.path.name}. {agreement.verdict}"
        return Reproduction(again.path, agreement, f"{sentence} {remark}".strip())


def _follow(
    folder: RunFolder, on_progress: Callable[[Mapping[str, Any]], None], command: Callable[[], str]
) -> tuple[LiveRun, bool]:
    """Start the process of a run and follow it until it ends; also return whether it was detached before the end."""
    client, live, stopping = RunClient.start(folder.path), LiveRun(), False
    try:
        client.wait_for_connection()
        client.want("progress")
        while not client.over:
            for message in client.drain(budget=0.05, wait=0.1):
                if "progress" in live.take(message):
                    on_progress(live.progress)
            current = command()
            if current == DETACH:
                return live, True
            if current == STOP and not stopping:
                stopping = True
                client.request("stop", reason="the reproduction was cancelled")
    finally:
        client.close()
    client.wait_for_process(10)
    return live, False
