"""What the Runs page does with runs, its queue, and runs of other processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from parts_of_window import dialog_of, stop
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot
from runs_table import NAMES, act, cell, notices, order, pick, shown, small
from small_run import small_experiment
from waiting import waits

from stdpbench.api import Run
from stdpbench.runs.catalog.trash import move_to_bin, names_in_bin
from stdpbench.runs.client.nir_export import NirExport
from stdpbench.runs.client.run_client import ask
from stdpbench.runs.folder.checkpoints import positions
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State
from stdpbench.runs.queue.run_queue import HELD, WAITING, Queue
from stdpbench.runs.queue.runner_process import AFTER, runners
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.dialogs.bin_dialog import BinDialog
from stdpbench_gui.dialogs.branch_form import BranchForm
from stdpbench_gui.dialogs.new_run_form import NewRunForm
from stdpbench_gui.pages.runs import row_actions
from stdpbench_gui.pages.runs.page import RunsPage
from stdpbench_gui.pages.runs.row_actions import ExportResponsesDialog
from stdpbench_gui.session.timeline import Timeline

CHECKED = Qt.ItemDataRole.CheckStateRole

# -- what is done with runs ------------------------------------------------------------------------


@pytest.mark.display
def test_delete_goes_to_the_bin_and_ctrl_z_brings_it_back(page: RunsPage, window: MainWindow, qtbot: QtBot) -> None:
    page.selection.tick(["digits-b", "digits-a"])
    page.table.choose(["digits-a", "fast-c"])
    undo = window.actions_["undo"]
    assert not undo.isEnabled()
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    waits(qtbot, lambda: "2 runs moved to the bin" in notices(page))
    waits(qtbot, lambda: (shown(page), page.bin_button.text()) == (["digits-b"], "Bin (2)…"))
    assert names_in_bin(page.runs) == ["digits-a", "fast-c"]
    older = move_to_bin(RunFolder.open(shutil.copytree(page.runs / "digits-b", page.runs / "fast-c")))
    assert page.selection.slots == {"digits-b": 0}
    window.activateWindow()
    page.table.setFocus()
    undo.trigger()
    waits(qtbot, lambda: "restored from the bin" in notices(page))
    waits(qtbot, lambda: len(shown(page)) == 3)
    assert page.selection.slots == {"digits-b": 0, "digits-a": 1}, "a tick returns with its run"
    assert page.model.data(page.model.index(page.model.row_of("digits-a"), 0), CHECKED) == Qt.CheckState.Checked
    older.rename(older.with_name("fast-c"))
    window.actions_["redo"].trigger()
    waits(qtbot, lambda: shown(page) == ["digits-b"])
    page.selection.only([])
    undo.trigger()
    back = {"digits-a", "digits-b", "fast-c"}
    waits(qtbot, lambda: (set(shown(page)), names_in_bin(page.runs)) == (back, ["fast-c"]))  # the older one stays
    assert not page.selection.slots, "all ticks were taken away meanwhile"
    window.go_to("train")
    assert not undo.isEnabled()


def test_the_bin_restores_and_asks_before_it_is_emptied(page: RunsPage, qtbot: QtBot) -> None:
    act(page, "delete", "digits-a", "fast-c")
    waits(qtbot, lambda: len(shown(page)) == 1)
    page.bin_action.trigger()
    dialog = page.row_actions.dialog
    assert isinstance(dialog, BinDialog)
    waits(qtbot, lambda: dialog.list.count() == 2)
    dialog.list.setCurrentItem(dialog.list.findItems("digits-a", Qt.MatchFlag.MatchStartsWith)[0])
    dialog.restore()
    waits(qtbot, lambda: "digits-a" in shown(page))
    waits(qtbot, lambda: dialog.list.count() == 1)
    box = dialog.ask()
    next(each for each in box.buttons() if each.text() == "Cancel").click()
    assert names_in_bin(page.runs) == ["fast-c"]
    box = dialog.ask()
    assert box.detailedText() == "fast-c"
    next(button for button in box.buttons() if "Remove" in button.text()).click()
    waits(qtbot, lambda: "removed permanently" in notices(page))
    assert not names_in_bin(page.runs)
    dialog.close()


def test_export_writes_one_zip_and_says_where(
    page: RunsPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "one.zip"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target.with_suffix("")), ""))
    act(page, "export", "digits-a")
    waits(qtbot, lambda: str(target) in notices(page))
    with zipfile.ZipFile(target) as archive:
        assert "digits-a/metrics.json" in archive.namelist()
    assert not page.notices.tasks
    page.row_actions.export(page.table.chosen()[0], tmp_path / "nowhere" / "one.zip")
    waits(qtbot, lambda: "Cannot export " in notices(page))
    page.row_actions.export(page.table.chosen()[0], tmp_path / "other.zip")
    page.notices.tasks[0].cancel.click()
    waits(qtbot, lambda: not page.notices.tasks)
    assert not (tmp_path / "other.zip").exists() or "other.zip" in notices(page)


def test_export_writes_the_network_for_other_simulators_and_says_whether_it_is_the_same(
    page: RunsPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, Path]] = []

    def export(folder: Path, target: Path, **_: object) -> NirExport:
        asked.append((folder.name, target))
        nodes = {"input": "Input", "exc": "LIF"}
        return NirExport(str(target), nodes, 0.5, (), ("feed",), 20, "picture", 812, 0, "")

    monkeypatch.setattr(row_actions, "export_nir", export)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "one"), ""))
    act(page, "export-nir", "digits-a")
    waits(qtbot, lambda: "20 pictures, 812 spikes of the run, identical in the file." in notices(page))
    assert asked == [("digits-a", tmp_path / "one.nir")]


def test_export_writes_responses_for_other_tools(
    page: RunsPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(folder: RunFolder, targets: list[Path], neurons: dict[str, list[int]], n: int, **more: Any) -> None:
        assert more["replace"]
        more["on_progress"](1, 2)
        targets[0].write_text(f"{folder.path.name} {neurons} {n}", encoding="utf-8")

    monkeypatch.setattr(row_actions, "write_responses", write)
    page.table.choose(["digits-a"])
    for suffix, filtered, neurons, n, written in (
        (".nwb", "", "", 0, "digits-a {} 0"),
        (".nix", "Neo (*.nix)", "exc=0,3 1", 7, "digits-a {'exc': [0, 3], '': [1]} 7"),
    ):
        chosen = str(tmp_path / "one"), filtered
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, chosen=chosen: chosen)
        page.run_actions.do("export-responses")
        dialog = page.row_actions.dialog
        assert isinstance(dialog, ExportResponsesDialog)
        dialog.neurons.setText("exc=one")
        dialog.accept()
        assert dialog.problem.text() == "⚠ expected neurons such as 0,3,7 or exc=0,3,7, not 'exc=one'."
        dialog.neurons.setText(neurons)
        dialog.stimuli.setValue(n)
        dialog.accept()
        target = tmp_path / f"one{suffix}"
        waits(qtbot, lambda target=target: f"Exported digits-a to {target}" in notices(page))
        assert target.read_text(encoding="utf-8") == written


def test_a_run_with_a_damaged_journal_is_repaired_and_resumed(
    page: RunsPage, qtbot: QtBot, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = runs / "fast-c" / "journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole.replace(b'"fact":"Labelled"', b'"fact":"Lapelled"'))
    resumed: list[str] = []
    monkeypatch.setattr(Run, "resume", lambda run: resumed.append(run.name) or run)
    act(page, "resume", "fast-c")
    waits(qtbot, lambda: notices(page))
    assert "; a repair continues from presentation 60, the newest checkpoint before it." in notices(page)
    assert resumed == []
    page.notices._notices[-1].button.click()
    waits(qtbot, lambda: resumed)
    assert read_journal(journal.parent)
    assert (journal.parent / "before-repair-1" / journal.name).read_bytes() != whole
    waits(qtbot, lambda: "the run continues from presentation 60." in notices(page))


def test_a_stopped_run_is_resumed_paused_and_stopped(page: RunsPage, qtbot: QtBot, runs: Path) -> None:
    made = RunFolder(small(runs, passes=1000).path)
    waits(qtbot, lambda: made.path.name in shown(page))
    page.table.choose([made.path.name])
    can = page.run_actions.actions
    assert (can["resume"].isEnabled(), can["pause"].isEnabled(), can["stop"].isEnabled()) == (True, False, False)
    page.run_actions.do("resume")
    waits(qtbot, lambda: f"{made.path.name} is building at" in notices(page))  # which is gone soon
    waits(qtbot, lambda: cell(page, made.path.name, "state") == "▶ running")
    ask(made.path, "pace", seconds=0.05)
    waits(qtbot, lambda: cell(page, made.path.name, "progress").startswith("train "))
    waits(qtbot, can["pause"].isEnabled)
    page.run_actions.do("pause")
    waits(qtbot, lambda: "is paused at presentation" in notices(page))
    waits(qtbot, lambda: cell(page, made.path.name, "state") == "‖ paused")
    waits(qtbot, can["resume"].isEnabled)
    page.run_actions.do("resume")
    waits(qtbot, lambda: state_of(made)[0] is State.RUNNING)
    page.run_actions.do("stop")
    waits(qtbot, lambda: "is stopped at presentation" in notices(page))  # it would take the next one's place
    waits(qtbot, lambda: cell(page, made.path.name, "state") == "■ stopped")
    page.row_actions.pause(page.table.chosen())
    waits(qtbot, lambda: "cannot be paused: " in notices(page) and "only an active run" in notices(page))


def test_a_branch_is_asked_for_made_and_drawn_beside_its_parent(page: RunsPage, qtbot: QtBot) -> None:
    act(page, "branch", "digits-a")
    waits(qtbot, lambda: isinstance(page.row_actions.dialog, BranchForm))
    form = page.row_actions.dialog
    waits(qtbot, form.isVisible)
    assert form.at.maximum() == 60
    form.at.setValue(40)
    waits(qtbot, lambda: "for 20 training presentations" in form.time.text())
    assert not form.form.row("network.n_exc").editor.isEnabled()
    form.set_value("plasticity.nu_post", "-1")
    assert "plasticity.nu_post must be" in form.form.row("plasticity.nu_post").error.text()
    assert not form.go.isEnabled()
    form.set_value("plasticity.nu_post", "0.03")
    assert list(form.changes.buttons) == ["plasticity.nu_post"]
    form.later_button.click()
    waits(qtbot, lambda: len(shown(page)) == 4)
    name = next(name for name in shown(page) if name not in NAMES)
    assert cell(page, name, "parent") == "digits-a at 40"
    waits(qtbot, lambda: "as a branch of digits-a" in notices(page))
    waits(qtbot, lambda: set(page.selection.slots) == {"digits-a", name})
    act(page, "enqueue", name)
    waits(qtbot, lambda: page.queue.model.rowCount() == 1)
    page.run_actions.do("branch")  # whose parameters depend on the position: it began with a change
    waits(qtbot, lambda: isinstance(page.row_actions.dialog, BranchForm) and page.row_actions.dialog is not form)
    again = page.row_actions.dialog
    waits(qtbot, again.isVisible)
    assert (again.at.value(), again.draft.value("plasticity.nu_post")) == (40, 0.03)
    again.set_value("exc.tau_m", "80 ms")
    again.at.setValue(20)
    assert (again.draft.value("plasticity.nu_post"), list(again.changes.buttons)) == (0.01, ["exc.tau_m"])
    again.changes.buttons["exc.tau_m"].click()
    again.reject()


def test_going_back_keeps_the_rest(page: RunsPage, window: MainWindow, qtbot: QtBot) -> None:
    window.open_run(page.runs / "digits-a")
    timeline = Timeline.of(window.session)
    waits(qtbot, lambda: len(timeline.positions) > 2)
    assert window.session.live.position > 40
    window.actions_["rewind-here"].trigger()
    assert window.message.text().startswith("Choose an earlier moment")
    before = positions(page.runs / "digits-a")[-2]  # moments of the history depend on the speed of the machine
    timeline.go(before)
    window.actions_["rewind-here"].trigger()
    waits(qtbot, lambda: isinstance(window.services.dialog, QMessageBox))
    question = window.services.dialog
    assert f"to presentation {before}?" in question.text()
    next(each for each in question.buttons() if each.text() == "Rewind").click()
    waits(qtbot, lambda: f"is back at presentation {before}. The later" in window.message.text())
    waits(qtbot, lambda: window.session.live.position == before, 20)  # what Train shows, without being opened again
    waits(qtbot, lambda: max(timeline.positions) == before)
    window.go_to("runs")
    waits(qtbot, lambda: cell(page, "digits-a", "progress") == f"train {100 * before / 60:.1f} %")
    waits(qtbot, lambda: len(shown(page)) == 4)


def test_reproducing_ends_with_a_sentence(page: RunsPage, qtbot: QtBot, finished_run: RunFolder) -> None:
    shutil.copyfile(finished_run.path / "metrics.json", page.runs / "digits-a" / "metrics.json")
    act(page, "reproduce", "digits-a")
    assert len(page.notices.tasks) == 1
    waits(qtbot, lambda: "The numbers agree to the bit." in notices(page))
    assert not page.notices.tasks


# -- the queue -------------------------------------------------------------------------------------


def test_the_queue_is_filled_ordered_held_and_emptied(page: RunsPage, window: MainWindow, qtbot: QtBot) -> None:
    window.actions_["queue-add"].trigger()
    form = dialog_of(window, qtbot, NewRunForm)
    form.set_value("run.seeds", "one")
    assert "seeds must be whole numbers" in form.form.row("run.seeds").error.text()
    assert not form.queue_button.isEnabled()
    form.set_value("run.seeds", "1, 2 3")
    form.set_value("network.n_exc", "12")
    form.queue_button.click()
    waits(qtbot, lambda: "Added items 1, 2, 3 to the queue" in notices(page))
    waits(qtbot, lambda: order(page) == [1, 2, 3])
    pick(page, 3)
    qtbot.keyClick(page.queue.view, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    waits(qtbot, lambda: order(page) == [1, 3, 2])
    assert [item.number for item in page.queue.chosen()] == [3]
    page.queue.up_button.click()
    waits(qtbot, lambda: order(page) == [3, 1, 2])
    for place in (1, 2):
        page.queue.down_button.click()
        waits(qtbot, lambda place=place: order(page).index(3) == place)
    waits(qtbot, lambda: order(page) == [1, 2, 3])
    pick(page, 2)
    page.queue.hold_button.click()
    waits(qtbot, lambda: Queue(page.runs).items()[1].state == HELD)
    waits(qtbot, lambda: page.queue.hold_button.text() == "Release")
    page.queue.hold_button.click()
    waits(qtbot, lambda: Queue(page.runs).items()[1].state == WAITING)
    qtbot.keyClick(page.queue.view, Qt.Key.Key_Delete)
    waits(qtbot, lambda: order(page) == [1, 3])
    page.steps.undo()
    waits(qtbot, lambda: order(page) == [1, 3, 4])


def test_the_queue_is_worked_on_in_a_process_of_its_own(page: RunsPage, qtbot: QtBot) -> None:
    queue = Queue(page.runs)
    options = Options(workers=1, baselines=False)
    for seed in (1, 2):
        queue.add(small_experiment(seed=seed, schedule__passes=1000), options)
    waits(qtbot, lambda: page.queue.start_button.isEnabled())
    page.queue.start_button.click()
    waits(qtbot, lambda: page.queue.stop_button.isVisible())
    waits(qtbot, lambda: f"run by process {runners(page.runs)[0].pid}" in page.queue.words())
    waits(qtbot, lambda: len(shown(page)) == 4)
    name = next(name for name in shown(page) if name not in NAMES)
    waits(qtbot, lambda: cell(page, name, "state") == "▶ running")
    ask(page.runs / name, "pace", seconds=0.05)
    page.queue.at_once.setValue(2)
    waits(qtbot, lambda: len(shown(page)) == 5)
    page.queue.stop(AFTER)
    waits(qtbot, lambda: "stopping after the active runs" in page.queue.words())
    page.queue.stop("now")
    waits(qtbot, lambda: not runners(page.runs))
    waits(qtbot, lambda: page.queue.words() == "2 waiting · queue not running")
    assert {state_of(RunFolder(page.runs / name))[0] for name in shown(page) if name not in NAMES} == {State.STOPPED}


# -- other processes -------------------------------------------------------------------------------


def test_a_run_of_the_command_line_is_followed_paused_and_opened(
    page: RunsPage, window: MainWindow, qtbot: QtBot
) -> None:
    small = ["n_exc=12", "weight_sum=78"]
    command = [sys.executable, "-m", "stdpbench", "run", "digits", "--runs", str(page.runs), "--detach"]
    command += [part for text in small for part in ("--set", f"network.{text}")]
    command += ["--set", "schedule.passes=30", "--set", "schedule.label_images=40"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == 0, done.stderr
    waits(qtbot, lambda: len(shown(page)) == 4)
    name = next(name for name in shown(page) if name not in NAMES)
    waits(qtbot, lambda: cell(page, name, "state") == "▶ running")
    ask(page.runs / name, "pace", seconds=0.05)
    seen: set[str] = set()

    def moves() -> bool:
        seen.add(cell(page, name, "progress"))
        return len(seen) > 2

    waits(qtbot, moves)
    act(page, "pause", name)
    waits(qtbot, lambda: cell(page, name, "state") == "‖ paused")
    page.run_actions.do("open")
    waits(qtbot, lambda: window.session.connected and window.session.state is State.PAUSED)
    assert window.pages.currentWidget() is window.train
    stop(window.session, qtbot)
