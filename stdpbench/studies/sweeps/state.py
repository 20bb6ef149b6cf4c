"""The state of a sweep: ``sweep.jsonl``, one JSON object per line, append-only.

========== =====================================================================================
``made``     ``key``, ``folder``: name of the run folder of a job
``finished`` ``key``, ``result``: result of a job; counts once, however often it is written
``failed``   ``key``, ``reason``: the job failed; the next start of the sweep retries it
``trial``    ``number``, ``settings``: settings chosen by Optuna
========== =====================================================================================

A job is identified by its key, the digest of everything that its result depends on: after a change of its file, a
sweep keeps the jobs that still belong to it. Only lines that end with a newline count; an incomplete last line, left
by a crash, is removed on opening.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from types import TracebackType
from typing import Any

from filelock import FileLock, Timeout

from stdpbench.base.errors import DiskError, StdpbenchError
from stdpbench.runs.catalog.store import SWEEP
from stdpbench.studies.sweeps.arms import Arm
from stdpbench.studies.sweeps.result import Result


class SweepState:
    """The state of a sweep, and the lock on its folder. Use it in a ``with`` statement.

    Parameters
    ----------
    folder : Path
        The sweep's folder; created if missing.

    Attributes
    ----------
    results : dict of str to Result
        Results of finished jobs, by key.
    folders : dict of str to str
        Names of run folders, by key of the job.
    failures : dict of str to str
        Reasons for failure by key; jobs that finished later are not included.
    trials : dict of int to mapping
        Settings chosen by Optuna, by number.

    Raises
    ------
    StdpbenchError
        On entering, if another process works on the sweep, or a complete line is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results: dict[str, Result] = {}
        self.folders: dict[str, str] = {}
        self.failures: dict[str, str] = {}
        self.trials: dict[int, Mapping[str, Any]] = {}

    def __enter__(self) -> SweepState:
        """Lock the folder and read the state."""
        path = self.folder / SWEEP
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(self.folder / "lock")
            self._lock.acquire(timeout=0.5)
        except Timeout:
            raise StdpbenchError(f"another process is working on the sweep in {self.folder}") from None
        except OSError as error:
            raise StdpbenchError(f"the sweep's folder {self.folder} cannot be used: {error.strerror}") from None
        try:
            self._file = path.open("ab", buffering=0)
            data = path.read_bytes()
            self._length = data.rfind(b"\n") + 1
            self._file.truncate(self._length)
            for number, line in enumerate(data[: self._length].splitlines(), 1):
                try:
                    self._take(json.loads(line))
                except (ValueError, KeyError, TypeError, AttributeError, StdpbenchError) as error:
                    raise StdpbenchError(f"{path}, line {number} is damaged: {error}") from None
        except OSError as error:
            self._lock.release()
            raise StdpbenchError(f"{path} cannot be used: {error.strerror}") from None
        except StdpbenchError:
            self._file.close()
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release the folder."""
        self._file.close()
        self._lock.release()

    def made(self, key: str, folder: str) -> None:
        """Record the run folder of a job."""
        self._write({"what": "made", "key": key, "folder": folder})

    def finished(self, key: str, result: Result) -> None:
        """Record the result of a job; a second result is ignored."""
        if key not in self.results:
            self._write({"what": "finished", "key": key, "result": asdict(result)})

    def failed(self, key: str, reason: str) -> None:
        """Record that a job failed."""
        self._write({"what": "failed", "key": key, "reason": reason})

    def trial(self, number: int, settings: Mapping[str, Any]) -> None:
        """Record settings chosen by Optuna."""
        if self.trials.get(number) != settings:
            self._write({"what": "trial", "number": number, "settings": dict(settings)})

    def mean_over(self, arm: Arm, seeds: Sequence[int], metric: str) -> float | None:
        """Return the mean of a metric over the runs of an arm; None unless all runs have it."""
        results = [self.results.get(arm.experiment(seed).digest) for seed in seeds]
        values = [None if result is None else result.values.get(metric) for result in results]
        known = [value for value in values if value is not None]
        return fmean(known) if len(known) == len(values) else None

    def _take(self, line: Mapping[str, Any]) -> None:
        what = line["what"]
        if what == "made":
            self.folders[line["key"]] = str(line["folder"])
        elif what == "finished":
            if line["key"] not in self.results:
                self.results[line["key"]] = Result.from_mapping(line["result"])
            self.failures.pop(line["key"], None)
        elif what == "failed":
            self.failures[line["key"]] = str(line["reason"])
        elif what == "trial":
            self.trials[int(line["number"])] = dict(line["settings"])

    def _write(self, line: Mapping[str, Any]) -> None:
        data = (json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
        try:
            written = 0
            while written < len(data):
                written += self._file.write(data[written:])
            os.fsync(self._file.fileno())
        except OSError as error:
            self._file.truncate(self._length)
            raise DiskError(f"{self.folder / SWEEP} cannot be written: {error.strerror}") from error
        self._length += len(data)
        self._take(line)
