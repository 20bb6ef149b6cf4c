"""Work of the window's thread in steps, one per turn of the event loop."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot
from waiting import waits

from stdpbench_gui.session.in_steps import InSteps, Making, Part


def part(name: str, done: list[str], steps: int = 3) -> Part[str]:
    def make() -> Making[str]:
        for number in range(steps):
            done.append(f"{name}{number}")
            yield
        return name

    return Part(make)


def test_steps_are_done_one_per_event_in_the_order_of_adding(qtbot: QtBot) -> None:
    owner, done = QObject(), list[str]()
    first, second = part("a", done), part("b", done, 1)
    work = InSteps(owner)
    work.add(first, second)
    other = QTimer(owner)
    other.timeout.connect(lambda: done.append("."))
    other.start()
    assert done == []
    waits(qtbot, lambda: not work.busy)
    assert [step for step in done if step != "."] == ["a0", "a1", "a2", "b0"]
    assert "." in done[done.index("a0") : done.index("a2")]  # other events were delivered in between
    assert (first.made, second.made) == ("a", "b")


def test_what_fails_is_said_to_each_who_needs_it_and_others_go_on(qtbot: QtBot) -> None:
    owner, done = QObject(), list[str]()

    def make() -> Making[str]:
        yield
        raise ValueError("no room")

    broken, sound = Part(make), part("b", done)
    work = InSteps(owner)
    work.add(broken, sound)
    with qtbot.captureExceptions() as errors:
        waits(qtbot, lambda: not work.busy)
    assert [str(error) for _, error, _ in errors] == ["no room"]
    assert sound.made == "b"
    for _ in range(2):
        with pytest.raises(ValueError, match="no room"):
            broken.whole()


def test_work_that_is_dropped_or_stopped_is_left_as_it_is(qtbot: QtBot) -> None:
    owner, done = QObject(), list[str]()
    work, kept = InSteps(owner), part("b", done)
    dropped, stopped = part("a", done), part("c", done)
    work.add(dropped, kept)
    work.drop(dropped)
    waits(qtbot, lambda: not work.busy)
    work.add(stopped)
    work.stop()
    assert not work.busy
    qtbot.wait(0)
    assert done == ["b0", "b1", "b2"]
