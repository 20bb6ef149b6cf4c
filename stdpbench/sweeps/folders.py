"""The run folders of a sweep's jobs: found again, made, or brought home from where the run was carried out."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from stdpbench.errors import StdpbenchError
from stdpbench.runs.catalog.store import run_names
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.creation import create_run
from stdpbench.runs.protocol.options import Options
from stdpbench.sweeps.arms import Job
from stdpbench.sweeps.state import SweepState

OPTIONS = Options(workers=1, validation=True, baselines=False)
"""How every run of a sweep is carried out: one process each, judged on the validation part."""


class JobFolders:
    """The run folders of a sweep's jobs.

    Parameters
    ----------
    state : SweepState
        Knows which job has which run folder, and is told of new ones.
    about : mapping, optional
        More for ``run.json``, such as the command.
    """

    def __init__(self, state: SweepState, about: Mapping[str, Any] | None = None) -> None:
        self._state = state
        self._about = dict(about or {})
        self._unnoted: dict[str, str] | None = None

    def about(self, job: Job) -> dict[str, Any]:
        """What ``run.json`` says of a job's run, beside what every run says."""
        return {**self._about, "sweep": {"name": self._state.folder.name, "arm": job.arm}}

    def find(self, job: Job) -> RunFolder | None:
        """The run folder that a job has, or that a crash left unnoted; None if there is none, or it is damaged."""
        name = self._state.folders.get(job.key) or self._left_unnoted().get(job.key)
        if name is not None:
            with suppress(StdpbenchError):  # it was removed, or is damaged
                folder = RunFolder.open(self._state.folder / name)
                if folder.experiment.digest == job.key:
                    return folder
        return None

    def make(self, job: Job) -> RunFolder:
        """Make the folder of a run that is to be carried out here.

        Raises
        ------
        StdpbenchError
            If it cannot be made.
        """
        return self._noted(job, create_run(job.experiment, self._state.folder, OPTIONS, self.about(job)))

    def receive(self, job: Job, name: str, content: bytes) -> RunFolder:
        """Unpack the run folder of a run that was carried out elsewhere.

        Parameters
        ----------
        job : Job
            Whose run it is.
        name : str
            What the folder was called there.
        content : bytes
            The folder as a zip.

        Raises
        ------
        StdpbenchError
            If it is no run folder, or cannot be written; nothing half-written stays.
        """

        def fill(aside: RunFolder) -> None:
            try:
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    archive.extractall(aside.path)  # which keeps every file below the folder
            except (zipfile.BadZipFile, zlib.error, EOFError) as error:
                raise StdpbenchError(f"the run folder that came from the worker is damaged: {error}") from None
            RunFolder.open(aside.path)  # says what it lacks

        return self._noted(job, RunFolder.place(self._state.folder, name, fill))

    def _noted(self, job: Job, folder: RunFolder) -> RunFolder:
        self._state.made(job.key, folder.path.name)
        return folder

    def _left_unnoted(self) -> dict[str, str]:
        """Names of the run folders that are there, by key of their job."""
        if self._unnoted is None:
            self._unnoted = {}
            for name in run_names(self._state.folder):
                with suppress(StdpbenchError):
                    said = RunFolder(self._state.folder / name).read_json("run.json")
                    if said.get("validation") is True and "sweep" in said:
                        self._unnoted.setdefault(str(said.get("digest")), name)
        return self._unnoted
