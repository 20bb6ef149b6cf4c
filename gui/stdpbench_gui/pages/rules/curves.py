"""Curves from the process that simulates rules (`stdpbench.studies.lab.service`).

At most one curve is computed at a time; of the waiting requests, only the newest for each place counts. A moving
slider gets as many curves as can be computed, and outdated requests are dropped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.studies.lab.quick import as_opened
from stdpbench.studies.lab.result import Result
from stdpbench_gui.session.helper_process import HelperProcess

_MOST_REMEMBERED = 100


class RuleProcess(HelperProcess):
    """The process that simulates rules."""

    def command(self) -> list[str]:
        """Return the service."""
        return ["stdpbench.studies.lab.service"]


@dataclass(frozen=True)
class Place:
    """Destination of a curve: a plot, and in it the edited rule (-1), a kept one (from 0), or a band (below -1)."""

    plot: int
    kept: int = -1


@dataclass(frozen=True)
class CurveRequest:
    """A curve to compute."""

    rule: PlasticityRule
    protocol: str
    options: Mapping[str, Any]
    coarse: bool = False

    @property
    def key(self) -> str:
        """Cache key: everything the curve depends on."""
        return json.dumps([self.rule.to_mapping(), self.protocol, dict(self.options)], sort_keys=True)


class Curves(QObject):
    """Queue of curves to compute.

    Attributes
    ----------
    came : signal of (Place, Result, bool)
        A curve, and whether it is coarse (few points).
    late : signal of Place
        A curve takes too long to follow a moving slider; request it again once the slider is released.
    failed : signal of (Place, str)
        A curve could not be computed, with the reason.
    """

    came = pyqtSignal(object, object, bool)
    late = pyqtSignal(object)
    failed = pyqtSignal(object, str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.process = RuleProcess(self)
        self._waiting: dict[Place, CurveRequest] = {}
        self._under_way: Place | None = None
        self._known: dict[str, Result] = {}
        self._asked: dict[Place, int] = {}  # number of requests of each place
        self._answered: dict[Place, int] = {}  # number of the last answered request

    @property
    def busy(self) -> bool:
        """Whether a curve is being computed or waits."""
        return self._under_way is not None or bool(self._waiting)

    def want(self, place: Place, request: CurveRequest) -> None:
        """Request a curve, replacing one that still waits; a cached curve arrives immediately."""
        opened, _ = as_opened(request.rule, request.protocol)
        request = CurveRequest(opened, request.protocol, request.options, request.coarse)
        number = self._asked[place] = self._asked.get(place, 0) + 1
        known = self._known.get(request.key)
        if known is not None:
            self._waiting.pop(place, None)
            self._answered[place] = number
            self.came.emit(place, known, False)
            return
        self._waiting[place] = request
        self._next()

    def forget(self, place: Place) -> None:
        """Cancel the request of a place."""
        self._waiting.pop(place, None)

    def _next(self) -> None:
        if self._under_way is not None or not self._waiting:
            return
        # the edited rule goes before kept ones, and bands last; places take turns so that none starves
        place = min(self._waiting, key=lambda one: (one.kept < -1, one.kept >= 0))
        request, number = self._waiting.pop(place), self._asked[place]
        self._under_way = place
        self.process.ask(
            "curve",
            lambda value, _: self._take(place, number, request, value),
            lambda reason: self._fail(place, reason),
            rule=request.rule.to_mapping(),
            protocol=request.protocol,
            options=dict(request.options),
            coarse=request.coarse,
        )

    def _take(self, place: Place, number: int, request: CurveRequest, value: Mapping[str, Any]) -> None:
        self._under_way = None
        if value.get("skipped"):
            self.late.emit(place)
        else:
            found = Result.from_mapping(value)
            if not request.coarse and place.kept >= -1:
                while len(self._known) >= _MOST_REMEMBERED:
                    del self._known[next(iter(self._known))]
                self._known[request.key] = found
            if number > self._answered.get(place, 0):  # otherwise a newer request was answered meanwhile
                self._answered[place] = number
                self.came.emit(place, found, bool(value["coarse"]))
        self._next()

    def _fail(self, place: Place, reason: str) -> None:
        self._under_way = None
        self.failed.emit(place, reason)
        self._next()
