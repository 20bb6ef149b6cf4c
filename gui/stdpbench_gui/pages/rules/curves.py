"""Curves from the process that keeps rules at hand (`stdpbench.lab.service`).

What is under way is never more than one curve; of what waits, only the newest wish for each place counts. So a moving
slider gets the curves that it can get, and none is drawn that nobody wants any more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from stdpbench.lab.quick import as_opened
from stdpbench.lab.result import Result
from stdpbench.plasticity import PlasticityRule
from stdpbench_gui.session.background import Background
from stdpbench_gui.session.helper_process import HelperProcess

_MOST_REMEMBERED = 100


class LabProcess(HelperProcess):
    """The desk of the laboratory."""

    def command(self) -> list[str]:
        """The module."""
        return ["-P", "-m", "stdpbench.lab.service"]


@dataclass(frozen=True)
class Place:
    """Whom a curve is for: a plot, and in it the rule that changes (-1) or one that is kept (its number)."""

    plot: int
    kept: int = -1


@dataclass(frozen=True)
class Wish:
    """A curve that is wanted."""

    rule: PlasticityRule
    protocol: str
    options: Mapping[str, Any]
    coarse: bool = False

    @property
    def key(self) -> str:
        """What the curve depends on."""
        return json.dumps([self.rule.to_mapping(), self.protocol, dict(self.options)], sort_keys=True)


class Curves(QObject):
    """Has curves computed.

    Attributes
    ----------
    came : signal of (Place, Result, bool)
        A curve, and whether it is one of few points.
    late : signal of Place
        A curve that takes too long to follow a moving slider; it is to be asked for once the slider is let go of.
    failed : signal of (Place, str)
        Why there is none.
    busy_changed : signal of bool
        Whether something is under way or waits.
    """

    came = pyqtSignal(object, object, bool)
    late = pyqtSignal(object)
    failed = pyqtSignal(object, str)
    busy_changed = pyqtSignal(bool)

    def __init__(self, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self.process = LabProcess(background, self)
        self._waiting: dict[Place, Wish] = {}
        self._under_way: Place | None = None
        self._known: dict[str, Result] = {}
        self._asked: dict[Place, int] = {}  # wishes of each place so far
        self._answered: dict[Place, int] = {}  # and the last that was answered

    @property
    def busy(self) -> bool:
        """Whether something is under way or waits."""
        return self._under_way is not None or bool(self._waiting)

    def want(self, place: Place, wish: Wish) -> None:
        """Have a curve computed, in place of one that still waits; one that is known comes at once."""
        opened, _ = as_opened(wish.rule, wish.protocol)
        wish = Wish(opened, wish.protocol, wish.options, wish.coarse)
        number = self._asked[place] = self._asked.get(place, 0) + 1
        known = self._known.get(wish.key)
        if known is not None:
            self._waiting.pop(place, None)
            self._answered[place] = number
            self.came.emit(place, known, False)
            return
        self._waiting[place] = wish
        self._next()

    def forget(self, place: Place) -> None:
        """Nobody wants this curve any more."""
        self._waiting.pop(place, None)

    def _next(self) -> None:
        if self._under_way is not None or not self._waiting:
            self.busy_changed.emit(self.busy)
            return
        # the rule that changes goes before those that are kept; in turn, so that none waits for ever
        place = min(self._waiting, key=lambda one: one.kept >= 0)
        wish, number = self._waiting.pop(place), self._asked[place]
        self._under_way = place
        self.busy_changed.emit(True)
        self.process.ask(
            "curve",
            lambda value, _: self._take(place, number, wish, value),
            lambda reason: self._fail(place, reason),
            rule=wish.rule.to_mapping(),
            protocol=wish.protocol,
            options=dict(wish.options),
            coarse=wish.coarse,
        )

    def _take(self, place: Place, number: int, wish: Wish, value: Mapping[str, Any]) -> None:
        self._under_way = None
        if value.get("skipped"):
            self.late.emit(place)
        else:
            found = Result.from_mapping(value)
            if not wish.coarse:
                while len(self._known) >= _MOST_REMEMBERED:
                    del self._known[next(iter(self._known))]
                self._known[wish.key] = found
            if number > self._answered.get(place, 0):  # else a newer wish was answered meanwhile
                self._answered[place] = number
                self.came.emit(place, found, bool(value["coarse"]))
        self._next()

    def _fail(self, place: Place, reason: str) -> None:
        self._under_way = None
        self.failed.emit(place, reason)
        self._next()
