"""Requests to a run: answers and refusals reach the caller."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from edited_journal import edit_journal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMainWindow, QToolButton
from pytestqt.qtbot import QtBot
from synthetic import session
from waiting import PATIENCE_MS, kept, waits

from stdpbench.declare.learned_names import FEED, THETA
from stdpbench.runs.folder.checkpoints import Checkpoint, write_checkpoint
from stdpbench.runs.folder.notes import change_notes
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Record
from stdpbench.runs.protocol.states import State
from stdpbench_gui.pages.run_bar import RunBar
from stdpbench_gui.pages.timeline_bar import TimelineBar
from stdpbench_gui.session.recording import Recorder
from stdpbench_gui.session.run_session import FoundRun, RunSession
from stdpbench_gui.widgets.actions import Actions


class Client:
    """A substitute for the connection to a run; `answers` are returned one by one."""

    connected, over, receiving = True, False, False

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.messages: list[Any] = []

    def request(self, name: str, **arguments: Any) -> int:
        self.asked.append(name)
        return len(self.asked)

    def want(self, *kinds: str, gaps: object = None) -> None:
        pass

    def drain(self, budget: float = 0.0, wait: float = 0.0) -> list[Any]:
        found, self.messages = self.messages, []
        return found

    def close(self) -> None:
        pass


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def shown(qtbot: QtBot, tmp_path: Path, client: Client) -> RunSession:
    made = session(tmp_path)
    made._client = client  # type: ignore[assignment]
    return made


def test_answers_and_refusals_come_back_to_who_asked(shown: RunSession, client: Client) -> None:
    heard: list[Any] = []
    messages: list[str] = []
    shown.message.connect(messages.append)
    shown.request("pause", heard.append, messages.append)
    shown.request("step", heard.append, lambda sentence: heard.append(f"refused: {sentence}"), n=1)
    shown.request("checkpoint", heard.append)
    client.messages = [("reply", 1, "", {"position": 7}), ("reply", 2, "it is over", None), ("reply", 3, "no", None)]
    shown._tick()
    assert (heard, messages) == ([{"position": 7}, "refused: it is over"], ["no"])


def test_who_waits_when_the_run_ends_is_told(shown: RunSession, client: Client) -> None:
    heard: list[str] = []
    shown.request("try", None, heard.append)
    shown.request("stop", None, heard.append)
    client.over = True
    shown.live.state = State.FINISHED
    shown._tick()
    assert heard == ["The run ended before it could answer: it is finished."]
    shown.request("try", None, heard.append)
    shown.live.state = State.STOPPED
    shown.request("try", None, heard.append)
    assert heard[1:] == [
        "This run is finished; create a branch to continue from it.",
        "This run is not active; resume it first.",
    ]


@pytest.mark.parametrize("how", ["reported", "killed", "deleted"])
def test_a_failure_is_told_and_in_the_log(shown: RunSession, client: Client, how: str) -> None:
    messages: list[str] = []
    shown.message.connect(messages.append)
    if how == "reported":
        fact = facts.StateChanged("failed", "the disk is full")
        client.messages = [("record", Record(9, 8, "2026-01-01T00:00:00+00:00", fact))]
    elif how == "killed":
        edit_journal(shown.folder, state="running")
    else:
        shutil.rmtree(shown.folder.path)
    client.over = True
    shown._tick()
    reason = {"reported": "the disk is full", "killed": "the process exited unexpectedly", "deleted": "is gone"}
    assert shown.state is State.FAILED
    assert reason[how] in messages[-1]
    assert messages[-1].endswith(". Resume continues from the beginning.") == (how != "deleted")
    assert reason[how] in shown.live.log[-1][2]
    assert "Errno" not in messages[-1]


def test_a_run_that_pauses_by_itself_says_why_until_it_goes_on(shown: RunSession, client: Client) -> None:
    messages: list[str] = []
    shown.message.connect(messages.append)

    def enter(state: str, reason: str = "") -> None:
        fact = facts.StateChanged(state, reason)
        client.messages = [("record", Record(9, 8, "2026-01-01T00:00:00+00:00", fact))]
        shown._tick()

    enter("running")
    enter("paused", "the disk is full")
    assert messages[-1] == "The run is paused: the disk is full."
    enter("running")
    assert messages[-1] == ""
    enter("paused")  # as requested
    assert messages[-1] == ""


def test_what_will_not_come_is_not_promised(shown: RunSession, client: Client) -> None:
    assert shown.not_coming() == ""
    shown.live.progress = {"phase": "label", "done": 1, "total": 10}
    assert "Training is over" in shown.not_coming()
    client.over = True
    shown.live.progress = {"phase": "train", "done": 8, "total": 400}
    shown.live.state = State.STOPPED
    assert "Resume" in shown.not_coming()
    shown.live.state = State.FINISHED
    assert "Resume" not in shown.not_coming()
    assert "branch" in shown.not_coming()


def test_a_recorder_that_was_refused_asks_again(shown: RunSession, client: Client) -> None:
    recorder = Recorder.of(shown)
    recorder.watch("neuron", True)
    shown.selection.select_neuron(3)
    client.messages = [("reply", 1, "not now", None)]
    shown._tick()
    shown.changed.emit({"state"})
    assert client.asked == ["record", "record"]


@pytest.fixture
def bar(shown: RunSession, qtbot: QtBot) -> RunBar:
    window = kept(QMainWindow(), qtbot)
    actions = Actions(window)
    for key in ("pause", "step", "stop", "checkpoint"):
        actions.add(key, "&Run", key, lambda: None)
    made = RunBar(shown, actions)
    window.setCentralWidget(made)
    made.window_ = window  # type: ignore[attr-defined]  # lives as long
    return made


def test_a_speed_that_was_refused_is_not_shown(shown: RunSession, client: Client, bar: RunBar) -> None:
    bar.speed.setCurrentIndex(2)
    bar.speed.activated.emit(2)
    client.messages = [("reply", 1, "training is over", None)]
    shown._tick()
    assert bar.speed.currentIndex() == 0


def test_a_run_that_was_stopped_shows_how_far_it_came(shown: RunSession, client: Client, bar: RunBar) -> None:
    client.over = True
    shown.live.state, shown.live.position = State.STOPPED, 100
    bar.refresh()
    assert bar.position.text() == "train 100/400"
    strip = TimelineBar(shown, Actions(QMainWindow())).strip
    assert next((stage.name, stage.done, stage.total) for stage in strip.stages) == ("train", 100, 400)


def test_a_finished_run_offers_what_to_do_next(shown: RunSession, bar: RunBar) -> None:
    draw = QAction("Draw a digit…", bar)
    bar.offer({"Draw": draw})
    offered = [button for button in bar.findChildren(QToolButton) if button.defaultAction() is draw]
    assert [button.isVisibleTo(bar) for button in offered] == [False]
    assert bar.speed.isVisibleTo(bar)
    shown.live.state = State.FINISHED
    bar.refresh()
    assert [button.isVisibleTo(bar) for button in offered] == [True]
    assert not bar.speed.isVisibleTo(bar)


def test_the_bar_says_which_run_is_shown(shown: RunSession, bar: RunBar, qtbot: QtBot) -> None:
    bar.refresh()
    assert bar.title.text() == "digits · seed 0"
    change_notes(shown.folder.path, lambda notes: notes.with_title("Long training"))
    shown.opened.emit()
    waits(qtbot, lambda: bar.title.text() == "Long training · digits · seed 0")


def test_the_speed_is_that_of_the_run_whoever_chose_it(shown: RunSession, client: Client, bar: RunBar) -> None:
    def speed_at(pace: float) -> str:
        shown.live.progress = {"phase": "train", "done": 8, "total": 400, "pace": pace}
        shown.changed.emit({"progress"})
        return bar.speed.currentText()

    assert (speed_at(0.1), speed_at(0.25)) == ("10 / s", "4 / s")
    bar.speed.setCurrentIndex(0)
    bar.speed.activated.emit(0)
    assert speed_at(0.25) == "max"  # the run has not confirmed it yet
    assert (speed_at(0.0), speed_at(1.0)) == ("max", "1 / s")
    shown.live.progress = {}
    shown.opened.emit()  # of another run
    assert bar.speed.currentText() == "max"


def test_a_neuron_stays_selected_while_a_run_goes_on_as_itself_or_as_a_branch(
    shown: RunSession, qtbot: QtBot, tmp_path: Path
) -> None:
    parent = shown.folder
    branch, other = session(tmp_path / "branch").folder, session(tmp_path / "other").folder
    assert parent is not None
    assert branch is not None
    assert other is not None
    shown.selection.select_neuron(3)
    shown._take_client(FoundRun(parent, Client()))  # type: ignore[arg-type]
    assert shown.selection.neuron == 3
    shown._take_client(FoundRun(branch, Client()), same_neurons=True)  # type: ignore[arg-type]
    assert shown.selection.neuron == 3
    shown._take_client(FoundRun(other, Client()))  # type: ignore[arg-type]
    assert shown.selection.neuron == -1
    shown.leave()
    waits(qtbot, lambda: not shown.background.busy)


def test_a_run_that_died_is_opened_with_its_newest_weights(qtbot: QtBot, tmp_path: Path) -> None:
    """It was stopped once, which saved weights, and then resumed."""
    made = session(tmp_path)
    state = {"feed.w": np.full((30, 7), 0.5), "exc.theta": np.full(7, 0.02)}
    write_checkpoint(made.folder.path, Checkpoint(40, 1, {}, 0.0, 0, {}, state, {}))
    made.folder.write_array("weights.npy", np.zeros((30, 7)))
    made.folder.write_array("theta.npy", np.zeros(7))
    made.folder.write_arrays("training.npz", image=np.zeros(20, int))
    with qtbot.waitSignal(made.opened, timeout=PATIENCE_MS):
        made.open(made.folder.path)
    assert (made.live.network["position"], float(made.live.learned(FEED).min())) == (40, 0.5)
    assert float(made.live.learned(THETA).min()) == 0.02
    waits(qtbot, lambda: not made.background.busy)
