"""Every panel without a run."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from synthetic import show

from stdpbench_gui.panels import panels
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.session.run_session import RunSession


@pytest.mark.parametrize("kind", panels.usable().values(), ids=panels.kinds())
def test_it_says_what_it_needs_until_there_is_something_to_show(kind: type[Panel], qtbot: QtBot) -> None:
    panel = show(kind(RunSession()), qtbot)
    assert not panel.body.isVisible()
    assert panel.summary() == panel.empty_text
    table = panel.table()
    assert table is None or not table[1]
    assert panel.figure() is None
