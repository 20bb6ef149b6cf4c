"""What the Rule lab page is about: a rule with its values, what is kept beside it, and which protocols show it.

All views share one state, and draw when it says which of its topics changed: ``"rule"`` (kind or equations),
``"values"``, ``"dragged"`` (values under a hand that has not let go), ``"plots"``, ``"kept"`` and ``"points"``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from stdpbench.errors import StdpbenchError
from stdpbench.lab.points import SHIPPED, Points, read_points
from stdpbench.lab.quick import QUICK, options_for, plan_for, why_not
from stdpbench.plasticity import PlasticityRule, rules

FIRST_RULE = "diehl-cook-triplet"
PLACES = 3
"""Plots on the page; the first is the largest."""
MOST_KEPT = 7


@dataclass(frozen=True)
class Plan:
    """What a plot shows.

    Attributes
    ----------
    protocol : str
        Chosen by hand; empty: as the rule opens.
    options : mapping of str to Any
        Chosen by hand.
    """

    protocol: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Kept:
    """A rule with values that is drawn beside the one that changes.

    Attributes
    ----------
    number : int
        Says its colour, line and mark; the lowest that was free.
    """

    number: int
    name: str
    rule: PlasticityRule
    visible: bool = True


@dataclass(frozen=True, eq=False)
class ShownPoints:
    """Points of an experiment.

    Attributes
    ----------
    number : int
        Says their mark and colour.
    source : str
        The file, or the name of what ships.
    """

    number: int
    points: Points
    source: str
    visible: bool = True


@dataclass(frozen=True)
class _Step:
    text: str
    before: PlasticityRule
    after: PlasticityRule


class LabState(QObject):
    """The rule and all that is shown about it.

    Attributes
    ----------
    rule : PlasticityRule
        With the values that were let go of.
    now : PlasticityRule
        The same with what is under the hand that drags.
    """

    changed = pyqtSignal(set)
    history_changed = pyqtSignal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rule = self.now = rules.build({"kind": FIRST_RULE}, "plasticity")
        self.plans: list[Plan] = [Plan()] * PLACES
        self.kept: list[Kept] = []
        self.points: list[ShownPoints] = []
        self._done: list[_Step] = []
        self._undone: list[_Step] = []

    # -- the rule --------------------------------------------------------------------------------------------------

    @property
    def kind(self) -> str:
        """Kind of the rule."""
        return str(getattr(self.rule, "kind", ""))

    @property
    def dragging(self) -> bool:
        """Whether a hand has not let go yet."""
        return self.now is not self.rule

    def show(self, rule: PlasticityRule, text: str = "") -> None:
        """Turn to a rule, or to other values; `text` says for the history what was done, in a few words."""
        before, self.rule, self.now = self.rule, rule, rule
        if rule != before or type(rule) is not type(before):
            if text:
                self._done.append(_Step(text, before, rule))
                self._undone.clear()
                self.history_changed.emit()
            self.changed.emit({"values"} if type(rule) is type(before) else {"rule", "values"})
        else:
            self.changed.emit({"values"})  # what was dragged to and back

    def choose_kind(self, kind: str) -> None:
        """Turn to a kind with its defaults."""
        self.show(rules.build({"kind": kind}, "plasticity"), kind)

    def with_value(self, name: str, value: Any) -> PlasticityRule:
        """The rule with another value.

        Raises
        ------
        StdpbenchError
            If the value cannot be.
        """
        return rules.build({**self.rule.to_mapping(), name: value}, "plasticity")

    def set_value(self, name: str, value: Any) -> None:
        """Let go of a value."""
        made = self.with_value(name, value)
        declared = next(p for p in made.describe() if p.name == name)
        self.show(made, f"{name} → {declared.show(getattr(made, name))}")

    def drag(self, name: str, value: Any) -> None:
        """Show a value while it is being chosen; one that cannot be is passed over."""
        with suppress(StdpbenchError):
            self.now = self.with_value(name, value)
            self.changed.emit({"dragged"})

    def let_be(self) -> None:
        """Take back what was dragged."""
        if self.dragging:
            self.now = self.rule
            self.changed.emit({"values"})

    def reset(self) -> None:
        """All values to their defaults."""
        kept = getattr(self.rule, "definition", {})
        self.show(rules.build({"kind": self.kind, **kept}, "plasticity"), "reset")

    def take_preset(self, name: str) -> None:
        """The values of a preset, where it has some; others stay."""
        values = type(self.rule).presets[name]
        self.show(rules.build({**self.rule.to_mapping(), **values}, "plasticity"), name)

    # -- history ---------------------------------------------------------------------------------------------------

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to undo."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to make again."""
        return bool(self._undone)

    @property
    def undo_text(self) -> str:
        """The change that would be undone."""
        return self._done[-1].text if self._done else ""

    @property
    def redo_text(self) -> str:
        """The change that would be made again."""
        return self._undone[-1].text if self._undone else ""

    def undo(self) -> None:
        """Back to the rule before the last change."""
        if self._done:
            step = self._done.pop()
            self._undone.append(step)
            self.show(step.before)
            self.history_changed.emit()

    def redo(self) -> None:
        """Make the change again that was undone last."""
        if self._undone:
            step = self._undone.pop()
            self._done.append(step)
            self.show(step.after)
            self.history_changed.emit()

    # -- plots -----------------------------------------------------------------------------------------------------

    def protocol(self, place: int) -> str:
        """What a plot shows."""
        chosen = self.plans[place].protocol
        if chosen and not why_not(self.rule, chosen):
            return chosen
        return plan_for(self.rule)[place]

    def options(self, place: int) -> dict[str, Any]:
        """Options of its protocol."""
        return options_for(self.rule, self.protocol(place), self.plans[place].options)

    def plan(self, place: int, plan: Plan) -> None:
        """Have a plot show something else."""
        self.plans[place] = plan
        self.changed.emit({"plots"})

    # -- what stands beside ----------------------------------------------------------------------------------------

    def keep(self) -> Kept:
        """Keep the rule with its values as they are.

        Raises
        ------
        StdpbenchError
            If there are so many that nobody could tell them apart.
        """
        if len(self.kept) >= MOST_KEPT:
            raise StdpbenchError(f"{MOST_KEPT} curves are kept, and more could not be told apart; remove one first")
        number = lowest_free([kept.number for kept in self.kept])
        made = Kept(number, _unique(name_of(self.rule), [kept.name for kept in self.kept]), self.rule)
        self.kept.append(made)
        self.changed.emit({"kept"})
        return made

    def add_points(self, source: str, protocol: str = "pair-window") -> None:
        """Draw points in: those of a file, which belong to a protocol, or some that ship.

        Raises
        ------
        StdpbenchError
            If the file cannot be read.
        """
        found = SHIPPED[source]() if source in SHIPPED else [read_points(Path(source), protocol)]
        self.points = [shown for shown in self.points if shown.source != source]  # a file is read anew
        for points in found:
            number = lowest_free([shown.number for shown in self.points])
            self.points.append(ShownPoints(number, points, source))
        self.changed.emit({"points"})

    def change_beside(self, place: int, **what: Any) -> None:
        """Change name or visibility of what stands beside: kept rules first, then points."""
        if place < len(self.kept):
            self.kept[place] = replace(self.kept[place], **what)
            self.changed.emit({"kept"})
        else:
            self.points[place - len(self.kept)] = replace(self.points[place - len(self.kept)], **what)
            self.changed.emit({"points"})

    def remove_beside(self, place: int) -> None:
        """Remove something that stands beside."""
        if place < len(self.kept):
            del self.kept[place]
            self.changed.emit({"kept"})
        else:
            del self.points[place - len(self.kept)]
            self.changed.emit({"points"})

    # -- remembered ------------------------------------------------------------------------------------------------

    def to_text(self) -> str:
        """All of it, for the settings."""
        return json.dumps(
            {
                "rule": self.rule.to_mapping(),
                "plans": [{"protocol": plan.protocol, "options": dict(plan.options)} for plan in self.plans],
                "kept": [
                    {"number": k.number, "name": k.name, "rule": k.rule.to_mapping(), "visible": k.visible}
                    for k in self.kept
                ],
                "points": [[source, protocol] for source, protocol in self._sources().items()],
            }
        )

    def _sources(self) -> dict[str, str]:
        return {shown.source: shown.points.protocol for shown in self.points}

    def restore(self, text: str) -> None:
        """Take up what `to_text` wrote; what cannot be read any more is left out."""
        with suppress(ValueError, KeyError, TypeError, AttributeError, StdpbenchError):
            said = json.loads(text)
            self.rule = self.now = rules.build(said["rule"], "plasticity")
            for place, plan in enumerate(said["plans"][:PLACES]):
                if plan["protocol"] in ("", *QUICK):
                    options = {k: tuple(v) if isinstance(v, list) else v for k, v in plan["options"].items()}
                    self.plans[place] = Plan(plan["protocol"], options)
            for one in said["kept"][:MOST_KEPT]:
                rule = rules.build(one["rule"], "plasticity")
                self.kept.append(Kept(int(one["number"]), str(one["name"]), rule, bool(one["visible"])))
            for source, protocol in said["points"]:
                with suppress(StdpbenchError):  # the file is gone
                    self.add_points(source, protocol)
        self.changed.emit({"rule", "values", "plots", "kept", "points"})


def name_of(rule: PlasticityRule) -> str:
    """The kind of a rule, with values that are not the defaults."""
    kind = rule.summary if getattr(rule, "definition", None) else str(getattr(rule, "kind", ""))
    values = [
        f"{p.name} {p.show(getattr(rule, p.name))}" for p in rule.describe() if getattr(rule, p.name) != p.default
    ]
    few = ", ".join(values[:3]) + (", …" if len(values) > 3 else "")
    return f"{kind} ({few})" if few else kind


def lowest_free(taken: list[int]) -> int:
    """The lowest number from 0 that is not taken."""
    return next(number for number in range(len(taken) + 1) if number not in taken)


def _unique(name: str, taken: list[str]) -> str:
    if name not in taken:
        return name
    return next(f"{name} · {number}" for number in range(2, len(taken) + 3) if f"{name} · {number}" not in taken)
