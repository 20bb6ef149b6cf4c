"""Work of the window's thread in steps, one per turn of the event loop, so that the window responds in between.

Widgets are made and polished in the thread of the window, which is long work that `background` cannot do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from typing import Generic, Protocol, TypeVar

from PyQt6.QtCore import QObject

from stdpbench_gui.session.timers import timer
from stdpbench_gui.session.turn import Turn

_ENOUGH_S = 0.01
_MOST_WAITS = 3

T = TypeVar("T")
Making = Generator[None, None, T]
"""Makes something; each ``yield`` ends a step."""


class Work(Protocol):
    """What is done in steps."""

    def step(self) -> bool:
        """Do the next step; return whether there are more."""


class Then:
    """A single step.

    Parameters
    ----------
    act : callable
        What is done.
    """

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act

    def step(self) -> bool:
        """Do it; there is no more."""
        self._act()
        return False


class Part(Generic[T]):
    """Something that is made in steps, or at once for who needs it earlier; nothing is made twice.

    Parameters
    ----------
    make : callable
        Generator function, which returns what is made.

    Attributes
    ----------
    made : object or None
        What is made, once it is whole.
    is_in_a_step : bool
        Whether a step is being done: who asks is called by it.
    """

    def __init__(self, make: Callable[[], Making[T]]) -> None:
        self._make = make
        self._steps: Making[T] | None = None
        self._failed: Exception | None = None
        self.is_in_a_step = False
        self.made: T | None = None

    @property
    def is_begun(self) -> bool:
        """Whether a step has been done."""
        return self._steps is not None

    def step(self) -> bool:
        """Do the next step; return whether there are more."""
        if self._failed is not None:
            raise self._failed
        if self.made is None:
            if self._steps is None:
                self._steps = self._make()
            self.is_in_a_step = True
            try:
                next(self._steps)
            except StopIteration as done:
                self.made = done.value
            except Exception as error:
                self._failed = error
                raise
            finally:
                self.is_in_a_step = False
        return self.made is None

    def whole(self) -> T:
        """Return it, after all steps that are left."""
        while self.made is None:
            self.step()
        return self.made


class InSteps(QObject):
    """Does one step of some work in each turn of the event loop, in the order of adding, until all of it is done.

    Turns in which other work took long are left out, but not more than three in a row.

    Parameters
    ----------
    parent : QObject
        Owner; nothing is done after it is destroyed.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting: deque[Work] = deque()
        self._timer = timer(self, self._next)
        self._turn = Turn(self)
        self._waits = 0

    @property
    def busy(self) -> bool:
        """Whether there is work left."""
        return bool(self._waiting)

    def add(self, *work: Work) -> None:
        """Do this work after what is already waiting."""
        self._waiting += work
        if self._waiting:
            self._timer.start()

    def drop(self, work: Work) -> None:
        """Forget one piece of work, if it is waiting."""
        if work in self._waiting:
            self._waiting.remove(work)

    def stop(self) -> None:
        """Forget the work that is left."""
        self._waiting.clear()
        self._timer.stop()

    def _next(self) -> None:
        if not self._waiting:
            self._timer.stop()
            return
        if self._turn.spent > _ENOUGH_S and self._waits < _MOST_WAITS:
            self._waits += 1
            return
        self._waits = 0
        work = self._waiting[0]
        more = False
        try:
            more = work.step()
        finally:  # what fails is not tried again
            if not more and self._waiting and self._waiting[0] is work:
                self._waiting.popleft()
