"""A helper process that answers requests of the app (`stdpbench.base.rpc_server`).

It does everything that needs Brian2, scikit-learn or matplotlib, or takes longer than a screen update; the window only
receives the results.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6 import sip
from PyQt6.QtCore import QObject, QProcess, pyqtSignal

from stdpbench.base.files import remove_file
from stdpbench.runs.client.process_end import error_in
from stdpbench_gui.session.background import Background

_log = logging.getLogger(__name__)
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class _Request:
    then: Callable[[Mapping[str, Any], Arrays], object]
    failed: Callable[[str], object]


class HelperProcess(QObject):
    """Sends requests to a process, which the first request starts; subclasses define the command.

    Attributes
    ----------
    progress : signal of str, int, int
        Phase, amount done and total amount of the active request.
    busy_changed : signal
        A request was sent, answered or dropped.
    """

    progress = pyqtSignal(str, int, int)
    busy_changed = pyqtSignal()

    def __init__(self, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._background = background
        self._scratch = tempfile.TemporaryDirectory(prefix="stdpbench-helper-", ignore_cleanup_errors=True)
        self._process: QProcess | None = None
        self._number = 0
        self._waiting: dict[int, _Request] = {}
        self._received = b""

    @property
    def busy(self) -> bool:
        """Whether a request is unanswered."""
        return bool(self._waiting)

    def command(self) -> list[str]:
        """Return the arguments of the Python interpreter."""
        raise NotImplementedError

    def ask(
        self,
        name: str,
        then: Callable[[Mapping[str, Any], Arrays], object],
        failed: Callable[[str], object],
        **arguments: Any,
    ) -> None:
        """Send a request; `then` is called with plain values and arrays, `failed` with the error message."""
        process = self._process or self._start()
        self._number += 1
        self._waiting[self._number] = _Request(then, failed)
        line = json.dumps({"number": self._number, "name": name, "arguments": arguments})
        process.write((line + "\n").encode())
        self.busy_changed.emit()

    def give_up(self) -> None:
        """Kill the process and drop all requests; the next request starts a new process."""
        process, self._process = self._process, None
        waited = bool(self._waiting)
        self._waiting.clear()
        if process is not None:
            for signal in (process.readyReadStandardOutput, process.finished, process.errorOccurred):
                signal.disconnect()
            process.kill()
            process.finished.connect(process.deleteLater)
        if waited:
            self.busy_changed.emit()

    def leave(self) -> None:
        """Kill the process and remove temporary files, because the window closes."""
        self.give_up()
        self._scratch.cleanup()

    def _start(self) -> QProcess:
        process = QProcess(self)
        self._process, self._received = process, b""
        process.readyReadStandardOutput.connect(self._receive)
        process.finished.connect(lambda *_: self._ended(process))
        process.errorOccurred.connect(lambda _: self._ended(process))
        process.start(sys.executable, self.command())
        return process

    def _receive(self) -> None:
        if self._process is None:
            return
        *lines, self._received = (self._received + self._process.readAllStandardOutput().data()).split(b"\n")
        for line in lines:
            self._take(json.loads(line))

    def _take(self, message: Mapping[str, Any]) -> None:
        number = message["number"]
        if number not in self._waiting:
            return
        if "progress" in message:
            phase, done, total = message["progress"]
            self.progress.emit(phase, done, total)
            return
        asked = self._waiting[number]
        if "traceback" in message:
            _log.error("in the process %s:\n%s", " ".join(self.command()), message["traceback"])
        if "error" in message:
            self._answered(number)
            asked.failed(message["error"])
        elif not message["arrays"]:
            self._answered(number)
            asked.then(message["value"], {})
        else:
            path = Path(message["arrays"])
            self._background.do(
                lambda: _read(path, Path(self._scratch.name)),
                lambda arrays: self._give(number, message["value"], arrays),
                lambda reason: self._fail(number, reason),
            )

    def _give(self, number: int, value: Mapping[str, Any], arrays: Arrays) -> None:
        asked = self._answered(number)
        if asked is not None:
            asked.then(value, arrays)

    def _fail(self, number: int, reason: str) -> None:
        asked = self._answered(number)
        if asked is not None:
            asked.failed(reason)

    def _answered(self, number: int) -> _Request | None:
        asked = self._waiting.pop(number, None)
        self.busy_changed.emit()
        return asked

    def _ended(self, process: QProcess) -> None:
        """Fail all requests, because the process exited unexpectedly."""
        if process is not self._process or sip.isdeleted(process):  # the app may have closed meanwhile
            return
        output = bytes(process.readAllStandardError().data()).decode("utf-8", "replace")
        _log.error("the process %s exited:\n%s", " ".join(self.command()), output)
        why = error_in(output) or "the helper process exited unexpectedly"
        waiting = list(self._waiting.values())
        self.give_up()
        for asked in waiting:
            asked.failed(why)


def _read(path: Path, scratch: Path) -> dict[str, NDArray[Any]]:
    with np.load(path, allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    remove_file(path, within=scratch)
    return found
