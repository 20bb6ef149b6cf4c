"""Background threads: the app's only mechanism for work that may take time.

`Background.do` calls a function in a thread and passes its result to a callback in the main thread. A `StdpbenchError`
is an expected failure and goes to the error callback of the caller. Any other exception is a bug: the error callback
is called as well, so that nothing waits forever; then the exception is raised in the main thread, where the exception
hook (`stdpbench_gui.session.crash`) logs its traceback and shows a message.

The threads are daemons: an exiting process does not wait for them, except for the time given to `finish`.
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

from stdpbench.base.errors import StdpbenchError

T = TypeVar("T")
_log = logging.getLogger(__name__)
_current = threading.local()
_unfinished: set[Job] = set()


class Cancelled(Exception):  # noqa: N818 - not an error: it ends work whose result is no longer wanted
    """Raised by `check_cancelled`."""


class _MainThread(QObject):
    """Calls functions in the main thread; a singleton that lives as long as the process."""

    sent = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.sent.connect(self._call)

    def _call(self, function: Callable[[], object]) -> None:
        function()


_main_thread: _MainThread | None = None


@dataclass(eq=False)
class Job:
    """Work submitted to a `Background`."""

    work: Callable[[], Any]
    done: Callable[[Any], object]
    failed: Callable[[str], object] | None
    owner: QObject
    then: Callable[[], object]
    cancelled: bool = False

    def cancel(self) -> None:
        """Discard the result. A job that has not started never runs; others end at their next `check_cancelled`."""
        self.cancelled = True

    def run(self, ended: Callable[[Job], object]) -> None:
        """Do the work in this thread and send its result to the main thread."""
        _current.job = self
        outcome: Any = None
        error: Exception | None = None
        try:
            check_cancelled()
            outcome = self.work()
        except Exception as raised:  # including bugs: they are raised in the main thread
            error = raised
        _current.job = None
        _unfinished.discard(self)
        call_in_app(lambda: self._deliver(ended, outcome, error))
        call_in_app(self.then)

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
            self.failed(describe_error(error))
        elif isinstance(error, StdpbenchError):
            _log.warning("%s", error)
        if not isinstance(error, StdpbenchError):
            raise error


class _Threads:
    """Threads that process a queue and end when it is empty."""

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
            del job  # release everything it references

    def _next(self) -> Job | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._running -= 1
            return None


class Background(QObject):
    """A small thread pool for one part of the app.

    Parameters
    ----------
    parent : QObject
        The part. Once it is destroyed, no more results are delivered.
    threads : int
        Maximum number of concurrent jobs; others wait in order.
    """

    def __init__(self, parent: QObject, threads: int = 8) -> None:
        super().__init__(parent)
        global _main_thread
        _main_thread = _main_thread or _MainThread()
        self._threads = _Threads(threads)
        self._next: Callable[[], object] | None = None

    @property
    def busy(self) -> int:
        """Number of jobs that have not delivered their result."""
        return len(self._threads.jobs)

    def wait(self, then: Callable[[], object]) -> bool:
        """Return whether a job is under way; if so, call a function once after it, however often this is asked."""
        self._next = then if self.busy else None
        return self._next is not None

    def do(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[str], object] | None = None,
        owner: QObject | None = None,
    ) -> Job:
        """Run a function in a thread.

        Parameters
        ----------
        work : callable
            The function.
        done : callable
            Called with the result, in the main thread.
        failed : callable, optional
            Called with the error message, in the main thread. Without it, a `StdpbenchError` is only logged.
        owner : QObject, optional
            Neither callback is called once it is destroyed; default: the object of the method `done`, else this one.

        Returns
        -------
        Job
            Handle for cancelling.
        """
        receiver = owner or getattr(done, "__self__", None)
        job = Job(work, done, failed, receiver if isinstance(receiver, QObject) else self, self._go_on)
        self._threads.add(job)
        return job

    def _go_on(self) -> None:
        then, self._next = self._next, None
        if then is not None and not sip.isdeleted(self):
            then()


def check_cancelled() -> None:
    """End the job of this thread if it was cancelled; long work calls this now and then.

    Raises
    ------
    Cancelled
        If the job was cancelled. Do not catch it.
    """
    job = getattr(_current, "job", None)
    if job is not None and job.cancelled:
        raise Cancelled


def call_in_app(function: Callable[[], object]) -> None:
    """Call a function in the main thread; may be used in any thread."""
    if _main_thread is not None:
        _main_thread.sent.emit(function)


def finish(seconds: float) -> None:
    """Wait up to some seconds for started work to end; for the exit of the process, after the window has closed."""
    until = time.monotonic() + seconds
    while _unfinished and time.monotonic() < until:
        time.sleep(0.02)


def describe_error(error: BaseException) -> str:
    """Return the message of an error on one line."""
    text = " ".join(str(error).split())
    if isinstance(error, StdpbenchError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
