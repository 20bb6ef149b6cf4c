"""State of the Rules page: a rule with its values, kept curves, data points, and the protocols of the plots.

All views share one state and redraw when it emits changed topics: ``"rule"`` (kind or equations), ``"values"``,
``"dragged"`` (values of a slider not yet released), ``"plots"``, ``"kept"`` and ``"points"``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from stdpbench.base.errors import StdpbenchError
from stdpbench.kinds.plasticity import PlasticityRule, rules
from stdpbench.studies.lab.data_sets import data_set
from stdpbench.studies.lab.points import Points
from stdpbench.studies.lab.quick import QUICK, options_for, plan_for, why_not
from stdpbench_gui.session.undo import History

FIRST_RULE = "diehl-cook-triplet"
PLACES = 3
"""Number of plots on the page; the first is the largest."""
_MOST_VALUES = 3
"""Values in the name of a rule, unless more differ."""
MOST_KEPT = 7


@dataclass(frozen=True)
class Plan:
    """The user's choices for a plot.

    Attributes
    ----------
    protocol : str
        Chosen protocol; empty: default of the rule.
    options : mapping of str to Any
        Chosen options of the protocol.
    """

    protocol: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Kept:
    """A kept rule with its values, drawn with the edited one.

    Attributes
    ----------
    number : int
        Determines colour, line and symbol; the lowest free number.
    """

    number: int
    name: str
    rule: PlasticityRule
    visible: bool = True


@dataclass(frozen=True, eq=False)
class ShownPoints:
    """Experimental data points.

    Attributes
    ----------
    number : int
        Determines symbol and colour.
    source : str
        File, or name of an included data set.
    """

    number: int
    points: Points
    source: str
    visible: bool = True


class RulesState(QObject):
    """The edited rule and everything shown about it.

    Attributes
    ----------
    rule : PlasticityRule
        Rule with committed values.
    now : PlasticityRule
        Rule including the value being dragged or typed.
    refused : mapping of str to str
        Why typed values cannot be used, by the name of their parameter.
    history : History
        Rules before and after each step.
    fits : list of (PlasticityRule, tuple of PlasticityRule)
        Fitted rules, each with those of bootstrapped data.
    """

    changed = pyqtSignal(set)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rule = self.now = rules.build({"kind": FIRST_RULE}, "plasticity")
        self.refused: Mapping[str, str] = {}
        self.plans: list[Plan] = [Plan()] * PLACES
        self.kept: list[Kept] = []
        self.points: list[ShownPoints] = []
        self.history = History(self._put, self)
        self.fits: list[tuple[PlasticityRule, tuple[PlasticityRule, ...]]] = []

    # -- the rule --------------------------------------------------------------------------------------------------

    @property
    def kind(self) -> str:
        """Kind of the edited rule."""
        return str(getattr(self.rule, "kind", ""))

    def show(self, rule: PlasticityRule, text: str = "", refused: Mapping[str, str] | None = None) -> None:
        """Show a rule or new values; `text` names the step in the undo history, `refused` are values that stay."""
        before, self.rule, self.now, self.refused = self.rule, rule, rule, refused or {}
        if rule != before or type(rule) is not type(before):
            if text:
                self.history.do(text, before, rule)
            self.changed.emit({"values"} if type(rule) is type(before) else {"rule", "values"})
        else:
            self.changed.emit({"values"})  # a value was dragged and moved back

    def show_fit(self, rule: PlasticityRule, sets: Sequence[Mapping[str, Any]]) -> None:
        """Show a fitted rule with bands of its fits to bootstrapped data, whose values are `sets`."""
        table = rule.to_mapping()
        self.fits.append((rule, tuple(rules.build({**table, **values}, "plasticity") for values in sets)))
        self.show(rule, "the fit")

    def bootstrapped(self) -> tuple[PlasticityRule, ...]:
        """Return the rules of bootstrapped data if the shown values are those of a fit."""
        return next((drawn for fitted, drawn in reversed(self.fits) if fitted == self.now), ())

    def _put(self, rule: PlasticityRule, done: Callable[[bool], None]) -> None:
        self.show(rule)
        done(True)

    def with_value(self, name: str, value: Any) -> PlasticityRule:
        """Return the rule with one value replaced.

        Raises
        ------
        StdpbenchError
            If the value is invalid.
        """
        return rules.build({**self.rule.to_mapping(), name: value}, "plasticity")

    def set_value(self, name: str, value: Any) -> None:
        """Commit a value."""
        made = self.with_value(name, value)
        declared = next(p for p in made.describe() if p.name == name)
        refused = {other: sentence for other, sentence in self.refused.items() if other != name}
        self.show(made, f"{name} → {declared.show(getattr(made, name))}", refused)

    def drag(self, name: str, value: Any) -> None:
        """Show a value while it is dragged or typed, or note why it cannot be used; None discards it."""
        refused = {other: sentence for other, sentence in self.refused.items() if other != name}
        now, before = self.rule, (self.now, self.refused)
        try:
            now = self.rule if value is None else self.with_value(name, value)
        except StdpbenchError as error:
            refused[name] = str(error)
        self.now, self.refused = now, refused
        if (now, refused) != before:
            self.changed.emit({"dragged"} if value is not None else {"dragged", "values"})

    def reset(self) -> None:
        """Reset all values to their defaults."""
        kept = getattr(self.rule, "definition", {})
        self.show(rules.build({"kind": self.kind, **kept}, "plasticity"), "reset")

    def take_preset(self, name: str) -> None:
        """Set the values of a preset; values it does not contain are kept."""
        values = type(self.rule).presets[name]
        self.show(rules.build({**self.rule.to_mapping(), **values}, "plasticity"), name)

    # -- plots -----------------------------------------------------------------------------------------------------

    def protocol(self, place: int) -> str:
        """Return the protocol of a plot."""
        chosen = self.plans[place].protocol
        if chosen and not why_not(self.rule, chosen):
            return chosen
        return plan_for(self.rule)[place]

    def usual_options(self, place: int) -> dict[str, Any]:
        """Return the options of a plot's protocol unless others are chosen: those of the points, then of the rule."""
        protocol = self.protocol(place)
        measured = [one.points.options for one in self.points if one.visible and one.points.protocol == protocol]
        return options_for(self.rule, protocol, measured[-1] if measured else {})

    def options(self, place: int) -> dict[str, Any]:
        """Return the options of a plot's protocol."""
        return {**self.usual_options(place), **self.plans[place].options}

    def plan(self, place: int, plan: Plan) -> None:
        """Set the choices for a plot."""
        self.plans[place] = plan
        self.changed.emit({"plots"})

    # -- kept rules and data points ---------------------------------------------------------------------------------

    def keep(self) -> Kept:
        """Keep the rule with its current values.

        Raises
        ------
        StdpbenchError
            If the maximum number of distinguishable curves is reached.
        """
        if len(self.kept) >= MOST_KEPT:
            raise StdpbenchError(f"at most {MOST_KEPT} curves can be kept; remove one first")
        number = lowest_free([kept.number for kept in self.kept])
        name = name_of(self.rule, [kept.rule for kept in self.kept])
        made = Kept(number, _unique(name, [kept.name for kept in self.kept]), self.rule)
        self.kept.append(made)
        self.changed.emit({"kept"})
        return made

    def add_points(self, source: str) -> None:
        """Add data points of a file or of an included data set.

        Raises
        ------
        StdpbenchError
            If the file cannot be read, or no plot can show its points.
        """
        data = data_set(source)
        if not (added := data.drawn()):
            raise StdpbenchError(f"{data.name}: no plot of this page shows such data; fit them with `stdpbench fit`")
        self.points = [shown for shown in self.points if shown.source != source]  # a file is read again
        for points in added:
            number = lowest_free([shown.number for shown in self.points])
            self.points.append(ShownPoints(number, points, source))
        self.changed.emit({"points"})

    def change_compared(self, place: int, **what: Any) -> None:
        """Change name or visibility of a row of the list: kept rules first, then data points."""
        if place < len(self.kept):
            self.kept[place] = replace(self.kept[place], **what)
            self.changed.emit({"kept"})
        else:
            self.points[place - len(self.kept)] = replace(self.points[place - len(self.kept)], **what)
            self.changed.emit({"points"})

    def remove_compared(self, place: int) -> None:
        """Remove a row of the list."""
        if place < len(self.kept):
            del self.kept[place]
            self.changed.emit({"kept"})
        else:
            del self.points[place - len(self.kept)]
            self.changed.emit({"points"})

    # -- remembered ------------------------------------------------------------------------------------------------

    def to_text(self) -> str:
        """Return the state as text for the settings."""
        return json.dumps(
            {
                "rule": self.rule.to_mapping(),
                "plans": [{"protocol": plan.protocol, "options": dict(plan.options)} for plan in self.plans],
                "kept": [
                    {"number": k.number, "name": k.name, "rule": k.rule.to_mapping(), "visible": k.visible}
                    for k in self.kept
                ],
                "data": [*dict.fromkeys(shown.source for shown in self.points)],
            }
        )

    def restore(self, text: str) -> None:
        """Restore the text of `to_text`; unreadable parts are skipped."""
        with suppress(ValueError, KeyError, TypeError, AttributeError, StdpbenchError):
            stored = json.loads(text)
            self.rule = self.now = rules.build(stored["rule"], "plasticity")
            for place, plan in enumerate(stored["plans"][:PLACES]):
                if plan["protocol"] in ("", *QUICK):
                    options = {k: tuple(v) if isinstance(v, list) else v for k, v in plan["options"].items()}
                    self.plans[place] = Plan(plan["protocol"], options)
            for one in stored["kept"][:MOST_KEPT]:
                rule = rules.build(one["rule"], "plasticity")
                self.kept.append(Kept(int(one["number"]), str(one["name"]), rule, bool(one["visible"])))
            for source in stored["data"]:
                with suppress(StdpbenchError):  # the file no longer exists
                    self.add_points(source)
        self.changed.emit({"rule", "values", "plots", "kept", "points"})


def name_of(rule: PlasticityRule, beside: Sequence[PlasticityRule] = ()) -> str:
    """Return the kind of a rule with its non-default values: three at most, and all that differ from rules beside it.

    Parameters
    ----------
    rule : PlasticityRule
        The rule.
    beside : sequence of PlasticityRule
        Rules that are shown with it; those of another kind have another name anyway.
    """
    kind = rule.summary if getattr(rule, "definition", None) else str(getattr(rule, "kind", ""))
    changed = [p for p in rule.describe() if getattr(rule, p.name) != p.default]
    same = [other for other in beside if type(other) is type(rule)]
    apart = {p.name for p in changed if any(getattr(other, p.name, None) != getattr(rule, p.name) for other in same)}
    first = sorted(changed, key=lambda p: p.name not in apart)[: max(_MOST_VALUES, len(apart))]
    shown = [p for p in changed if p in first]
    few = ", ".join(f"{p.name} {p.show(getattr(rule, p.name))}" for p in shown) + (", …" if shown != changed else "")
    return f"{kind} ({few})" if few else kind


def lowest_free(taken: list[int]) -> int:
    """Return the lowest number from 0 that is not taken."""
    return next(number for number in range(len(taken) + 1) if number not in taken)


def _unique(name: str, taken: list[str]) -> str:
    if name not in taken:
        return name
    return next(f"{name} · {number}" for number in range(2, len(taken) + 3) if f"{name} · {number}" not in taken)
