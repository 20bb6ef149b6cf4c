"""A row of the parameter form: name, slider, value and state of a parameter."""

from __future__ import annotations

import html
from dataclasses import dataclass
from enum import Enum
from typing import Any

from PyQt6.QtCore import pyqtBoundSignal, pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QFont, QResizeEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import read
from stdpbench.declare.parameters import Parameter
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import (
    CheckBox,
    Label,
    ask_for_file,
    dropped_paths,
    named,
    not_none,
    push_button,
    tool_button,
    wrapped,
)
from stdpbench_gui.widgets.parameter_fields import Choice, ValueField, ValueSlider, show_windows
from stdpbench_gui.widgets.parameter_scale import Scale

_LIST_FRAME = 5 * theme.GRID
"""Width of the frame and the arrow of a drop-down list."""


@dataclass(frozen=True)
class RowTexts:
    """Texts of a row about its state.

    Attributes
    ----------
    start, at_start : str
        What the value is that the row can go back to, and where it was in force; empty: not said.
    sent : bool
        Whether values are sent to a run, by Enter; else they are applied, also when a field is left.
    """

    start: str = "the value at the start of this run"
    at_start: str = "at the start of this run"
    sent: bool = True

    @property
    def edited(self) -> str:
        """The text about a value that is typed."""
        done, does = ("sent", "sends") if self.sent else ("applied", "applies")
        return f"Not {done} yet: Enter {does} it, Esc or a click here reverts it"


class RowState(Enum):
    """State of the shown value; the value of the enum is its mark."""

    ACTIVE = ""
    EDITED = "✎"
    IN_FLIGHT = "…"


def new_run_button(path: str, wanted: pyqtBoundSignal) -> QPushButton:
    """Return the button that asks for a run with another value of a structural parameter."""
    name = f"New run from here with a different {path}"
    button = push_button("new run…", clicked=lambda _: wanted.emit(path), name=name, style="newrun")
    button.setFlat(True)
    return button


class ParameterRow(QWidget):
    """A row of the form.

    It shows the active value (`show_value`). While the user types or drags, the row is marked as edited; Enter,
    releasing the slider, or choosing from a list emits `committed`, and leaving the field does, too, or says that the
    value is not used yet. Each change while it is edited emits `edited` with the text, and reverting with None. A file
    is also committed by the button that asks for one, or by dropping it on the row.

    Attributes
    ----------
    refusal : str
        What is wrong with the value that stands in the row; empty if it was not refused.
    """

    committed = pyqtSignal(str, object)
    edited = pyqtSignal(str, object)
    new_run_wanted = pyqtSignal(str)

    def __init__(self, path: str, declared: Parameter, texts: RowTexts | None = None) -> None:
        super().__init__()
        self._texts = texts or RowTexts()
        self.path, self.declared, self.refusal = path, declared, ""
        self.state, self._value, self._start = RowState.ACTIVE, declared.default, declared.default
        self.name = named(Label(declared.name), style="parametername")
        self.mark = tool_button("", clicked=lambda _: self._marked(), flat=True)
        self.mark.setFixedWidth(self.fontMetrics().horizontalAdvance("✎") + theme.GRID)
        self.error = wrapped("", "parametererror")
        self.error.hide()
        self.slider: ValueSlider | None = None
        self.browse: QToolButton | None = None
        self.editor: QLineEdit | QComboBox | QCheckBox
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(0)
        grid.addWidget(self.mark, 0, 0)
        grid.addWidget(self.name, 0, 1)
        self._add_editor(grid)
        if declared.structural:
            self.new_run = new_run_button(self.path, self.new_run_wanted)
            # takes the remaining width, or a separate line
            self.new_run.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            grid.addWidget(self.new_run, 0, 2)
        grid.addWidget(self.error, 1, 1, 1, 3)
        grid.setColumnStretch(3 if isinstance(self.editor, QComboBox) or self._is_wide else 2, 1)
        self.editor.setAccessibleName(self.path)
        self.editor.setAccessibleDescription(declared.help)
        self.name.setBuddy(self.editor)

    @property
    def _is_wide(self) -> bool:
        """Whether the row has a text field that takes the whole width."""
        return bool(self.declared.files) or self.declared.type == "str"

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Move the button of a structural parameter to a separate line if it does not fit."""
        super().resizeEvent(event)
        self._place_button()

    def _place_button(self) -> None:
        if self.declared.structural:
            taken = self.mark.minimumSizeHint().width()
            taken += max(self.name.minimumSizeHint().width(), self.name.minimumWidth())
            taken += max(self.editor.minimumWidth(), self.editor.minimumSizeHint().width())
            if isinstance(self.editor, QComboBox):  # may be narrower than its text, but not to make room for a button
                text = self.editor.fontMetrics().horizontalAdvance(self.editor.currentText())
                taken += max(0, text + _LIST_FRAME - self.editor.minimumSizeHint().width())
            needed = self.new_run.sizeHint().width() + 3 * self._grid.horizontalSpacing()
            place = (2, 1, 1, 3) if self.width() - taken < needed else (0, 2, 1, 1)
            if isinstance(self.editor, QComboBox):  # gets the rest by stretch: a minimum width would keep rows wide
                same_line = place[0] == 0
                left = self.width() - self.mark.width() - max(self.name.minimumWidth(), self.name.sizeHint().width())
                self._grid.setColumnStretch(2, needed if same_line else 0)
                self._grid.setColumnStretch(3, max(1, left - needed) if same_line else 1)
            if self._grid.getItemPosition(self._grid.indexOf(self.new_run)) != place:
                self._grid.addWidget(self.new_run, *place)

    def _add_editor(self, grid: QGridLayout) -> None:
        declared, span = self.declared, (0, 3)
        if declared.choices:
            box = Choice(declared.choices)
            if self.path.endswith("plasticity.kind"):
                show_windows(box)
            box.activated.connect(lambda _: self.committed.emit(self.path, box.currentText()))
            self.editor = box
        elif declared.type == "bool":
            check = CheckBox()
            check.clicked.connect(lambda on: self.committed.emit(self.path, bool(on)))
            self.editor = check
        else:
            field = ValueField(declared, self)
            field.committed.connect(self.retry)
            field.textEdited.connect(lambda _: self._edit())
            field.editingFinished.connect(self._leave)
            field.reverted.connect(self.revert)
            measure = field.fontMetrics().horizontalAdvance
            field.setMinimumWidth(measure("-100 mV") + 2 * theme.GRID)
            if declared.files:
                self._add_browse(grid)
            if not self._is_wide:
                field.setMaximumWidth(measure("0.000000 mV") + 2 * theme.GRID)
            self.editor = field
            if declared.type in ("int", "float") and not declared.structural:
                self.slider = named(ValueSlider(), f"{self.path}, slider")
                self.slider.valueChanged.connect(self._slide)
                self.slider.committed.connect(self.commit)
                self.slider.left.connect(self._leave)
                self.slider.reverted.connect(self.revert)
                grid.addWidget(self.slider, 0, 2)
        grid.addWidget(self.editor, *span)

    def _add_browse(self, grid: QGridLayout) -> None:
        tip = f"Choose a file ({self.declared.files}), or drop one on this row"
        self.browse = tool_button(
            "…", clicked=lambda _: self._choose_file(), name=f"Choose the file of {self.path}", tip=tip
        )
        grid.addWidget(self.browse, 0, 4)
        self.setAcceptDrops(True)

    # -- active value ----------------------------------------------------------------------------------------------

    @property
    def edited_text(self) -> str | None:
        """What is typed but not confirmed; None if nothing is."""
        typed = self.state is RowState.EDITED and isinstance(self.editor, QLineEdit)
        if not typed:
            return None
        text = self.editor.text().strip()  # type: ignore[union-attr]
        return "none" if self.declared.optional and text == self.declared.unset else text

    @property
    def text(self) -> str:
        """The value that the row shows, also one that is not confirmed."""
        if isinstance(self.editor, QCheckBox):
            return "true" if self.editor.isChecked() else "false"
        return self.editor.currentText() if isinstance(self.editor, QComboBox) else self.editor.text().strip()

    @property
    def differs(self) -> bool:
        """Whether the active value differs from the default, if there is one."""
        return bool(self._value != self.declared.default) and not self.declared.required

    def show_value(self, value: Any, start: Any, in_flight: Any, why_not: str) -> None:
        """Show the active value.

        Parameters
        ----------
        value, start : Any
            The active value, and the value at the start of the run.
        in_flight : Any
            The value that was sent but not confirmed; ``Ellipsis`` for none.
        why_not : str
            Reason why it cannot be changed now; empty if it can.
        """
        known, self._value, self._start = self._value, value, start
        if in_flight is not ...:
            self.state = RowState.IN_FLIGHT
            self._fill(in_flight)
        elif self.state is RowState.IN_FLIGHT or known != value or self.state is RowState.ACTIVE:
            self.state, self.refusal = RowState.ACTIVE, ""
            self._fill(value)
        self.editor.setEnabled(not why_not)
        if self.browse is not None:
            self.browse.setEnabled(not why_not)
        if self.slider is not None:
            self.slider.setEnabled(not why_not and isinstance(value, int | float))
        self._write(why_not)

    def show_error(self, sentence: str) -> None:
        """Show an error message in the row; an empty sentence hides it."""
        self.error.warn(sentence)

    def refuse(self, value: Any, sentence: str) -> None:
        """Show a value that is invalid, and why; it stands there until it is edited or reverted."""
        self.state, self.refusal = RowState.EDITED, sentence
        self._fill(value)
        self._write("")
        self.show_error(sentence)

    def revert(self) -> None:
        """Discard the edited value."""
        self.state, self.refusal = RowState.ACTIVE, ""
        self.show_error("")
        self._fill(self._value)
        self._write("" if self.editor.isEnabled() else self.editor.toolTip())
        self.edited.emit(self.path, None)

    def _fill(self, value: Any) -> None:
        text = str(value) if isinstance(value, str) else self._text(value)
        if isinstance(self.editor, QComboBox):
            self.editor.setCurrentText(text)
            self._place_button()
        elif isinstance(self.editor, QCheckBox):
            self.editor.setChecked(bool(value))
        elif self.editor.text() != text:
            self.editor.setText(text)
            self.editor.setCursorPosition(len(text) if self.declared.files else 0)
        if self.slider is not None and isinstance(value, int | float):
            self.slider.take(Scale.of(self.declared, float(value)), float(value))

    def _text(self, value: Any) -> str:
        return self.declared.unset if value is None else self.declared.show(value)

    def _write(self, why_not: str) -> None:
        """Show the state in the mark, the font and the tooltip."""
        changed = self._value != self._start
        mark = self.state.value or ("↺" if changed else "")
        back = f"Back to {self._text(self._start)}, {self._texts.start}"
        text = {
            RowState.EDITED: self._texts.edited,
            RowState.IN_FLIGHT: "Sent; becomes active once the run confirms it",
        }.get(self.state, back)
        self.mark.setText(mark)
        self.mark.setEnabled(bool(mark) and self.state is not RowState.IN_FLIGHT and not why_not)
        self.mark.setToolTip(text if mark else "")
        self.mark.setAccessibleName(f"{self.path}: {text}" if mark else f"{self.path}: active")
        font = QFont()  # of which only weight and slope are set, so that the size follows that of the panel
        font.setBold(self.differs)
        font.setItalic(self.state is not RowState.ACTIVE)
        self.name.setFont(font)
        lines = [
            f"<b>{self.path}</b>",
            html.escape(self.declared.help),
        ]
        limits = [] if self.declared.required else [f"Default {html.escape(self._text(self.declared.default))}"]
        limits += [f"within {self.declared.bounds}"] if self.declared.bounds else []
        if limits:
            text_of_limits = ", ".join(limits)
            lines.append(text_of_limits[0].upper() + text_of_limits[1:])
        if changed and self._texts.at_start:
            lines.append(f"{html.escape(self._text(self._start))} {self._texts.at_start}")
        if self.declared.files and self._value:
            lines.append(html.escape(str(self._value)))
        if why_not:
            lines.append(f"<i>{html.escape(why_not)}</i>")
        tip = "<br>".join(lines)
        for widget in (self.name, self.editor, *([self.slider] if self.slider else [])):
            widget.setToolTip(tip)

    # -- editing ---------------------------------------------------------------------------------------------------

    def _edit(self) -> None:
        self.state, self.refusal = RowState.EDITED, ""
        self.show_error("")
        self._write("")
        self.edited.emit(self.path, self.edited_text)

    def _slide(self) -> None:
        assert isinstance(self.editor, QLineEdit)
        self.editor.setText(self._text(not_none(self.slider).chosen))
        self._edit()

    def _leave(self) -> None:
        if not self._texts.sent:
            self.commit()
        elif self.state is RowState.EDITED and not self.error.text():
            self.show_error(f"{self._texts.edited}.")

    def retry(self) -> None:
        """Confirm what is typed, even if it was refused."""
        self.refusal = ""
        self.commit()

    def commit(self) -> None:
        """Confirm what is typed, if it is and was not refused."""
        text = self.edited_text
        if text is None or self.refusal:
            return
        if self.declared.unit is not None and text != "none":
            try:
                read(text, self.declared.unit)
            except StdpbenchError as error:
                self.refuse(text, str(error))
                self.edited.emit(self.path, text)
                return
        self.show_error("")
        self.committed.emit(self.path, text)

    def _choose_file(self) -> None:
        title, name = f"Choose the file of {self.path}", self.declared.name
        kinds, at = f"{name} ({self.declared.files})", str(self._value or "")
        ask_for_file(self, title, kinds, lambda path: self._take_file(str(path)), at=at)

    def _take_file(self, path: str) -> None:
        self.show_error("")
        self.committed.emit(self.path, path)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802 - Qt's name
        """Accept a file where one can be named now."""
        if event is not None and self.editor.isEnabled() and dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802 - Qt's name
        """Take the dropped file as the value."""
        if event is not None and (paths := dropped_paths(event.mimeData())):
            self._take_file(str(paths[0]))
            event.acceptProposedAction()

    def _marked(self) -> None:
        if self.state is RowState.EDITED:
            self.revert()
        else:
            self.committed.emit(self.path, "none" if self._start is None else self._text(self._start))
