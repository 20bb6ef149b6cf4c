"""Help of the command line: commands in groups, with their whole descriptions."""

from __future__ import annotations

from typing import Any, Final

from typer.core import TyperGroup

PANELS: Final = {
    "Train": ("run", "reference", "sweep", "queue"),
    "Runs in progress": ("watch", "pause", "step", "checkpoint", "stop", "resume"),
    "Change a run in progress": ("set", "change-rule", "set-learned"),
    "Other histories": ("branch", "rewind", "reproduce"),
    "Results": ("list", "show", "compare", "report", "evaluate", "hardware"),
    "Keep order": ("note", "export", "import", "delete", "restore"),
    "Look up": ("experiments", "describe", "data", "lab", "validate"),
    "This machine": ("gui", "doctor", "bench"),
}
"""Commands by heading, as ``stdpbench --help`` lists them."""


class CommandGroup(TyperGroup):
    """Commands that the help lists in `PANELS`; without panels where a group has none of them."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the names of commands, each with the first sentence of its help."""
        panels = PANELS if "doctor" in self.commands else {"Commands": tuple(self.commands)}
        for heading, names in panels.items():
            with formatter.section(heading):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(1000)) for name in names])
