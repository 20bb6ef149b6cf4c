"""The menu of the Rules page, which exists before the page does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from stdpbench_gui.widgets.actions import Actions

if TYPE_CHECKING:
    from stdpbench_gui.pages.rules.page import RulesPage


def add_actions(actions: Actions, page: Callable[[], RulesPage]) -> None:
    """Add the menu; its actions create the page if necessary, and show it."""
    menu = "Ru&les"

    def add(
        key: str,
        text: str,
        act: Callable[[RulesPage], object],
        shortcut: str = "",
        tip: str = "",
    ) -> None:
        def do() -> None:
            shown = page()
            shown.wanted.emit()
            act(shown)

        actions.add(f"rules-{key}", menu, text, do, shortcut, tip)

    add("choose", "&Choose a rule…", lambda it: it.choose_rule())
    add("keep", "&Keep this curve", lambda it: it.keep(), "Ctrl+Shift+K", "Keep the rule with its values in all plots")
    add("reset", "&Reset the values", lambda it: it.state.reset(), "", "Set all values of the rule to their defaults")
    add(
        "sjoestroem",
        "Add data &points: Sjöström et al. 2001",
        lambda it: it.draw_shipped(),
        "",
        "Spike pairs at different frequencies",
    )
    add("points", "Add data points from a &CSV file…", lambda it: it.choose_points())
    actions.separator(menu)
    add(
        "edit",
        "&Edit as custom rule",
        lambda it: it.edit(),
        "",
        "Edit the traces, parameters and expressions of this rule",
    )
    add("load", "&Load a rule from a file…", lambda it: it.load())
    add("save", "&Save the rule to a file…", lambda it: it.save_rule())
    actions.separator(menu)
    add(
        "use",
        "&Use in an experiment…",
        lambda it: it.network.use(),
        "Ctrl+Shift+U",
        "Start, queue or save an experiment with this rule",
    )
    add(
        "apply",
        "&Apply to the running network",
        lambda it: it.network.apply_here(),
        "",
        "From the next presentation on",
    )
    add(
        "branch",
        "Apply in a &branch of it",
        lambda it: it.network.apply_in_branch(),
        "",
        "Compare both in the same plots",
    )
