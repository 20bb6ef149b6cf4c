"""Work in threads: the one mechanism of the app for what may take time.

`Background.do` calls a function in a thread, and hands its outcome to a callback in the thread of the app. A
`StdpbenchError` is the outcome "it cannot be done, because …" and goes to the caller's error callback. Any other
exception is a bug: the error callback hears of it too, so that nothing waits for ever, and then it is raised in the
thread of the app, where the exception hook (`stdpbench_gui.session.crash`) logs its traceback and shows a sentence.

The threads are daemons: a process that ends does not wait for what they wait for, except as long as `finish` says.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from PyQt6 import sip
from PyQt6.QtCore import QObject, pyqtSignal

from stdpbench.errors import StdpbenchError

T = TypeVar("T")
_log = logging.getLogger(__name__)
_current = threading.local()
_unfinished: set[Job] = set()


class Cancelled(Exception):  # noqa: N818 - no error: the way out of work that nobody waits for any more
    """Raised by `check_cancelled`."""


class _Post(QObject):
    """Has functions called in the thread of the app; there is one, and it lives as long as the process."""

    sent = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.sent.connect(self._call)

    def _call(self, function: Callable[[], object]) -> None:
        function()


_post: _Post | None = None


@dataclass(eq=False)
class Job:
    """Work that was handed to a `Background`."""

    work: Callable[[], Any]
    done: Callable[[Any], object]
    failed: Callable[[str], object] | None
    owner: QObject
    cancelled: bool = False

    def cancel(self) -> None:
        """Drop the outcome. Work that has not begun is left undone; the rest ends at its next `check_cancelled`."""
        self.cancelled = True

    def run(self, ended: Callable[[Job], object]) -> None:
        """Do the work in this thread, and send its outcome to the thread of the app."""
        _current.job = self
        outcome: Any = None
        error: Exception | None = None
        try:
            check_cancelled()
            outcome = self.work()
        except Exception as raised:  # a bug, too: the app gets it
            error = raised
        _current.job = None
        _unfinished.discard(self)
        call_in_app(lambda: self._deliver(ended, outcome, error))

    def _deliver(self, ended: Callable[[Job], object], outcome: Any, error: Exception | None) -> None:
        ended(self)
        awaited = not self.cancelled and not sip.isdeleted(self.owner)
        if error is None:
            if awaited:
                self.done(outcome)
            return
        if isinstance(error, Cancelled):
            return
        if awaited and self.failed is not None:
            self.failed(in_words(error))
        elif isinstance(error, StdpbenchError):
            _log.warning("%s", error)
        if not isinstance(error, StdpbenchError):
            raise error


class _Threads:
    """Threads that work off a queue, and end when it is empty."""

    def __init__(self, most: int) -> None:
        self.jobs: set[Job] = set()
        self._most = most
        self._waiting: deque[Job] = deque()
        self._running = 0
        self._lock = threading.Lock()

    def add(self, job: Job) -> None:
        self.jobs.add(job)
        _unfinished.add(job)
        with self._lock:
            self._waiting.append(job)
            if self._running == self._most:
                return
            self._running += 1
        threading.Thread(target=self._work, name="background", daemon=True).start()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            job.run(self.jobs.discard)
            del job  # with all that it holds

    def _next(self) -> Job | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._running -= 1
            return None


class Background(QObject):
    """A few threads that work for one part of the app.

    Parameters
    ----------
    parent : QObject
        The part. Once it is destroyed, no more outcomes are delivered.
    threads : int
        How many jobs run at the same time, at most; others wait in order.
    """

    def __init__(self, parent: QObject, threads: int = 8) -> None:
        super().__init__(parent)
        global _post
        _post = _post or _Post()
        self._threads = _Threads(threads)

    @property
    def busy(self) -> int:
        """Number of jobs whose outcome is still to come."""
        return len(self._threads.jobs)

    def do(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[str], object] | None = None,
        owner: QObject | None = None,
    ) -> Job:
        """Do something in a thread.

        Parameters
        ----------
        work : callable
            What to do.
        done : callable
            Gets its outcome, in the thread of the app.
        failed : callable, optional
            Gets the reason why there is none, in a sentence. Without it, a `StdpbenchError` is only logged.
        owner : QObject, optional
            Neither callback is called once it is destroyed; by default this object.

        Returns
        -------
        Job
            To cancel it.
        """
        job = Job(work, done, failed, owner or self)
        self._threads.add(job)
        return job


def check_cancelled() -> None:
    """End the work of this thread if its outcome is not wanted any more; for long work, to be called now and then.

    Raises
    ------
    Cancelled
        Not to be caught.
    """
    job = getattr(_current, "job", None)
    if job is not None and job.cancelled:
        raise Cancelled


def call_in_app(function: Callable[[], object]) -> None:
    """Have a function called in the thread of the app, from any thread."""
    if _post is not None:
        _post.sent.emit(function)


def finish(seconds: float) -> None:
    """Give work that was begun a moment to end; for the end of the process, after the window is closed."""
    until = time.monotonic() + seconds
    while _unfinished and time.monotonic() < until:
        time.sleep(0.02)


def in_words(error: BaseException) -> str:
    """What went wrong, in one line."""
    text = " ".join(str(error).split())
    if isinstance(error, StdpbenchError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
