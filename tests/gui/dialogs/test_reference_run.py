"""The dialog for a run that trains a network with labels."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from synthetic import session

from stdpbench.experiment import Experiment, read_experiment, value_at
from stdpbench_gui.dialogs.reference_run import ReferenceDialog


@pytest.fixture
def dialog(qtbot: QtBot, tmp_path: Path) -> ReferenceDialog:
    choice = {name: read_experiment(name) for name in ("digits", "fast-400")}
    made = ReferenceDialog(choice, tmp_path, session(tmp_path), None)
    qtbot.addWidget(made)
    made.show()
    return made


def test_it_starts_a_reference_on_the_chosen_data(dialog: ReferenceDialog, qtbot: QtBot) -> None:
    dialog.data.widget.setCurrentText("fast-400")  # type: ignore[union-attr]
    dialog.others["network.hidden"].widget.setText("[100, 50]")  # type: ignore[union-attr]
    dialog.fields.entries["learning_rate"].widget.setText("0.001")  # type: ignore[union-attr]
    assert dialog.make.isEnabled(), dialog.error.text()
    with qtbot.waitSignal(dialog.chosen) as started:
        dialog.make.click()
    (made,) = started.args or [None]
    assert isinstance(made, Experiment)
    assert (made.data, made.network.hidden) == (read_experiment("fast-400").data, (100, 50))
    assert (value_at(made, "reference.learning_rate"), made.schedule.passes) == (0.001, 16)


def test_another_kind_has_its_own_fields_and_errors_say_what_is_wrong(dialog: ReferenceDialog) -> None:
    dialog.kind.widget.setCurrentText("linear")  # type: ignore[union-attr]
    assert "penalty" in dialog.fields.entries
    assert dialog.make.isEnabled()
    dialog.others["network.hidden"].widget.setText("[9]")  # type: ignore[union-attr]
    assert not dialog.make.isEnabled()
    assert "network.hidden must be []" in dialog.error.text()
    dialog.others["network.hidden"].widget.setText("[]")  # type: ignore[union-attr]
    assert dialog.make.isEnabled()
