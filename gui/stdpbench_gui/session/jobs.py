"""Work in threads of its own, for what may wait long for an answer: it must not hold up the reading of files.

The threads are daemons: a process that ends does not wait for what they wait for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

from PyQt6 import sip
from PyQt6.QtCore import QObject

from stdpbench_gui.session.run_session import Job

T = TypeVar("T")


class Workers(QObject):
    """A few threads; outcomes come back to the thread of the app while their owner lives.

    Parameters
    ----------
    parent : QObject
        The owner.
    most : int
        Threads at the same time.
    """

    def __init__(self, parent: QObject, most: int = 8) -> None:
        super().__init__(parent)
        self._most = most
        self._waiting: SimpleQueue[Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._jobs: set[Job] = set()
        self.destroyed.connect(partial(_end, self._waiting, self._threads))

    @property
    def busy(self) -> int:
        """How many are at work or wait."""
        return len(self._jobs)

    def do(
        self, work: Callable[[], T], done: Callable[[T], object], failed: Callable[[str], object] = lambda reason: None
    ) -> None:
        """Do something in a thread, then give its outcome to `done`, or the reason why not to `failed`."""
        job = Job(work)
        self._jobs.add(job)

        def take(heard: Callable[[Any], object]) -> Callable[[Any], None]:
            def taken(outcome: Any) -> None:
                if not sip.isdeleted(self):
                    self._jobs.discard(job)
                    heard(outcome)

            return taken

        job.signals.done.connect(take(done))
        job.signals.failed.connect(take(failed))
        self._waiting.put(job)
        if len(self._threads) < min(self._most, len(self._jobs)):
            thread = threading.Thread(target=_work, args=(self._waiting,), name="worker", daemon=True)
            self._threads.append(thread)
            thread.start()


def _end(waiting: SimpleQueue[Job | None], threads: list[threading.Thread]) -> None:
    for _ in threads:
        waiting.put(None)


def _work(waiting: SimpleQueue[Job | None]) -> None:
    while (job := waiting.get()) is not None:
        job.run()
        del job  # and its signals, before the next one is waited for
