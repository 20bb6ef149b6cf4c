"""The rows of the forms for a run: their groups, the values that they can go back to, and their texts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stdpbench.experiment import Experiment, Group, NetworkDraft, draft_groups, parameter_groups
from stdpbench_gui.widgets.parameter_row import RowTexts

TEXTS = RowTexts(
    edited="Not applied yet: Enter applies it, Esc or a click here reverts it",
    start="the value of the experiment that this is made from",
    at_start="in the experiment that this is made from",
)


def form_groups(draft: NetworkDraft) -> tuple[Group, ...]:
    """Return the parameters of an experiment as the Parameters panel groups them, none of them structural."""
    if not draft.template:
        graph = draft.graph()
        first = ("reference", f"network.populations.{graph.read}", f"network.projections.{graph.shown}")
        return tuple(replace(group, primary=group.path in first) for group in draft_groups(draft))
    return tuple(map(_free, parameter_groups(draft.unchecked)))


def _free(group: Group) -> Group:
    found = {name: replace(each, structural=False) for name, each in group.parameters.items()}
    return replace(group, parameters=found, primary=group.primary or group.path == "reference")


class Before:
    """The values that rows can go back to: those of the template, or current ones of what it does not have.

    Parameters
    ----------
    template : Experiment
        The template.
    groups : tuple of Group, optional
        Its groups, if they are known.
    """

    def __init__(self, template: Experiment, groups: tuple[Group, ...] | None = None) -> None:
        self.template = template
        self._draft = NetworkDraft(template)
        groups = groups or form_groups(self._draft)
        self._known = {f"{group.path}.{name}" for group in groups for name in group.parameters}

    def of(self, path: str, draft: NetworkDraft) -> Any:
        """Return the value that the row of a parameter can go back to."""
        return (self._draft if path in self._known else draft).value(path)
