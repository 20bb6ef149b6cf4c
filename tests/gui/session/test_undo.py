"""Steps that are undone and redone."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject
from pytestqt.qtbot import QtBot

from stdpbench_gui.session.undo import History


class Values(QObject):
    """A value with a history; it is put at once, or when the test says whether that succeeds."""

    def __init__(self, later: bool = False) -> None:
        super().__init__()
        self.value, self.later = 0, later
        self.done: Callable[[bool], None] = lambda _: None
        self.history = History(self.put, self)

    def put(self, value: int, done: Callable[[bool], None]) -> None:
        self.value, self.done = value, done
        if not self.later:
            done(True)


def test_a_step_that_fails_is_dropped_and_nothing_is_undone_meanwhile(qtbot: QtBot) -> None:
    made = Values(later=True)
    made.history.do("one", 0, 1)
    made.history.do("two", 1, 2)
    made.history.undo()
    assert not made.history.can_undo
    made.history.undo()
    assert made.value == 1
    made.done(False)
    assert (made.history.undoText(), made.history.can_redo) == ("one", False)
    made.history.undo()
    made.done(True)
    made.history.redo()
    made.done(False)
    assert made.history.count() == 0


def test_steps_that_are_forgotten_while_one_is_undone_stay_forgotten(qtbot: QtBot) -> None:
    made = Values(later=True)
    made.history.do("one", 0, 1)
    made.history.undo()
    made.history.clear()
    made.done(True)
    made.history.do("other", 5, 6)
    assert made.history.can_undo
