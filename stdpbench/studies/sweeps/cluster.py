"""Runs on an existing Dask cluster: each is a task that executes an experiment and returns its run folder.

A run is executed in a subprocess of the Dask worker. With separate storage, it uses a temporary folder on that
machine, and the run folder is the result of the task, also for a failed run. If a worker is killed, its run ends, and
the scheduler restarts the task on another worker from the beginning. With shared storage, all machines see the folder
of the sweep under the same path: runs are executed there, nothing is sent back, and a run whose worker was killed
continues on another worker from its newest checkpoint. Data sets must be available on every machine
(`STDPBENCH_DATA`).

With Slurm, dask-jobqueue starts a scheduler in this process, and a job per worker. Every worker has one processor and
executes one run at a time. Partition, account, time limit and other options come from the section ``jobqueue.slurm``
of dask-jobqueue's configuration (``~/.config/dask/jobqueue.yaml``).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.client.process_end import why_ended
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.states import State
from stdpbench.studies.sweeps.arms import Job
from stdpbench.studies.sweeps.result import Result
from stdpbench.studies.sweeps.state import SweepState
from stdpbench.studies.sweeps.workplace import Begun, Ended, JobFolders, SweepEvent

_CONNECT = 15  # s
_LISTEN = 1.0  # s between two checks of the stop event


def carry_out_task(request: str, stop: str) -> dict[str, Any]:
    """Run an experiment; the task of a Dask worker.

    Parameters
    ----------
    request : str
        Input of `stdpbench.studies.sweeps.remote`, a line of JSON.
    stop : str
        Name of the Dask event that cancels the run.

    Returns
    -------
    mapping
        ``error``, empty for a finished run; ``digest`` of the experiment; ``name`` and content (``run``, a zip, empty
        with shared storage) of the run folder, if there is one.
    """
    stop_event = _distributed().Event(stop)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "stdpbench.studies.sweeps.remote"],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=err,
        )
        assert process.stdin is not None
        try:
            with suppress(OSError):  # the process has ended
                process.stdin.write(f"{request}\n".encode())
                process.stdin.flush()
            while True:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_LISTEN)
                    break
                if stop_event.is_set():
                    return {"error": "the sweep was stopped"}
        finally:
            with suppress(OSError):
                process.stdin.close()  # the process exits when it closes
            process.wait()
        out.seek(0)
        err.seek(0)
        try:
            return {**json.loads(out.readline()), "run": out.read()}
        except ValueError:
            reason = why_ended(process.returncode, err.read().decode(errors="replace"))
            return {"error": f"the process of the run ended: {reason}"}


def _distributed() -> Any:
    try:
        return import_module("distributed")  # only partly typed
    except ImportError:
        raise StdpbenchError("--dask needs the package distributed: pip install 'stdpbench[dask]'") from None


class Cluster:
    """Executes runs on a Dask cluster.

    Parameters
    ----------
    address : str
        Address of the scheduler, such as ``"tcp://127.0.0.1:8786"``.
    state : SweepState
        Run folders by job; new ones are recorded there.
    about : mapping, optional
        Additional entries of `RunFolder.about`, such as the command.
    shared : bool
        Whether all machines see the folder of the sweep under the same path.

    Raises
    ------
    StdpbenchError
        If Dask is not installed, or nothing answers at the address.
    """

    def __init__(
        self, address: str, state: SweepState, about: Mapping[str, Any] | None = None, shared: bool = False
    ) -> None:
        distributed = _distributed()
        self._address = address
        self._shared = shared
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
        """Number of further jobs it accepts: unlimited; the scheduler queues them."""
        return 0 if self._stopping else sys.maxsize

    @property
    def busy(self) -> int:
        """Number of jobs that have not ended."""
        return len(self._tasks) + len(self._begun)

    def begin(self, job: Job) -> None:
        """Submit a job to the scheduler, or read its result if its run is finished.

        Raises
        ------
        StdpbenchError
            If its run folder cannot be read, or with shared storage not be created.
        """
        existing = self._folders.find(job)
        if existing is not None and state_of(existing)[0] is State.FINISHED:
            self._begun.append(Ended(job, Result.of(existing)))
            return
        if self._shared:
            folder = existing or self._folders.make(job)
            request = json.dumps({"folder": str(folder.path.resolve())})
        else:
            request = json.dumps({"experiment": job.experiment.to_mapping(), "about": self._folders.about(job)})
        key = f"{self._name}-{job.key}"
        future = self._client.submit(carry_out_task, request, self._name, key=key, pure=False)
        self._tasks.append((job, future))
        self._begun.append(Begun(job))

    def look(self, wait: float) -> list[SweepEvent]:
        """Return the events since the last call; waits up to `wait` seconds for one.

        Raises
        ------
        StdpbenchError
            If the connection to the scheduler is lost.
        """
        until = time.monotonic() + wait
        while True:
            events, self._begun = self._begun, []
            if self._client.status != "running":
                raise StdpbenchError(
                    f"connection to the Dask scheduler at {self._address} lost; finished runs are kept, and "
                    "the same command continues from there"
                )
            for job, future in list(self._tasks):
                if future.status != "pending":
                    self._tasks.remove((job, future))
                    events.append(self._ended(job, future))
            if events or not self._tasks or time.monotonic() >= until:
                return events
            time.sleep(0.05)

    def stop(self) -> None:
        """Cancel waiting tasks, and ask active ones to stop."""
        self._stopping = True
        self._stop.set()
        self._client.cancel([future for _, future in self._tasks])

    def close(self) -> None:
        """Disconnect from the cluster, which keeps running."""
        if self._tasks and not self._stopping:
            with suppress(Exception):  # the scheduler may have exited
                self.stop()
        with suppress(Exception):
            self._client.close(timeout=5)

    def _ended(self, job: Job, future: Any) -> Ended:
        if self._stopping and future.status != "finished":
            return Ended(job, None, "the sweep was stopped", stopped=True)
        if future.status != "finished":
            reason = future.exception() if future.status == "error" else None
            return Ended(job, None, " ".join(str(reason or f"its task is {future.status}").split()))
        reply = future.result()
        future.release()
        try:
            if self._shared:
                folder = self._folders.find(job) if reply.get("name") else None
            else:
                folder = self._folders.receive(job, reply["name"], reply["run"]) if reply.get("run") else None
            if reply["error"] or folder is None:
                return Ended(job, None, str(reply["error"]), stopped=self._stopping)
            if reply["digest"] != job.key:
                return Ended(job, None, "the worker ran a different experiment: its version of stdpbench differs")
            return Ended(job, Result.of(folder))
        except StdpbenchError as error:
            return Ended(job, None, str(error))


_DEFAULTS = {"cores": 1, "processes": 1, "memory": "4 GiB"}
"""Default resources of a job."""


class SlurmWorkers:
    """Jobs of Slurm that execute runs while this object is open.

    Parameters
    ----------
    jobs : int
        Number of jobs, each with one worker.

    Raises
    ------
    StdpbenchError
        If dask-jobqueue is not installed, or jobs cannot be submitted.
    """

    def __init__(self, jobs: int) -> None:
        try:
            jobqueue: Any = import_module("dask_jobqueue")
            config: Any = import_module("dask").config
        except ImportError:
            raise StdpbenchError("--slurm needs the package dask-jobqueue: pip install 'stdpbench[slurm]'") from None
        configured = config.get("jobqueue.slurm", {}) or {}
        options = {name: value for name, value in _DEFAULTS.items() if configured.get(name) is None}
        if shutil.which("sbatch") is None:
            raise StdpbenchError("--slurm needs the command sbatch, which is not on the PATH of this machine")
        try:
            self._cluster: Any = jobqueue.SLURMCluster(**options)
        except (OSError, RuntimeError, ValueError, TypeError) as error:
            raise StdpbenchError(f"no Dask scheduler can be started for Slurm: {_sentence(error)}") from None
        try:
            self._cluster.scale(jobs=jobs)
            self._cluster.sync(self._cluster._correct_state)  # submit now, so that errors of sbatch are reported here
        except (OSError, RuntimeError) as error:
            self.close()
            raise StdpbenchError(f"jobs cannot be submitted to Slurm: {_sentence(error)}") from None

    @property
    def address(self) -> str:
        """Address of the scheduler."""
        return str(self._cluster.scheduler_address)

    def close(self) -> None:
        """Cancel the jobs, and end the scheduler."""
        with suppress(Exception):  # Slurm does not know jobs that have ended
            self._cluster.close(timeout=30)


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
