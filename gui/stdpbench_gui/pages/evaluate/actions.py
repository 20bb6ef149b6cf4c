"""The menu of the Evaluate page, which exists before the page does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from stdpbench_gui.widgets.actions import Actions

if TYPE_CHECKING:
    from stdpbench_gui.pages.evaluate.page import EvaluatePage


def add_actions(actions: Actions, page: Callable[[], EvaluatePage]) -> None:
    """Add the menu; its actions create the page if necessary."""
    menu = "&Evaluate"
    actions.add(
        "evaluate-shown",
        menu,
        "&Evaluate the current run",
        lambda: page().evaluate_shown(),
        "Ctrl+Shift+E",
    )
    actions.add("evaluate-choose", menu, "&Choose a run…", lambda: page().choose_run())
    actions.separator(menu)
    actions.add(
        "evaluate-report",
        menu,
        "Write a &report",
        lambda: page().write_report(),
        "",
        "Same as `stdpbench report`",
    )
    actions.add(
        "evaluate-clear", menu, "Clear &selection", lambda: page().state.clear(), "", "Same as Esc on this page"
    )
