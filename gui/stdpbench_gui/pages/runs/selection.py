"""The ticked runs, drawn in the comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.figures.comparison import Course
from stdpbench.runs.catalog.comparison import Comparison, compare
from stdpbench.runs.catalog.comparison_spec import course_of
from stdpbench.runs.catalog.store import Entry
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.studies.sweeps.seeds import OverSeeds, over_seeds
from stdpbench_gui.look import run_lines
from stdpbench_gui.session.background import Background


class RunSelection(QObject):
    """The ticked runs, in the order of ticking, and their data.

    Attributes
    ----------
    changed : signal
        Runs were ticked or unticked.
    read : signal
        New data can be drawn.
    slots : dict of str to int
        Line style by the name of a ticked run (`stdpbench_gui.look.run_lines`).
    courses : dict of str to Course
        Curves read so far.
    comparison : Comparison or None
        Comparison of all ticked runs; None for fewer than two, or before it is read.
    over_seeds : OverSeeds or None
        Groups of ticked runs that differ in their seed alone; None if there are none.
    problem : str
        Why a run cannot be read; empty if all can.
    """

    changed = pyqtSignal()
    read = pyqtSignal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._background = Background(self, 1)
        self._entries: Mapping[str, Entry] = {}
        self._known: dict[str, Entry] = {}
        self._again = False
        self.slots: dict[str, int] = {}
        self.courses: dict[str, Course] = {}
        self.comparison: Comparison | None = None
        self.over_seeds: OverSeeds | None = None
        self.problem = ""

    def tick(self, names: Iterable[str], on: bool = True) -> None:
        """Tick or untick runs."""
        for name in names:
            if on and name in self._entries and name not in self.slots:
                taken = set(self.slots.values())
                self.slots[name] = next(slot for slot in range(len(taken) + 1) if slot not in taken)
            elif not on:
                self._drop(name)
        self._after()

    def only(self, names: Iterable[str]) -> None:
        """Tick exactly these runs."""
        wanted = list(names)
        for name in [name for name in self.slots if name not in wanted]:
            self._drop(name)
        self.tick(wanted)

    def show_entries(self, entries: Mapping[str, Entry]) -> None:
        """Untick runs that no longer exist, and read those that continued again."""
        self._entries = entries
        gone = [name for name in self.slots if name not in entries]
        for name in gone:
            self._drop(name)
        if gone:
            self._after()
        else:
            self._look()

    @property
    def ordered(self) -> list[Course]:
        """Curves to draw, in the order of ticking."""
        return [self.courses[name] for name in self.slots if name in self.courses]

    def title(self, name: str) -> str:
        """Return the title that a person gave to a run; empty if there is none."""
        entry = self._entries.get(name)
        return "" if entry is None else entry.title

    def n_changed(self, name: str) -> int:
        """Return how many parameters of a run were changed while it ran."""
        entry = self._entries.get(name)
        return 0 if entry is None else len(entry.changes)

    @property
    def crowded(self) -> bool:
        """Whether there are more runs than distinct line styles."""
        return len(self.slots) > run_lines.N_DIFFERENT

    def _drop(self, name: str) -> None:
        if self.slots.pop(name, None) is not None:
            self.courses.pop(name, None)
            self._known.pop(name, None)

    def _after(self) -> None:
        if self.comparison is not None and {a.name for a in self.comparison.accounts} != set(self.slots):
            self.comparison = self.over_seeds = None
        self.changed.emit()
        self._look()

    def _look(self) -> None:
        """Read the changes of ticked runs."""
        stale = [name for name in self.slots if self._known.get(name) is not self._entries.get(name)]
        compared = self.comparison is not None or len(self.slots) < 2
        if not stale and compared:
            return
        if self._background.busy:
            self._again = True
            return
        paths = {name: self._entries[name].path for name in stale}
        everything = [self._entries[name].path for name in self.slots]
        self._known |= {name: self._entries[name] for name in stale}
        self._background.do(lambda: _read(paths, everything), self._take, self._fail)

    def _take(self, found: _Read) -> None:
        courses, self.comparison, self.over_seeds, self.problem = found
        if self.comparison is not None and {a.name for a in self.comparison.accounts} != set(self.slots):
            self.comparison = self.over_seeds = None
        self.courses |= {name: course for name, course in courses.items() if name in self.slots}
        self.read.emit()
        self._go_on()

    def _fail(self, reason: str) -> None:
        self.problem = reason
        self.read.emit()
        self._go_on()

    def _go_on(self) -> None:
        if self._again:
            self._again = False
            self._look()


_Read = tuple[dict[str, Course], Comparison | None, OverSeeds | None, str]


def _read(paths: Mapping[str, Path], everything: list[Path]) -> _Read:
    """Read curves of some runs, compare all ticked runs, and note the first problem."""
    courses: dict[str, Course] = {}
    problem, comparison, groups = "", None, None
    for name, path in paths.items():
        try:
            courses[name] = course_of(RunFolder.open(path), read_journal(path))
        except StdpbenchError as error:
            problem = f"Cannot draw {name}: {error}"
    try:
        if len(everything) > 1:
            folders = [RunFolder.open(path) for path in everything]
            comparison = compare(folders)
            groups = over_seeds(folders, comparison.accounts)
    except StdpbenchError as error:
        problem = problem or f"Cannot compare the runs: {error}"
    return courses, comparison, groups, problem
