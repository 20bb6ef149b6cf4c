"""Damaged run folders are reported in a sentence, however they are opened, and shown as far as possible."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from edited_journal import edit_journal
from pytestqt.qtbot import QtBot
from waiting import waits

from stdpbench.declare.learned_names import FEED
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app.window import MainWindow

Open = Callable[[MainWindow, Path], None]


def _by_recent(window: MainWindow, path: Path) -> None:
    window.services.recent.add(path)
    window.services.recent.menu.actions()[0].trigger()


WAYS: dict[str, Open] = {
    "chosen": lambda window, path: window.open_run(path),
    "dropped": lambda window, path: window.services.open_path(path),
    "recent": _by_recent,
}


@pytest.fixture
def run(finished_run: RunFolder, tmp_path: Path) -> Path:
    path = tmp_path / "a run"
    shutil.copytree(finished_run.path, path)
    return path


def asked(window: MainWindow, qtbot: QtBot, run: Path, way: str) -> str:
    """Return the message of the window after opening a run from the Start page, each time in another folder."""
    path = run.parent / way / run.name
    shutil.copytree(run, path)
    window.go_to("start")
    window.show_message("")
    WAYS[way](window, path)
    waits(qtbot, window.message.text)
    return window.message.text()


def test_a_damaged_experiment_is_told_and_the_rest_is_shown(window: MainWindow, qtbot: QtBot, run: Path) -> None:
    (run / "experiment.toml").write_text("what [", encoding="utf-8")
    (run / "weights.npy").write_bytes(b"")
    for way in WAYS:
        message = asked(window, qtbot, run, way)
        assert message.startswith("a run is damaged: experiment.toml is not valid TOML: "), way
        assert message.endswith(" The log lists 1 more problem."), way
        assert window.pages.currentWidget() is window.train
        assert window.session.folder.path.parent.name == way
        live = window.session.live
        assert live.state is State.FINISHED
        assert live.blocks
        assert live.network["position"] == 60, "what is shown of the network is its checkpoint"
        problems = [sentence for _, _, sentence in live.log if sentence.startswith("The run folder is damaged: ")]
        assert [sentence.split(": ")[1].split()[0] for sentence in problems] == ["experiment.toml", "weights.npy"]
    window.train.bring(window.train.panels["log"])
    log = window.train.panels["log"]
    waits(qtbot, lambda: "⚠ The run folder is damaged: weights.npy" in log.text.toPlainText())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("nonsense\n", "journal.jsonl, line 1 is damaged: it does not match its digest"),
        (None, "is not a run folder: journal.jsonl is missing"),
    ],
)
@pytest.mark.shared_window
def test_what_cannot_be_opened_is_told_where_it_was_asked_for(
    window: MainWindow, qtbot: QtBot, run: Path, content: str | None, sentence: str
) -> None:
    (run / "journal.jsonl").unlink()
    if content is not None:
        (run / "journal.jsonl").write_text(content, encoding="utf-8")
    for way in WAYS:
        assert asked(window, qtbot, run, way).endswith(sentence), way
        assert window.pages.currentWidget() is window.start
        assert window.session.folder is None
        assert window.services.dialog is None, "it is a run, and no folder of pictures"


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="whoever may everything is refused nothing"
)
@pytest.mark.parametrize("way", WAYS)
def test_a_folder_that_may_not_be_read(window: MainWindow, qtbot: QtBot, run: Path, way: str) -> None:
    run.chmod(0)
    try:
        WAYS[way](window, run)
        waits(qtbot, window.message.text)
    finally:
        run.chmod(0o700)
    assert "a run" in window.message.text()
    assert "Errno" not in window.message.text()
    assert window.pages.currentWidget() is window.start


def test_pictures_that_are_gone_are_told_and_the_run_is_shown(window: MainWindow, qtbot: QtBot, run: Path) -> None:
    text = (run / "experiment.toml").read_text(encoding="utf-8")
    gone = text.replace('kind = "digits"', 'kind = "npz"\npath = "/nowhere/mine.npz"')
    (run / "experiment.toml").write_text(gone, encoding="utf-8")
    window.open_run(run)
    waits(qtbot, window.message.text)
    assert window.message.text() == "Cannot load the pictures of a run: there is no file /nowhere/mine.npz"
    assert window.session.state is State.FINISHED


def test_what_precedes_a_damaged_line_of_the_journal_is_shown(window: MainWindow, qtbot: QtBot, run: Path) -> None:
    edit_journal(run, state="stopped")
    lines = (run / "journal.jsonl").read_bytes().splitlines(keepends=True)
    damaged = next(number for number, line in enumerate(lines) if b'"position":30,' in line)
    lines[damaged] = b"what [\n"
    (run / "journal.jsonl").write_bytes(b"".join(lines))
    window.open_run(run)
    waits(qtbot, window.message.text)
    sentence = f"journal.jsonl, line {damaged + 1} is damaged: it does not match its digest"
    assert window.message.text() == f"a run is damaged: {sentence}; later entries are not shown."
    assert max(window.session.live.blocks) == 29
    assert window.session.state is State.STOPPED
    window.session.resume()
    waits(qtbot, lambda: window.message.text().startswith("Cannot start the run: "))
    assert f"{sentence}; a repair, which Resume on the Runs page offers, continues from " in window.message.text()


# -- runs whose kinds are not installed ------------------------------------------------------------


@pytest.mark.parametrize("section", ["plasticity", "exc", "encoding", "data"])
def test_a_kind_that_is_not_installed_is_named_and_its_values_are_shown(
    window: MainWindow, qtbot: QtBot, run: Path, uninstall: Callable[..., str], section: str
) -> None:
    clause = uninstall(run, section)
    window.open_run(run)
    waits(qtbot, window.message.text)
    assert window.message.text() == f"a run cannot be continued here: {clause}. Its values are shown as stored."
    session = window.session
    assert session.state is State.FINISHED
    assert session.live.learned(FEED).shape[1] == 12
    if section != "data":
        waits(qtbot, lambda: session.split is not None)
    assert session.experiment.missing_kinds == (clause,)
    panel = window.train.panels["parameters"]
    window.train.bring(panel)
    waits(qtbot, lambda: section in panel.form.sections)  # type: ignore[attr-defined]
    rows = {row[0]: row for row in panel.table()[1]}  # type: ignore[index]
    assert rows[f"{section}.vigour"][1] == "20 acme"
    assert panel.form.row(f"{section}.kind").editor.text() == f"acme-{section}"  # type: ignore[attr-defined]
    assert panel.form.row(f"{section}.vigour").editor.text() == "20 acme"  # type: ignore[attr-defined]
    assert not panel.form.row(f"{section}.vigour").editor.isEnabled()  # type: ignore[attr-defined]
    for each in window.train.panels.values():
        window.train.bring(each)
        waits(qtbot, each.summary)
