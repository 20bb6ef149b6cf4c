"""Interface of the places that execute the runs of a sweep, and the run folders of its jobs.

A workplace accepts jobs and reports their progress. `stdpbench.studies.sweeps.carry_out` decides which jobs to run
and records their results.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.runs.catalog.store import run_names
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.creation import create_run
from stdpbench.runs.protocol.facts import Remarked
from stdpbench.runs.protocol.options import Options
from stdpbench.studies.sweeps.arms import Job
from stdpbench.studies.sweeps.result import Result
from stdpbench.studies.sweeps.state import SweepState


@dataclass(frozen=True)
class Begun:
    """A job has started."""

    job: Job


@dataclass(frozen=True)
class Moved:
    """Progress of a job, 0 to 1 over all its phases, and the name of its current phase."""

    job: Job
    share: float
    phase: str


@dataclass(frozen=True)
class Ended:
    """A job has ended, with a result or with the reason for its absence; `stopped`: on request."""

    job: Job
    result: Result | None
    reason: str = ""
    stopped: bool = False


SweepEvent = Begun | Moved | Ended | Remarked


class Workplace(Protocol):
    """A place that executes runs."""

    @property
    def room(self) -> int:
        """Number of further jobs it accepts."""

    @property
    def busy(self) -> int:
        """Number of jobs that have not ended."""

    def begin(self, job: Job) -> None:
        """Start a job.

        Raises
        ------
        StdpbenchError
            If it cannot be started.
        """

    def look(self, wait: float) -> list[SweepEvent]:
        """Return the events since the last call; waits up to `wait` seconds for one."""

    def stop(self) -> None:
        """Ask all jobs to stop soon; `look` then reports how they end."""

    def close(self) -> None:
        """Release all resources; jobs that cannot be stopped keep running."""


_OPTIONS = Options(workers=1, validation=True, baselines=False)


def options_of(experiment: Experiment) -> Options:
    """Return the options of a run of a sweep: one process, evaluated on the validation part if there are pictures."""
    return _OPTIONS if experiment.stream is None else replace(_OPTIONS, validation=False)


class JobFolders:
    """The run folders of a sweep's jobs.

    Parameters
    ----------
    state : SweepState
        Run folders by job; new ones are recorded there.
    about : mapping, optional
        Additional entries of `RunFolder.about`, such as the command.
    """

    def __init__(self, state: SweepState, about: Mapping[str, Any] | None = None) -> None:
        self._state = state
        self._about = dict(about or {})

    def about(self, job: Job) -> dict[str, Any]:
        """Return the additional entries of `RunFolder.about` for a job's run."""
        return {**self._about, "sweep": {"name": self._state.folder.name, "arm": job.arm}}

    def find(self, job: Job) -> RunFolder | None:
        """Return the run folder of a job, also if a crash left it unrecorded; None if missing or damaged."""
        name = self._state.folders.get(job.key) or self._unrecorded.get(job.key)
        if name is not None:
            with suppress(StdpbenchError):  # removed or damaged
                folder = RunFolder.open(self._state.folder / name)
                if folder.experiment.digest == job.key:
                    return folder
        return None

    def make(self, job: Job) -> RunFolder:
        """Create the folder of a local run.

        Raises
        ------
        StdpbenchError
            If it cannot be created.
        """
        return self._record(
            job, create_run(job.experiment, self._state.folder, options_of(job.experiment), self.about(job))
        )

    def receive(self, job: Job, name: str, content: bytes) -> RunFolder:
        """Unpack the run folder of a remote run.

        Parameters
        ----------
        job : Job
            Job of the run.
        name : str
            Name of the remote folder.
        content : bytes
            The folder as a zip.

        Raises
        ------
        StdpbenchError
            If it is not a run folder, or cannot be written; partial files are removed.
        """

        def fill(temporary: RunFolder) -> None:
            try:
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    archive.extractall(temporary.path)  # keeps every file below the folder
            except (zipfile.BadZipFile, zlib.error, EOFError) as error:
                raise StdpbenchError(f"the run folder that came from the worker is damaged: {error}") from None
            RunFolder.open(temporary.path)  # reports missing files

        return self._record(job, RunFolder.place(self._state.folder, name, fill))

    def _record(self, job: Job, folder: RunFolder) -> RunFolder:
        self._state.made(job.key, folder.path.name)
        return folder

    @cached_property
    def _unrecorded(self) -> dict[str, str]:
        """The names of the run folders that exist already, by key of their job."""
        names = dict[str, str]()
        for name in run_names(self._state.folder):
            with suppress(StdpbenchError):
                folder = RunFolder(self._state.folder / name)
                about = folder.about
                if "sweep" in about and (about.get("validation") is True or folder.stored_experiment.stream):
                    names.setdefault(str(about.get("digest")), name)
        return names
