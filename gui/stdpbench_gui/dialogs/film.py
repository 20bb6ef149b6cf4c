"""The dialog that saves a film of the run on display."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from PyQt6.QtWidgets import QWidget

from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.studies.film import FORMATS, SECONDS, Shape, Theme, write_film
from stdpbench_gui.dialogs.job_dialog import JobDialog, Report
from stdpbench_gui.look import theme
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import ask_for_file, choice, number_field, push_button, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, form, hbox, vbox

_SHAPES = {"1080p": "1920 × 1080", "square": "1080 × 1080"}


class FilmDialog(JobDialog):
    """Asks for the stretch, duration and look of a film, and writes it in a thread."""

    def __init__(self, folder: RunFolder, reached: int, session: RunSession, parent: QWidget) -> None:
        super().__init__(f"Film of {folder.path.name}", session, "film", parent)
        self._folder = folder
        total = f" of {reached}"
        self.start = number_field(0, reached, 0, "Presentation at which the film begins", suffix=total)
        self.end = number_field(0, reached, reached, "Presentation at which the film ends", suffix=total)
        low, high = map(int, SECONDS)
        self.seconds = number_field(low, high, 12, "Duration in seconds", suffix=" s")
        self.shape = choice([(_SHAPES[name], name) for name in get_args(Shape)], "Size")
        self.theme = choice([(name, name) for name in get_args(Theme)], "Colours", at=int(theme.current().dark))
        self.save_button = self.main_button("Save…", self._choose)
        fields = form(
            ("from", self.start),
            ("to", self.end),
            ("duration", self.seconds),
            ("size", self.shape),
            ("colours", self.theme),
        )
        buttons = hbox(STRETCH, push_button("Cancel", clicked=self.reject), self.save_button)
        about = wrapped("Weights, what was shown and the accuracy, at the moments that the run has kept.", "faint")
        rows = (about, fields, self.progress, self.problem, STRETCH, buttons)
        vbox(*rows, within=self, margins=2 * theme.GRID, spacing=theme.GRID)
        self.resize(440, 340)

    def _choose(self) -> None:
        kinds = f"Films ({' '.join(f'*{suffix}' for suffix in FORMATS)})"
        name = str(self._folder.path.parent / f"{self._folder.path.name}.webp")
        ask_for_file(self, "Save the film as", kinds, self.save, at=name, new=True)

    def save(self, target: Path) -> None:
        """Write the film to a file, and close the dialog."""
        start, end, seconds = self.start.value(), self.end.value(), float(self.seconds.value())
        shape, colours, folder = self.shape.currentData(), self.theme.currentData(), self._folder

        def work(report: Report) -> Path:
            return write_film(
                folder,
                target,
                start=start,
                end=end,
                seconds=seconds,
                shape=shape,
                theme=colours,
                replace=True,
                on_progress=report,
            )

        self.do(work, self._take)

    def _take(self, target: Path) -> None:
        self._session.message.emit(f"Saved {target} ({target.stat().st_size / 2**20:.1f} MB).")
        self.accept()
