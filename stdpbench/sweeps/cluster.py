"""Runs on an existing Dask cluster: each is a task that carries its experiment there and brings its run folder back.

A run is carried out in a process beside the Dask worker, in a temporary folder of that machine, which need share
nothing with this one; the run folder comes home as the task's result, also that of a failed run. A worker that is
killed takes its run with it; the scheduler gives the task to another worker, where the run begins again. Data sets
must be found on every machine (`STDPBENCH_DATA`).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

from stdpbench.errors import StdpbenchError
from stdpbench.runs.client.process_end import why_ended
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.states import State
from stdpbench.sweeps.arms import Job
from stdpbench.sweeps.folders import JobFolders
from stdpbench.sweeps.result import Result
from stdpbench.sweeps.state import SweepState
from stdpbench.sweeps.workplace import Begun, Ended, SweepEvent

_CONNECT = 15  # s
_LISTEN = 1.0  # s between two looks whether to stop


def carry_out_task(wanted: str, stop: str) -> dict[str, Any]:
    """Carry out an experiment; the task that a Dask worker does.

    Parameters
    ----------
    wanted : str
        What `stdpbench.sweeps.remote` reads, as a line of JSON.
    stop : str
        Name of the Dask event that says that nobody wants the result any more.

    Returns
    -------
    mapping
        ``error``, empty for a finished run; ``digest`` of the experiment; ``name`` and ``run``, a zip, of the run
        folder, if there is one.
    """
    asked_to_stop = _distributed().Event(stop)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "stdpbench.sweeps.remote"], stdin=subprocess.PIPE, stdout=out, stderr=err
        )
        assert process.stdin is not None
        try:
            with suppress(OSError):  # it ended
                process.stdin.write(f"{wanted}\n".encode())
                process.stdin.flush()
            while True:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_LISTEN)
                    break
                if asked_to_stop.is_set():
                    return {"error": "the sweep was stopped"}
        finally:
            with suppress(OSError):
                process.stdin.close()  # the process ends with it
            process.wait()
        out.seek(0)
        err.seek(0)
        try:
            return {**json.loads(out.readline()), "run": out.read()}
        except ValueError:
            why = why_ended(process.returncode, err.read().decode(errors="replace"))
            return {"error": f"the process of the run ended: {why}"}


def _distributed() -> Any:
    try:
        return import_module("distributed")  # which has types for some of its parts only
    except ImportError:
        raise StdpbenchError("--dask needs the package distributed: pip install 'stdpbench[dask]'") from None


class Cluster:
    """Carries out runs on a Dask cluster.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``"tcp://127.0.0.1:8786"``.
    state : SweepState
        Knows which job has which run folder, and is told of new ones.
    about : mapping, optional
        More for ``run.json``, such as the command.

    Raises
    ------
    StdpbenchError
        If Dask is not installed, or nothing answers at the address.
    """

    def __init__(self, address: str, state: SweepState, about: Mapping[str, Any] | None = None) -> None:
        distributed = _distributed()
        self._address = address
        self._folders = JobFolders(state, about)
        try:
            self._client: Any = distributed.Client(address, timeout=_CONNECT, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise StdpbenchError(
                f"no Dask scheduler answers at {address} ({' '.join(str(error).split())[:200]})"
            ) from None
        self._name = f"stdpbench-{uuid.uuid4().hex}"
        self._stop: Any = distributed.Event(self._name, client=self._client)
        self._tasks: list[tuple[Job, Any]] = []
        self._begun: list[SweepEvent] = []
        self._stopping = False

    @property
    def room(self) -> int:
        """How many more jobs it takes now: all; the scheduler has them wait."""
        return 0 if self._stopping else sys.maxsize

    @property
    def busy(self) -> int:
        """How many jobs it has that have not ended."""
        return len(self._tasks) + len(self._begun)

    def begin(self, job: Job) -> None:
        """Hand a job to the scheduler, or read what it left if its run is finished.

        Raises
        ------
        StdpbenchError
            If its run folder cannot be read.
        """
        known = self._folders.find(job)
        if known is not None and state_of(known)[0] is State.FINISHED:
            self._begun.append(Ended(job, Result.of(known)))
            return
        wanted = json.dumps({"experiment": job.experiment.to_mapping(), "about": self._folders.about(job)})
        key = f"{self._name}-{job.key}"
        future = self._client.submit(carry_out_task, wanted, self._name, key=key, pure=False)
        self._tasks.append((job, future))
        self._begun.append(Begun(job))

    def look(self, wait: float) -> list[SweepEvent]:
        """What has happened; waits for up to so many seconds if nothing has.

        Raises
        ------
        StdpbenchError
            If the scheduler is gone.
        """
        until = time.monotonic() + wait
        while True:
            told, self._begun = self._begun, []
            if self._client.status != "running":
                raise StdpbenchError(
                    f"the Dask scheduler at {self._address} is gone; what was finished is kept, and the same command "
                    "goes on from there"
                )
            for job, future in list(self._tasks):
                if future.status != "pending":
                    self._tasks.remove((job, future))
                    told.append(self._ended(job, future))
            if told or not self._tasks or time.monotonic() >= until:
                return told
            time.sleep(0.05)

    def stop(self) -> None:
        """Take back what waits, and have what is under way end."""
        self._stopping = True
        self._stop.set()
        self._client.cancel([future for _, future in self._tasks])

    def close(self) -> None:
        """Leave the cluster; it goes on without."""
        if self._tasks and not self._stopping:
            with suppress(Exception):  # the scheduler may be gone
                self.stop()
        with suppress(Exception):
            self._client.close(timeout=5)

    def _ended(self, job: Job, future: Any) -> Ended:
        if self._stopping and future.status != "finished":
            return Ended(job, None, "the sweep was stopped", stopped=True)
        if future.status != "finished":
            reason = future.exception() if future.status == "error" else None
            return Ended(job, None, " ".join(str(reason or f"its task is {future.status}").split()))
        said = future.result()
        future.release()
        try:
            folder = self._folders.receive(job, said["name"], said["run"]) if said.get("run") else None
            if said["error"] or folder is None:
                return Ended(job, None, str(said["error"]), stopped=self._stopping)
            if said["digest"] != job.key:
                return Ended(job, None, "the worker ran another experiment: it has another version of stdpbench")
            return Ended(job, Result.of(folder))
        except StdpbenchError as error:
            return Ended(job, None, str(error))
