"""Run a finished run again and compare the results, in one call with progress reports that can be cancelled.

Create the folder of a run that reproduces a finished one.

Input depends only on the seed. Changes of parameters and rule, and learned arrays that were set, are in the journal
with their positions. A new run folder with the same experiment, the same arrays and a journal with only those facts
therefore defines the same run. This also holds for a branch, whose journal contains the changes of its parents.
`stdpbench.runs.lineage.agreement` compares the results.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stdpbench.base.errors import DiskError, StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.runs.client.run_client import RunClient
from stdpbench.runs.folder.journal import read_journal, write_journal
from stdpbench.runs.folder.learned_arrays import check_files, copy_files, copy_start_files
from stdpbench.runs.folder.run_folder import RunFolder, remove_run
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.folder.weights_origin import KEY, start_origin_of
from stdpbench.runs.lineage.agreement import Agreement, compare
from stdpbench.runs.lineage.export import unpack_run
from stdpbench.runs.preparation.start import fingerprint, load_split
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.changes import changed_by
from stdpbench.runs.protocol.facts import Record
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State

_PLACES = ("data.path", "data.train_images", "data.train_labels", "data.test_images", "data.test_labels")


@contextmanager
def open_source(source: Path) -> Generator[RunFolder, None, None]:
    """Open a run folder, or the zip file of one, which is unpacked to a temporary folder.

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
        If the original is not finished or is damaged, or its data are not available. No folder is created then.
    """
    state, _ = state_of(original)
    if state is not State.FINISHED:
        raise StdpbenchError(f"{original.path.name} is {state}: only a finished run can be reproduced")
    metadata, experiment = original.about, _relocated(original.experiment, places or {})
    options = _options(metadata, workers, simulator)
    changes = _interventions(original)
    check_files(original.path, changes)
    compare(original, original)  # detects damaged results before hours of computation
    known, present = metadata.get("data_sha256"), _fingerprint(experiment, options.validation)
    folder = RunFolder.create(
        runs,
        experiment,
        {
            **(about or {}),
            "options": options.to_mapping(),
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
    return folder, "" if known in (None, present) else differ


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
    """Return the digest of the pictures; where there are none, the error says how to name their place."""
    try:
        return fingerprint(load_split(experiment, validation))
    except StdpbenchError as error:
        own = [path for path in _PLACES if getattr(experiment.data, path.removeprefix("data."), None)]
        if not own:
            raise
        options = " ".join(f"--set {path}=…" for path in own)
        raise StdpbenchError(f"{error}; a run does not contain its data: add {options}") from None


def _interventions(original: RunFolder) -> list[Record]:
    """Return the interventions of the user as the journal of a new run."""
    records = read_journal(original.path)
    if not any(isinstance(record.fact, facts.Started) for record in records):
        raise StdpbenchError(f"{original.path.name} cannot be reproduced: its journal is missing or empty")
    found = [record for record in records if isinstance(record.fact, facts.Intervention)]
    experiment = original.experiment
    for record in sorted(found, key=lambda record: record.position):  # in the order in which they take effect
        if isinstance(record.fact, facts.ParametersChanged):
            experiment.changed_live({path: new for path, (_, new) in record.fact.changes.items()})
        if isinstance(record.fact, facts.Change):
            experiment = changed_by(experiment, record.fact)
    return [replace(record, number=number) for number, record in enumerate(found)]


def _options(metadata: Mapping[str, Any], workers: int, simulator: str | None) -> Options:
    options = Options.from_mapping(metadata.get("options", {}))
    return replace(options, workers=workers, simulator=simulator or metadata.get("simulator") or options.simulator)


CONTINUE, STOP, DETACH = "continue", "stop", "detach"
"""Commands to a reproduction: continue, stop the second run, or let it run and return without waiting for it."""


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
            how = "continues in the background" if detached else "was stopped and can be resumed"
            return Reproduction(again.path, None, f"{again.path.name} {how}; nothing was compared.")
        if live.state is not State.FINISHED:
            reason = live.reason or "the process exited unexpectedly"
            raise StdpbenchError(f"{again.path.name}, the second run, failed: {reason}")
        agreement = compare(original, again)
        sentence = f"Reproduced {original.path.name} as {again.path.name}. {agreement.verdict}"
        return Reproduction(again.path, agreement, f"{sentence} {remark}".strip())


def _follow(
    folder: RunFolder, on_progress: Callable[[Mapping[str, Any]], None], command: Callable[[], str]
) -> tuple[LiveRun, bool]:
    """Start the process of a run and follow it until it ends; also return whether it was detached before."""
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
