"""Which steps of which lessons are done, kept in the settings."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from PyQt6.QtCore import QSettings

from stdpbench.base.lessons import Lesson

_DONE, _AT, _OPEN = "lessons/done", "lessons/at", "lessons/open"


class Progress:
    """Steps that are done, the step that each lesson is at, and the lesson that is open.

    Steps are known by their titles, so that progress stays right where a later version adds or moves steps.
    """

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings
        self._done = {name: set(map(str, titles)) for name, titles in self._read(_DONE).items()}
        self._at = {name: str(title) for name, title in self._read(_AT).items()}

    def _read(self, key: str) -> dict[str, Any]:
        with suppress(ValueError):
            stored = json.loads(str(self._settings.value(key, "{}")))
            if isinstance(stored, dict):
                return {str(name): value for name, value in stored.items() if isinstance(value, list | str)}
        return {}

    def is_done(self, lesson: Lesson, step: int) -> bool:
        """Return whether a step is done."""
        return lesson.steps[step].title in self._done.get(lesson.name, ())

    def n_done(self, lesson: Lesson) -> int:
        """Return the number of steps that are done."""
        return sum(self.is_done(lesson, step) for step in range(len(lesson.steps)))

    def set_done(self, lesson: Lesson, step: int) -> None:
        """Note that a step is done."""
        self._done.setdefault(lesson.name, set()).add(lesson.steps[step].title)
        self._settings.setValue(_DONE, json.dumps({name: sorted(titles) for name, titles in self._done.items()}))

    def step(self, lesson: Lesson) -> int:
        """Return the step that a lesson is at: from 0; their number stands for the question."""
        titles = [step.title for step in lesson.steps]
        at = self._at.get(lesson.name, titles[0])
        return titles.index(at) if at in titles else len(titles) if at == "" else 0

    def go_to(self, lesson: Lesson, step: int) -> None:
        """Note the step that a lesson is at."""
        self._at[lesson.name] = lesson.steps[step].title if step < len(lesson.steps) else ""
        self._settings.setValue(_AT, json.dumps(self._at))

    def start_again(self, lesson: Lesson) -> None:
        """Forget what was done of a lesson."""
        self._done.pop(lesson.name, None)
        self._settings.setValue(_DONE, json.dumps({name: sorted(titles) for name, titles in self._done.items()}))
        self.go_to(lesson, 0)

    @property
    def open(self) -> str:
        """Name of the open lesson; ``"*"`` for the list; empty if the pane is closed."""
        return str(self._settings.value(_OPEN, ""))

    @open.setter
    def open(self, name: str) -> None:
        self._settings.setValue(_OPEN, name)
