"""A process beside the app that answers what it is asked (`stdpbench.rpc_server`).

Brian2, scikit-learn, matplotlib, and all that takes longer than a picture takes to be drawn, live there; the window
only hears.
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

from stdpbench.files import remove_file
from stdpbench.runs.client.process_end import error_in
from stdpbench_gui.session.background import Background

_log = logging.getLogger(__name__)
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class _Asked:
    then: Callable[[Mapping[str, Any], Arrays], object]
    failed: Callable[[str], object]


class HelperProcess(QObject):
    """Asks a process; a subclass says which. It is started by the first request.

    Attributes
    ----------
    progress : signal of str, int, int
        What is under way, how much of it is done, and of how much.
    busy_changed : signal
        Something is under way, or nothing any more.
    """

    progress = pyqtSignal(str, int, int)
    busy_changed = pyqtSignal()

    def __init__(self, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._background = background
        self._scratch = tempfile.TemporaryDirectory(prefix="stdpbench-helper-", ignore_cleanup_errors=True)
        self._process: QProcess | None = None
        self._number = 0
        self._waiting: dict[int, _Asked] = {}
        self._heard = b""

    @property
    def busy(self) -> bool:
        """Whether an answer is waited for."""
        return bool(self._waiting)

    def command(self) -> list[str]:
        """What Python is started with."""
        raise NotImplementedError

    def ask(
        self,
        name: str,
        then: Callable[[Mapping[str, Any], Arrays], object],
        failed: Callable[[str], object],
        **arguments: Any,
    ) -> None:
        """Have something done; `then` gets plain values and arrays, `failed` the reason why not."""
        process = self._process or self._start()
        self._number += 1
        self._waiting[self._number] = _Asked(then, failed)
        line = json.dumps({"number": self._number, "name": name, "arguments": arguments})
        process.write((line + "\n").encode())
        self.busy_changed.emit()

    def give_up(self) -> None:
        """End the process with all that it was asked; the next request starts another one."""
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
        """The window closes."""
        self.give_up()
        self._scratch.cleanup()

    def _start(self) -> QProcess:
        process = QProcess(self)
        self._process, self._heard = process, b""
        process.readyReadStandardOutput.connect(self._hear)
        process.finished.connect(lambda *_: self._ended(process))
        process.errorOccurred.connect(lambda _: self._ended(process))
        process.start(sys.executable, self.command())
        return process

    def _hear(self) -> None:
        if self._process is None:
            return
        *lines, self._heard = (self._heard + self._process.readAllStandardOutput().data()).split(b"\n")
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

    def _answered(self, number: int) -> _Asked | None:
        asked = self._waiting.pop(number, None)
        self.busy_changed.emit()
        return asked

    def _ended(self, process: QProcess) -> None:
        """It ended by itself, which it should not."""
        if process is not self._process or sip.isdeleted(process):  # the app may be gone meanwhile
            return
        output = bytes(process.readAllStandardError().data()).decode("utf-8", "replace")
        _log.error("the process %s ended:\n%s", " ".join(self.command()), output)
        why = error_in(output) or "the process that was asked exited unexpectedly"
        waiting = list(self._waiting.values())
        self.give_up()
        for asked in waiting:
            asked.failed(why)


def _read(path: Path, scratch: Path) -> dict[str, NDArray[Any]]:
    with np.load(path, allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    remove_file(path, within=scratch)
    return found
