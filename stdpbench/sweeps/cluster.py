"""Runs on a Dask cluster that is there already: each a task that carries its experiment and brings back its result.

A run is carried out in a process of its own beside the Dask worker, in a temporary folder; only numbers and digests
come back. A worker that is killed takes its run with it; the scheduler gives the task to another worker, where the run
begins again. Data sets must be found on every machine (`STDPBENCH_DATA`).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from importlib import import_module
from typing import Any

from stdpbench.errors import StdpbenchError
from stdpbench.runs.client.process_end import why_ended
from stdpbench.sweeps.arms import Job
from stdpbench.sweeps.remote import END
from stdpbench.sweeps.result import Result
from stdpbench.sweeps.workplace import Begun, Ended, SweepEvent

_CONNECT = 15  # s
_LISTEN = 1.0  # s between two looks whether to stop


def carry_out_task(experiment: str, stop: str) -> dict[str, Any]:
    """Carry out an experiment; the task that a Dask worker does.

    Parameters
    ----------
    experiment : str
        As TOML.
    stop : str
        Name of the Dask event that says that nobody wants the result any more.

    Returns
    -------
    mapping
        ``digest`` and ``result``, or ``error``.
    """
    asked_to_stop = _distributed().Event(stop)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "stdpbench.sweeps.remote"], stdin=subprocess.PIPE, stdout=out, stderr=err
        )
        assert process.stdin is not None
        try:
            with suppress(OSError):  # it ended
                process.stdin.write(f"{experiment}\n{END}\n".encode())
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
        said, output = _text(out).splitlines(), _text(err)
    try:
        return dict(json.loads(said[-1] if said else ""))
    except ValueError:
        return {"error": f"the process of the run ended: {why_ended(process.returncode, output)}"}


def _distributed() -> Any:
    try:
        return import_module("distributed")  # which has types for some of its parts only
    except ImportError:
        raise StdpbenchError("--dask needs the package distributed: pip install 'stdpbench[dask]'") from None


def _text(file: Any) -> str:
    file.seek(0)
    return str(file.read().decode(errors="replace")).strip()


class Cluster:
    """Carries out runs on a Dask cluster.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``"tcp://127.0.0.1:8786"``.

    Raises
    ------
    StdpbenchError
        If Dask is not installed, or nothing answers at the address.
    """

    def __init__(self, address: str) -> None:
        distributed = _distributed()
        self._address = address
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
        """Hand a job to the scheduler."""
        future = self._client.submit(
            carry_out_task, job.experiment.to_toml(), self._name, key=f"{self._name}-{job.key}", pure=False
        )
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
        if "error" in said:
            return Ended(job, None, str(said["error"]), stopped=self._stopping)
        if said["digest"] != job.key:
            return Ended(job, None, "the worker ran another experiment: it has another version of stdpbench")
        try:
            return Ended(job, Result.from_mapping(said["result"]))
        except StdpbenchError as error:
            return Ended(job, None, str(error))
