"""Messages in the status bar and on pages: which go by themselves, and which stay until they are closed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PyQt6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot
from waiting import kept, waits

from stdpbench.kinds.plasticity import rules
from stdpbench_gui.app import window as status_module
from stdpbench_gui.app.window import MainWindow, StatusLine
from stdpbench_gui.pages.rules.plot_text import conditions_of, told_apart
from stdpbench_gui.pages.rules.state import name_of
from stdpbench_gui.session.sentences import Lasting, reading_ms
from stdpbench_gui.widgets import notices as notices_module
from stdpbench_gui.widgets.notices import Notices


def at_once(sentence: str) -> int:
    """Return the time that a sentence stays: none, if it would go by itself."""
    return 1 if reading_ms(sentence) else 0


def test_the_status_bar(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_module, "reading_ms", at_once)
    line = kept(StatusLine(), qtbot)
    line.move(400, 400)  # away from the mouse
    line.show()
    line.show_sentence("Copied.")
    assert not line.close_button.isVisible()
    waits(qtbot, lambda: line.text() == "")
    line.show_sentence(Lasting("Cannot open mine.toml."))
    assert line.close_button.isVisible()
    qtbot.wait(5)
    assert line.text() == "Cannot open mine.toml."
    line.close_button.click()
    assert (line.text(), line.close_button.isVisible()) == ("", False)


def test_what_went_wrong_with_an_action_goes_with_the_next_one_or_with_its_page(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    def fail() -> None:
        window.open_run(tmp_path / "nothing")
        waits(qtbot, lambda: window.message.text().startswith("Cannot open the run: "))

    fail()
    window.go_to("start")  # which is on display
    assert window.message.close_button.isVisible()
    window.go_to("runs")
    assert (window.message.text(), window.message.close_button.isVisible()) == ("", False)
    fail()
    window.actions_["clear"].trigger()
    assert window.message.text() == ""
    lasting = Lasting("The run failed: the disk is full.")
    window.show_message(lasting)
    window.actions_["clear"].trigger()
    window.go_to("start")
    assert window.message.text() == lasting


def test_notices_of_a_page(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices_module, "reading_ms", at_once)
    notices = kept(Notices(), qtbot)
    notices.move(400, 400)
    notices.add_notice("digits-a is paused", brief=True)
    failed = notices.add_notice("digits-b cannot be paused: it is finished", failed=True, about="digits-b")
    waits(qtbot, lambda: notices.texts() == ["⚠ digits-b cannot be paused: it is finished."])
    next(each for each in failed.findChildren(QToolButton) if each.text() == "✕").click()
    assert notices.texts() == []


def test_a_legend_never_leaves_out_the_value_that_differs() -> None:
    kind = "pair-additive"
    names = [f"{kind} (a_plus 0.005, a_minus 0.00525, tau_plus {tau} ms)" for tau in (20, 34)]
    assert told_apart(names) == [f"{kind} (tau_plus 20 ms)", f"{kind} (tau_plus 34 ms)"]
    assert told_apart(["triplet", names[0]])[1].endswith("(a_plus 0.005, a_minus 0.00525, tau_plus 20 ms)")
    results: list[Any] = [SimpleNamespace(conditions=f"of tau {tau}", remarks=()) for tau in (20, 34)]
    assert conditions_of(list(zip(names, results, strict=True)))[1] == f"{kind} (tau_plus 34 ms): of tau 34."
    assert told_apart(["a rule whose long title says a good deal about it"]) == ["a rule whose long title says a go…"]


def test_the_name_of_a_rule_has_every_value_that_differs_from_rules_beside_it() -> None:
    same = {"kind": "pair-additive", "w_max": 2.0, "tau_plus": "30 ms", "tau_minus": "40 ms"}
    kept = rules.build({**same, "a_minus": 0.02}, "rule")
    now = rules.build({**same, "a_minus": 0.04}, "rule")
    assert name_of(now) == "pair-additive (w_max 2, tau_plus 30 ms, tau_minus 40 ms, …)"
    assert name_of(now, [kept]) == "pair-additive (w_max 2, tau_plus 30 ms, a_minus 0.04, …)"
