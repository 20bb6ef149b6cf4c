"""Run a finished run again.

Input depends on the seed; changes of parameters and rule, and arrays that were set, are in the journal with their
positions. So a new run folder with the same experiment, the same arrays and a journal that holds nothing but those
facts is the same run. For a branch that is as true as for any other run: its journal holds the changes of its
parents. Whether the numbers came out again is for `stdpbench.runs.lineage.agreement` to say.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from stdpbench.errors import DiskError, StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.journal import read_journal, write_journal
from stdpbench.runs.folder.learned_arrays import check_files, copy_files
from stdpbench.runs.folder.run_folder import RunFolder, remove_run
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.lineage.agreement import compare
from stdpbench.runs.lineage.export import unpack_run
from stdpbench.runs.preparation.start import fingerprint, load_split
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.changes import changed_by
from stdpbench.runs.protocol.facts import Record
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State

_PLACES = ("data.path", "data.train_images", "data.train_labels", "data.test_images", "data.test_labels")
_START = ("start_weights.npy", "start_theta.npy", "start_lateral.npy")


@contextmanager
def opened(source: Path) -> Generator[RunFolder, None, None]:
    """A run folder, or the zip of one, unpacked as long as it is needed.

    Raises
    ------
    StdpbenchError
        If it is neither.
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
    """Make the folder of a run that does again what another one did.

    Parameters
    ----------
    original : RunFolder
        A finished run.
    runs : Path
        Where the folder is made.
    places : mapping of str to Any, optional
        Where its data lie now: ``data.path`` and its like.
    workers : int
        Processes for the label and test phases; changes no number.
    simulator : {"compiled", "runtime"}, optional
        By default the one that ran it.
    about : mapping, optional
        More for ``run.json``.

    Returns
    -------
    folder : RunFolder
        Of a run that waits to be started.
    remark : str
        A sentence where the pictures here are not those of the original; else empty.

    Raises
    ------
    StdpbenchError
        If the original is not finished, something of it is damaged, or its data are not here; no folder is made then.
    """
    state, _ = state_of(original)
    if state is not State.FINISHED:
        raise StdpbenchError(f"{original.path.name} is {state}: only a finished run has numbers to compare with")
    said, experiment = original.read_json("run.json"), _placed(original.experiment, places or {})
    options = _options(original, said, workers, simulator)
    changes = _interventions(original)
    check_files(original.path, changes)
    compare(original, original)  # what is damaged had better be found before hours of work
    known, print_here = said.get("data_sha256"), fingerprint(load_split(experiment, options.validation))
    folder = RunFolder.create(
        runs,
        experiment,
        {
            **(about or {}),
            "options": options.to_mapping(),
            "validation": options.validation,
            "digest": experiment.digest,
            "reproduces": {"id": str(said.get("id", "")), "name": original.path.resolve().name},
        },
    )
    try:
        for name in _START:
            if (original.path / name).is_file():
                shutil.copyfile(original.path / name, folder.path / name)
        copy_files(original.path, folder.path, changes)
        write_journal(folder.path, changes)
    except OSError as error:
        with suppress(OSError):
            remove_run(folder)
        raise DiskError(f"{folder.path} cannot be written: {error.strerror or error}") from error
    differ = "The pictures here are not those of the run: data or their preparation differ, so the numbers may."
    return folder, "" if known in (None, print_here) else differ


def _placed(experiment: Experiment, places: Mapping[str, Any]) -> Experiment:
    """The experiment with its data where they lie now."""
    for path in places:
        if path not in _PLACES:
            raise StdpbenchError(
                f"{path} cannot be changed, since that would be another run; only where data lie may be said anew: "
                f"{', '.join(_PLACES)}"
            )
    experiment = experiment.override(places) if places else experiment
    return experiment.model_copy(update={"data": experiment.data.resolved()})


def _interventions(original: RunFolder) -> list[Record]:
    """The journal of a run in which a person does the same, and nothing else happens yet."""
    records = read_journal(original.path)
    if not any(isinstance(record.fact, facts.Started) for record in records):
        raise StdpbenchError(f"{original.path.name} cannot be run again: its journal is not there, or says nothing")
    found = [record for record in records if isinstance(record.fact, facts.Intervention)]
    experiment = original.experiment
    for record in sorted(found, key=lambda record: record.position):  # as they take force
        if isinstance(record.fact, facts.ParametersChanged):
            experiment.changed_live({path: new for path, (_, new) in record.fact.changes.items()})
        if isinstance(record.fact, facts.Change):
            experiment = changed_by(experiment, record.fact)
    return [replace(record, number=number) for number, record in enumerate(found)]


def _options(original: RunFolder, said: Mapping[str, Any], workers: int, simulator: str | None) -> Options:
    try:
        options = Options.from_mapping(said.get("options", {}))
        known = simulator or said.get("simulator") or options.simulator
        return Options(
            workers=workers,
            simulator=None if known is None else str(known),
            validation=bool(options.validation),
            baselines=bool(options.baselines),
            checkpoint_every=int(options.checkpoint_every),
        )
    except (TypeError, ValueError, AttributeError):
        raise StdpbenchError(
            f"{original.path.name} cannot be run again: the options in run.json are damaged"
        ) from None
