"""The form of the dialogs for the user's own data: a place, settings, and an experiment made from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from PyQt6.QtCore import pyqtBoundSignal, pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QBoxLayout, QFileDialog, QLineEdit, QPushButton, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_text_aside
from stdpbench.base.units import thousands
from stdpbench.data.datasets import STEPS, Source
from stdpbench.declare.parameters import Parameter, Parameters, build
from stdpbench.experiment import Experiment, Group
from stdpbench.experiment.own_stimuli import OwnNetwork
from stdpbench_gui.look import theme
from stdpbench_gui.session.background import Background
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import (
    Dialog,
    dropped_paths,
    experiment_target,
    plain_tip,
    push_button,
    short_path,
    wrapped,
)
from stdpbench_gui.widgets.forecast_label import ForecastLabel
from stdpbench_gui.widgets.layouts import hbox, holding, vbox
from stdpbench_gui.widgets.parameter_form import ParameterForm, sheet
from stdpbench_gui.widgets.parameter_row import RowTexts

_DATA, _NETWORK = "data", "network"
_SHOWN = ("bool", "int", "float")
_TEXTS = RowTexts("the suggested value", "is suggested", sent=False)

T = TypeVar("T")


class OwnDialog(Dialog):
    """Base of the dialogs that make an experiment from the user's own data.

    Attributes
    ----------
    chosen : signal of Experiment
        Request to start the experiment.
    edit_wanted : signal of Experiment
        Request to change more of it before it is started.
    other_wanted : signal of Path
        A path with data of another kind was chosen or dropped.
    form : ParameterForm
        Settings of the data and of the network.
    problem : QLabel
        Error message; empty if there is none.
    """

    chosen = pyqtSignal(object)
    edit_wanted = pyqtSignal(object)
    other_wanted = pyqtSignal(object)

    def __init__(self, session: RunSession, runs: Path, title: str, parent: QWidget | None, *, patterns: str) -> None:
        super().__init__(title, parent)
        self.setAcceptDrops(True)
        self._session = session
        self._path: Path | None = None
        self._suggested: dict[str, Parameters] = {}
        self._parts: dict[str, Parameters] = {}
        self._experiment: Experiment | None = None
        self._problem = ""
        self._background = Background(self, 1)
        self.place = QLineEdit()
        self.place.setReadOnly(True)
        self.folder_button = push_button(
            "Folder…",
            clicked=lambda _: self._take_chosen(
                QFileDialog.getExistingDirectory(self, "Choose a folder", str(self._path or ""))
            ),
        )
        self.file_button = push_button(
            "File…",
            clicked=lambda _: self._take_chosen(
                QFileDialog.getOpenFileName(
                    self, "Choose a file", str(self._path or ""), f"{patterns};;All files (*)"
                )[0]
            ),
        )
        self.status = wrapped("")
        self.problem = wrapped("", "problem", name="Problem")
        self.form = ParameterForm(_TEXTS)
        self.form.committed.connect(self.set_value)
        self.form.edited.connect(lambda *_: self._enable())
        self.plan = wrapped("", "faint")
        self.time = ForecastLabel(runs, session)
        self.start_button = push_button("Start learning", clicked=lambda _: self._give(self.chosen), style="primary")
        self.edit_button = push_button("Edit…", clicked=lambda _: self._give(self.edit_wanted))
        self.save_button = push_button("Save as file…", clicked=lambda _: self._save())
        self._tips = {
            self.edit_button: "Open the form for a new run, with everything that the experiment declares",
            self.save_button: "",
            self.start_button: "",
        }
        self._enable()

    def _lay_out(self, shown: QWidget | QBoxLayout, widths: tuple[int, int]) -> None:
        """Arrange the settings and what shows the data, in these proportions."""
        place = hbox((self.place, 1), self.folder_button, self.file_button)
        settings = vbox((self.form, 1), self.plan, self.time, margins=theme.GRID, spacing=theme.GRID)
        self._panel = holding(settings, "panel")
        middle = hbox((self._panel, widths[0]), (shown, widths[1]), spacing=2 * theme.GRID)
        buttons = hbox((self.problem, 1), push_button("Cancel", clicked=self.reject), *self._tips)
        vbox(place, self.status, (middle, 1), buttons, within=self, margins=2 * theme.GRID, spacing=theme.GRID)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)  # Enter applies the value of a field
        self.restyle()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self._panel.setStyleSheet(sheet())

    # -- for subclasses --------------------------------------------------------------------------------------------

    def take(self, path: Path) -> None:
        """Preview a file or folder."""
        raise NotImplementedError

    def _refresh(self) -> None:
        """Make the experiment from the settings."""
        raise NotImplementedError

    def _declared(self) -> dict[str, Parameter]:
        """Return the settings of the network."""
        return {parameter.name: parameter for parameter in self._parts[_NETWORK].describe()}

    # -- location --------------------------------------------------------------------------------------------------

    def _take_chosen(self, chosen: str) -> None:
        if chosen:
            self.take(Path(chosen))

    def _show_path(self, path: Path) -> None:
        self._path = path
        self.place.setText(short_path(path))
        self.place.setCursorPosition(len(self.place.text()))
        self.status.setText("Reading …")
        self._forget()

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802 - Qt's name
        """Accept files and folders."""
        data = event.mimeData() if event is not None else None
        if event is not None and data is not None and data.hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802 - Qt's name
        """Preview the dropped file or folder."""
        paths = dropped_paths(event.mimeData() if event is not None else None)
        if paths:
            self.take(paths[0])

    def _work(self, work: Callable[[], T], done: Callable[[T], object], failed: Callable[[str], object]) -> None:
        """Do only the newest work, one job at a time."""
        if self._job is not None:
            self._job.cancel()
        self._job = self._background.do(work, done, failed)

    # -- settings --------------------------------------------------------------------------------------------------

    def _suggest(self, source: Source, network: OwnNetwork) -> None:
        """Show settings that suit the data."""
        self._suggested = {_DATA: source, _NETWORK: network}
        self._parts = dict(self._suggested)
        self.form.revert()
        self._show_form()

    def _show_form(self) -> None:
        declared = [p for p in self._parts[_DATA].describe() if p.type in _SHOWN and not p.choices]
        steps = {p.name: p for p in sorted(declared, key=lambda p: p.name not in STEPS)}
        parts = {_DATA: steps, _NETWORK: self._declared()}
        groups = [Group(path, (path,), parameters, primary=True).all_live for path, parameters in parts.items()]
        self.form.show_groups(
            groups, lambda path: _value(self._parts, path), lambda path: _value(self._suggested, path)
        )

    def set_value(self, path: str, value: Any) -> None:
        """Change a setting; an invalid value is an error in its row, and an empty text stands for the default."""
        section, _, name = path.partition(".")
        part = self._parts[section]
        values = {key: old for key, old in part.model_dump().items() if key != name}
        try:
            made = build(type(part), values if value == "" else values | {name: value}, section)
        except StdpbenchError as error:
            self.form.refuse(path, value, str(error))
            self._enable()
        else:
            self.form.revert(path)
            self._parts[section] = made
            self._show_form()
            self._refresh()

    # -- the experiment --------------------------------------------------------------------------------------------

    @property
    def experiment(self) -> Experiment | None:
        """The experiment to start; None while there is none, or a setting is invalid."""
        return None if self.form.refusals() else self._experiment

    def _show_experiment(self, experiment: Experiment | None, problem: str = "", plan: str = "") -> None:
        """Show what was made of the data, or why nothing can be."""
        self._experiment, self._problem = experiment, problem
        self.plan.setText(plan)
        self._enable()

    @staticmethod
    def _plan(made: Experiment, n_inputs: int, n_train: int) -> str:
        passes = made.schedule.passes
        return (
            f"{thousands(n_inputs)} inputs, weights per neuron sum to {made.network.weight_sum:g}; "
            f"{passes} pass{'es' if passes > 1 else ''}, {thousands(passes * n_train)} presentations."
        )

    def _forget(self) -> None:
        self._experiment, self._problem = None, ""
        self._enable()

    def _fail(self, reason: str) -> None:
        self._show_experiment(None, f"{reason.rstrip('.')}.")
        self.time.show_for(None)

    def _enable(self) -> None:
        """Enable the buttons, or say why they are not."""
        wrong = "\n".join(self.form.refusals()) or self._problem
        self.problem.setText(f"⚠ {wrong}" if wrong else "")
        for button, tip in self._tips.items():
            button.setEnabled(self.experiment is not None)
            button.setToolTip(plain_tip(wrong or (tip if self._experiment else "No data have been read yet.")))

    def _give(self, signal: pyqtBoundSignal) -> None:
        self.form.commit()
        if self.experiment is not None:
            signal.emit(self.experiment)
            self.accept()

    def _save(self) -> None:
        self.form.commit()
        chosen = None if self.experiment is None else experiment_target(self, self.experiment)
        if chosen is not None:
            self.save(chosen)

    def save(self, path: Path) -> None:
        """Write the experiment to a file."""
        assert self.experiment is not None
        try:
            write_text_aside(path, self.experiment.to_toml())
        except StdpbenchError as error:
            self.problem.setText(f"⚠ {error}.")
        else:
            self._session.message.emit(f"Saved the experiment to {path}.")


def _value(parts: dict[str, Parameters], path: str) -> Any:
    section, _, name = path.partition(".")
    return getattr(parts[section], name)
