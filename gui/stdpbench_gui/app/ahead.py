"""What is read ahead in threads, so that pages are made and forms open without delay; itself, it reads nothing."""

from __future__ import annotations

from importlib import import_module
from typing import Final

_MODULES: Final = (
    "pages.train",
    "pages.runs.page",
    "app.window_services",
    "app.console",
    "app.help_actions",
    "pages.evaluate.actions",
    "pages.evaluate.page",
    "pages.rules.actions",
    "pages.rules.page",
)


def import_pages() -> None:
    """Import the modules of all pages and dialogs, and list the rules, which their steps would import."""
    from stdpbench.kinds.plasticity import projection_rules

    for module in _MODULES:
        import_module(f"stdpbench_gui.{module}")
    projection_rules.kinds()


def read_kinds() -> None:
    """Import all kinds, which the forms for runs and networks list."""
    from stdpbench.experiment import trained_kinds
    from stdpbench.experiment.families import FAMILIES
    from stdpbench.kinds.plasticity import projection_rules

    for family in (*(family for family, _ in FAMILIES.values()), projection_rules):
        family.usable()
    trained_kinds()
