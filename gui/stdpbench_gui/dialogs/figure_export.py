"""Views, and the export of their figures and numbers: as a figure for a paper, as a copy of the screen, or as a table.

The app does not draw figures for papers. It writes a specification of the panel's figure, and a separate process with
matplotlib (`stdpbench.results.figures.paper`) draws it, so that the window never waits.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from PyQt6.QtCore import QModelIndex, QSettings, Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import (
    QDoubleSpinBox,
    QFileDialog,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QSizePolicy,
    QStackedLayout,
    QTableView,
    QToolButton,
    QWidget,
)

from stdpbench import __version__
from stdpbench.results.figures.paper import FORMATS, Order, Table, caption, spec_of_table, table_text
from stdpbench.runs.catalog.base import settings_text
from stdpbench.runs.client.helper import carry_out_aside
from stdpbench_gui.look import theme
from stdpbench_gui.session.background import check_cancelled
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import (
    Dialog,
    Label,
    ProblemLabel,
    choice,
    explain,
    menu_action,
    menu_button,
    named,
    not_none,
    number_field,
    push_button,
    short_path,
    tool_button,
    wrapped,
)
from stdpbench_gui.widgets.layouts import STRETCH, Item, form, hbox, vbox
from stdpbench_gui.widgets.progress_bar import ProgressBar
from stdpbench_gui.widgets.tables import RowsModel

_WIDTHS = (("one column", 88), ("one and a half", 120), ("two columns", 180))
_REMEMBERED = {"format": "pdf", "width": 88, "font": 8.0, "dpi": 300}


if TYPE_CHECKING:
    _Base = QWidget
else:
    _Base = object


class View(_Base):
    """What is drawn in a panel, a box of a page or a dialog: its explanation, its words, its numbers and its figure.

    A mixin for widgets. `_content` and `_title_bar` make the parts of panels and boxes; others set `session`, `body`
    and `title`. Numbers and figure are exported only while there is content.
    """

    session: RunSession
    body: QWidget
    menu: QMenu
    title: str
    topics: ClassVar[frozenset[str]] = frozenset()
    help_text: ClassVar[str] = ""
    empty_text: ClassVar[str] = ""
    exports: ClassVar[bool] = True
    """Whether there is a figure or a table."""

    def has_content(self) -> bool:
        """Return whether there is something to draw."""
        raise NotImplementedError

    def nothing(self) -> str:
        """Return the text shown while there is nothing to draw."""
        return self.empty_text

    def summary(self) -> str:
        """Describe what is shown."""
        return self.nothing()

    def table(self) -> Table | None:
        """Return the numbers as column names and rows; None: no numbers."""
        return None

    def figure(self) -> dict[str, Any] | None:
        """Return the figure for a paper (see `stdpbench.results.figures.paper`); None: nothing to draw.

        Default: the columns of `table` as lines. An entry ``"table"`` replaces the numbers of `table` in the export,
        an entry ``"caption"`` the caption.
        """
        table = self.table()
        return None if table is None else spec_of_table(table)

    def origin(self) -> dict[str, Any]:
        """Return run, experiment, seed, number of samples and settings for the caption."""
        folder, live = self.session.folder, self.session.live
        stored = live.started.experiment if live.started is not None else {}
        return {
            "run": folder.path.name if folder is not None else "none",
            "experiment": str(stored.get("name", "unknown")),
            "seed": int(stored.get("seed", 0)),
            "n": f"one run, after {live.position} presentations",
            "settings": "" if folder is None else settings_text(folder, live.changes),
        }

    def caption_of(self, spec: dict[str, Any]) -> str:
        """Return the caption of a figure: its origin, what the numbers are, and the meaning of error bars."""
        if "caption" in spec:
            return str(spec["caption"])
        about = {name: str(spec[name]) for name in ("n", "errors", "about") if spec.get(name)}
        return caption(str(spec.get("title") or self.title), version=__version__, **self.origin() | about)

    def explain(self) -> None:
        """Show the explanation of this view."""
        explain(self, self.title, self.help_text, self.summary())

    def _content(self, session: RunSession) -> QWidget:
        """Return a widget with the body, or with the text shown while there is nothing to draw."""
        self.session = session
        self.setAccessibleName(self.title)
        self.body = named(QWidget(), style="panel")
        self.empty = wrapped(self.empty_text, "empty", align=Qt.AlignmentFlag.AlignCenter)
        self.empty.setMargin(2 * theme.GRID)
        content = named(QWidget(), style="panel")
        self._stack = QStackedLayout(content)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.body)
        return content

    def _title_buttons(self, name: str = "") -> tuple[QToolButton, QToolButton]:
        """Return the buttons on the right of the title: the explanation, and the menu, which has the export."""
        self.menu = QMenu(self)
        if self.exports:
            add_actions(self.menu, self)
        name = name or self.title
        tip = "What am I looking at? (F1)"
        question = tool_button("?", clicked=lambda: self.explain(), name=f"What does {name} show?", tip=tip, flat=True)
        more = menu_button("⋮", self.menu, name=f"Menu of {name}", tip="Export, copy and more", style="dots")
        more.setAutoRaise(True)
        return question, more

    def _title_bar(self, *items: Item) -> QWidget:
        """Return the bar with the title, `title_extra`, further items and the buttons."""
        bar = named(QWidget(), style="paneltitle")
        bar.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.title_label = Label(self.title)
        self.title_extra = hbox(spacing=theme.GRID // 2)
        parts = self.title_label, self.title_extra, *items, STRETCH, *self._title_buttons()
        hbox(*parts, within=bar, margins=(theme.GRID, 2, 2, 2), spacing=theme.GRID // 2)
        return bar


def _numbers_of(shown: View) -> Table | None:
    """Return the numbers behind a panel; None, and a message, if there are none."""
    table = shown.table() if shown.has_content() else None
    if table is not None and table[1]:
        return table
    shown.session.message.emit(f"{shown.title} has no numbers yet.")
    return None


def add_actions(menu: QMenu, shown: View) -> None:
    """Add the export actions of a view to a menu."""
    for text, slot, tip in (
        ("Export figure…", lambda: export(shown), "PDF, SVG or PNG for a paper, with numbers and caption"),
        ("Copy picture", lambda: copy_picture(shown), "Copy the picture on the screen"),
        ("Copy numbers", lambda: copy_numbers(shown), "Copy the numbers as a table for a spreadsheet"),
        ("Show numbers…", lambda: show_numbers(shown), "Show the numbers behind the picture as a table"),
    ):
        menu_action(menu, text, slot, tip).setStatusTip(tip)
    menu.setToolTipsVisible(True)


def copy_picture(shown: View) -> None:
    """Copy the picture on the screen."""
    not_none(QGuiApplication.clipboard()).setPixmap(shown.body.grab())
    shown.session.message.emit(f"Copied the picture of {shown.title}.")


def copy_numbers(shown: View) -> None:
    """Copy the table as tab-separated values."""
    table = _numbers_of(shown)
    if table is not None:
        _copy(shown, table)


def _copy(shown: View, table: Table) -> None:
    not_none(QGuiApplication.clipboard()).setText(table_text(table, "tsv"))
    shown.session.message.emit(f"Copied {len(table[1])} rows of {shown.title}.")


def show_numbers(shown: View) -> NumbersDialog | None:
    """Open the table in a separate window; return None if there is none."""
    table = _numbers_of(shown)
    if table is None:
        return None
    dialog = NumbersDialog(shown, table)
    dialog.show()
    return dialog


def export(shown: View) -> ExportDialog | None:
    """Open the export dialog; return None if there is nothing to draw."""
    spec = shown.figure() if shown.has_content() else None
    if spec is None:
        table = shown.table() if shown.has_content() else None
        shown.session.message.emit(
            f"{shown.title} has no figure; use “Show numbers…” in the same menu."
            if table is not None and table[1]
            else f"{shown.title} has nothing to draw yet."
        )
        return None
    dialog = ExportDialog(shown, spec)
    dialog.open()
    return dialog


class _Numbers(RowsModel):
    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        value = self.rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{value:.6g}" if isinstance(value, float) else str(value)
        if role == Qt.ItemDataRole.TextAlignmentRole and isinstance(value, int | float):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None


class NumbersDialog(Dialog):
    """The numbers behind a panel at the time of opening."""

    def __init__(self, shown: View, table: Table) -> None:
        super().__init__(f"{shown.title}: numbers", shown)
        self._shown, self._table = shown, table
        self.model = _Numbers(*table)
        self.view = named(QTableView(), f"Numbers of {shown.title}")
        self.view.setModel(self.model)
        self.view.setAlternatingRowColors(True)
        self.view.resizeColumnsToContents()
        not_none(self.view.horizontalHeader()).setStretchLastSection(True)
        n_rows = named(Label(f"{len(table[1])} rows"), style="faint")
        copy = push_button("Copy", clicked=lambda: _copy(shown, table))
        save = push_button("Save as CSV…", clicked=self._save)
        row = hbox(n_rows, STRETCH, copy, save, push_button("Close", clicked=self.close))
        vbox(self.view, row, within=self, margins=2 * theme.GRID)
        self.resize(720, 420)

    def _save(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Save numbers", f"{_file_name(self._shown)}-numbers.csv", "CSV (*.csv)"
        )
        if not chosen:
            return
        try:
            Path(chosen).write_text(table_text(self._table), encoding="utf-8")
        except OSError as error:
            self._shown.session.message.emit(f"Cannot write {chosen}: {error.strerror}.")
        else:
            self._shown.session.message.emit(f"Saved the numbers to {chosen}.")


class ExportDialog(Dialog):
    """Asks for the file and size of a figure, and lets a separate process draw it.

    Attributes
    ----------
    target : QLineEdit
        The file.
    format : QComboBox
        The format: PDF, SVG or PNG.
    width_, font_, dpi : QSpinBox, QDoubleSpinBox, QSpinBox
        Width in mm, font size in points, resolution in dots per inch.
    caption : QPlainTextEdit
        The caption, written to a separate file.
    """

    def __init__(self, shown: View, spec: dict[str, Any]) -> None:
        super().__init__(f"Export {shown.title}", shown)
        # both from the same moment, so that numbers and figure agree although the run continues
        self._shown, self._table = shown, spec.get("table") or shown.table()
        self._spec = {name: value for name, value in spec.items() if name != "table"}
        self._settings: QSettings | None = getattr(shown.window(), "settings", None)
        start = {name: self._remembered(name, value) for name, value in _REMEMBERED.items()}
        folder = Path(str(self._remembered("folder", str(Path.home()))))
        self.target = named(QLineEdit(short_path(folder / _file_name(shown))), "File")
        place = hbox((self.target, 1), push_button("Browse…", clicked=self._browse))
        uses = zip(FORMATS, ("vector, for LaTeX", "vector, for editing", "pixels"), strict=True)
        self.format = choice([(f"{name.upper()} ({use})", name) for name, use in uses], "Format")
        self.width_ = number_field(20, 400, int(float(start["width"])), "Width", suffix=" mm")
        widths = *_WIDTHS, "custom width"
        self.preset = choice(widths, "Common widths", chosen=lambda _: self._take_preset())
        width = hbox(self.width_, (self.preset, 1))
        self.font_ = named(QDoubleSpinBox(), "Font size")
        self.font_.setRange(4, 30)
        self.font_.setDecimals(1)
        self.font_.setSuffix(" pt")
        self.dpi = number_field(50, 1200, int(start["dpi"]), "Resolution", suffix=" dpi")
        self.caption = named(QPlainTextEdit(shown.caption_of(spec)), "Caption")
        self.caption.setTabChangesFocus(True)
        self.caption.setFixedHeight(5 * self.fontMetrics().lineSpacing() + 2 * theme.GRID)
        self.problem = ProblemLabel("Problem")
        self.busy = ProgressBar("Drawing the figure")
        self.busy.setRange(0, 0)
        self.busy.hide()
        fields = form(
            ("File", place),
            ("Format", self.format),
            ("Width", width),
            ("Font size", self.font_),
            ("Resolution", self.dpi),
            ("Caption", self.caption),
        )
        note = named(wrapped("The numbers (.csv) and the caption (.txt) are saved in the same folder."), style="faint")
        self.go = push_button("Export", clicked=self.export, style="primary")
        self.go.setDefault(True)
        buttons = hbox(STRETCH, push_button("Cancel", clicked=self.reject), self.go)
        vbox(fields, note, self.problem, self.busy, buttons, within=self, margins=2 * theme.GRID, spacing=theme.GRID)
        self.resize(560, self.sizeHint().height())
        self.format.currentIndexChanged.connect(self._name_by_format)
        self.width_.valueChanged.connect(self._name_preset)
        self.format.setCurrentIndex(max(0, self.format.findData(start["format"])))
        self.font_.setValue(float(start["font"]))
        self._name_by_format()
        self._name_preset()

    def order(self) -> Order:
        """Return the chosen settings."""
        return Order(
            self.target.text().strip(),
            self.width_.value(),
            self.font_.value(),
            self.dpi.value(),
            self.caption.toPlainText().strip(),
        )

    def export(self) -> None:
        """Draw the figure; the dialog closes on success and shows the problem otherwise."""
        order = self.order()
        target = Path(order.target).expanduser()
        if target.suffix.lower().lstrip(".") not in FORMATS:
            self._show_problem(f"{target.name or 'The file name'} must end in .pdf, .svg or .png.")
            return
        if not target.parent.is_dir():
            self._show_problem(f"The folder {target.parent} does not exist.")
            return
        self.problem.hide()
        self.busy.show()
        self.go.setEnabled(False)
        self._remember(target)
        order = Order(str(target.absolute()), order.width, order.font_size, order.dpi, order.caption)
        self._job = self._shown.session.work(
            lambda: _draw(self._spec, self._table, order),
            lambda _: self._drawn(target),
            failed=self._show_problem,
            owner=self,
        )

    def _drawn(self, target: Path) -> None:
        self._shown.session.message.emit(f"Exported {target}; numbers and caption are in the same folder.")
        self.accept()

    def _show_problem(self, sentence: str) -> None:
        self.busy.hide()
        self.go.setEnabled(True)
        self.problem.say(sentence)

    def _browse(self) -> None:
        kinds = ";;".join(f"{name.upper()} (*.{name})" for name in FORMATS)
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Export figure", str(Path(self.target.text()).expanduser()), kinds
        )
        if chosen:
            self.target.setText(chosen)
            place = self.format.findData(Path(chosen).suffix.lower().lstrip("."))
            if place >= 0:
                self.format.setCurrentIndex(place)
            self._name_by_format()

    def _take_preset(self) -> None:
        width = self.preset.currentData()
        if width is not None:
            self.width_.setValue(width)

    def _name_preset(self) -> None:
        place = next((k for k, (_, width) in enumerate(_WIDTHS) if width == self.width_.value()), len(_WIDTHS))
        self.preset.setCurrentIndex(place)

    def _name_by_format(self) -> None:
        path = Path(self.target.text().strip() or "figure")
        known = path.suffix.lower().lstrip(".") in FORMATS
        stem = path.with_suffix("") if known else path
        self.target.setText(f"{stem}.{self.format.currentData()}")

    def _remembered(self, name: str, usual: Any) -> Any:
        return usual if self._settings is None else self._settings.value(f"export/{name}", usual)

    def _remember(self, target: Path) -> None:
        if self._settings is not None:
            for name, value in (
                ("folder", str(target.parent)),
                ("format", self.format.currentData()),
                ("width", self.width_.value()),
                ("font", self.font_.value()),
                ("dpi", self.dpi.value()),
            ):
                self._settings.setValue(f"export/{name}", value)


def _draw(spec: dict[str, Any], table: Table | None, order: Order) -> None:
    """Draw a figure in another process, which ends if the job of this thread is cancelled."""
    request = {"spec": spec, "table": table, "order": asdict(order)}
    carry_out_aside("stdpbench.results.figures.paper", request, look=check_cancelled)


def _file_name(shown: View) -> str:
    folder = shown.session.folder
    words = str(shown.title).lower().replace(" ", "-")
    return f"{folder.path.name}-{words}" if folder is not None else words
