"""The main window: a rail of pages, menus, the command palette.

The Start page is painted first. The other pages are made right after, a part in each turn of the event loop, so that
the window keeps responding, or when one is needed. Their modules are imported ahead in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from functools import partial
from importlib import import_module
from inspect import GEN_RUNNING, getgeneratorstate
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QByteArray, QSettings, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QPaintEvent,
)
from PyQt6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QFileDialog,
    QMainWindow,
    QMessageBox,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from stdpbench import __version__
from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import runs_folder
from stdpbench.base.threads import one_blas_thread
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.runs.catalog import columns
from stdpbench.runs.catalog.store import Entry, newest
from stdpbench.runs.preparation.creation import create_run
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State
from stdpbench_gui.dialogs.figure_export import View
from stdpbench_gui.look import theme
from stdpbench_gui.look.icons import icon
from stdpbench_gui.pages.start import StartPage
from stdpbench_gui.session.background import Job
from stdpbench_gui.session.machine import Machine
from stdpbench_gui.session.neuron_notes import NeuronNotes
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.sentences import Failed, Lasting, reading_ms
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.actions import Actions, Palette
from stdpbench_gui.widgets.actions import Entry as MenuEntry
from stdpbench_gui.widgets.basic import (
    Elided,
    around,
    ask_for_file,
    dropped_paths,
    keep_room,
    named,
    not_none,
    plain_tip,
    tool_button,
)
from stdpbench_gui.widgets.layouts import hbox, holding, vbox

if TYPE_CHECKING:
    from stdpbench_gui.app.window_services import WindowServices
    from stdpbench_gui.pages.evaluate.page import EvaluatePage
    from stdpbench_gui.pages.rules.page import RulesPage
    from stdpbench_gui.pages.runs.page import RunsPage
    from stdpbench_gui.pages.train import TrainPage
    from stdpbench_gui.session.undo import History


class StatusLine(QWidget):
    """A sentence, and a button that closes it.

    Attributes
    ----------
    close_button : QToolButton
        Shown beside a sentence that stays.
    """

    def __init__(self) -> None:
        super().__init__()
        self._label = named(Elided(), "Message")
        self._failed = False
        self.close_button = tool_button(
            "✕",
            clicked=lambda _: self.show_sentence(""),
            name="Close this message",
            tip="Close this message",
            flat=True,
        )
        keep_room(self.close_button)  # the panels above do not move
        self._over = timer(self, self._go, once=True)
        hbox((self._label, 1), self.close_button, within=self)

    def text(self) -> str:
        """Return the sentence; empty if there is none."""
        return self._label.text()

    def show_sentence(self, sentence: str) -> None:
        """Show a sentence; an empty one takes the last one away."""
        self._label.setText(sentence)
        self._label.setToolTip(plain_tip(sentence))
        self._failed = isinstance(sentence, Failed)
        self.close_button.setVisible(isinstance(sentence, Lasting))
        self._over.stop()
        if reading_ms(sentence):
            self._over.start(reading_ms(sentence))

    def forget_failure(self) -> None:
        """Take away what went wrong with an action, since another begins or another page is shown."""
        if self._failed:
            self.show_sentence("")

    def _go(self) -> None:
        """Take the sentence away, unless the mouse rests on it."""
        if self.underMouse():
            self._over.start(reading_ms(self.text()))
        else:
            self.show_sentence("")


_PAGES = (
    ("start", "Start"),
    ("train", "Train"),
    ("rules", "Rules"),
    ("evaluate", "Evaluate"),
    ("runs", "Runs"),
)
"""Key and title of each page, in the order of the rail; icons have the names of keys."""


_RAIL = 84
_ICON = QSize(20, 20)
"""Width of the rail in pixels, unless the system font is large."""
_MODULES: Final = (
    "pages.train",
    "pages.runs.page",
    "app.window_services",
    "app.console",
    "app.help_actions",
    "pages.evaluate.page",
    "pages.rules.page",
)


def import_pages() -> None:
    """Import the modules of all pages and dialogs, and the rules that they list."""
    from stdpbench.kinds.plasticity import projection_rules

    for module in _MODULES:
        import_module(f"stdpbench_gui.{module}")
    projection_rules.kinds()


def read_kinds() -> None:
    """Import all kinds, which the forms for runs and networks list."""
    from stdpbench.experiment import trained_kinds
    from stdpbench.experiment.families import FAMILIES
    from stdpbench.kinds.plasticity import projection_rules

    for family in (*(family for family, _ in FAMILIES.values()), projection_rules):
        family.usable()
    trained_kinds()


class MainWindow(QMainWindow):
    """The main window.

    Attributes
    ----------
    evaluate_made : EvaluatePage or None
        The Evaluate page, if it exists.
    rules_made : RulesPage or None
        The Rules page, if it exists.
    is_complete : bool
        Whether the Train and Runs pages, all menus and the services exist.
    completed : signal
        They exist now.
    finished : signal
        All pages exist now.
    """

    completed = pyqtSignal()
    finished = pyqtSignal()

    def __init__(self, settings: QSettings | None = None, runs: Path | None = None) -> None:
        super().__init__()
        one_blas_thread()
        self.setWindowTitle(f"stdpbench {__version__}")
        self.setAccessibleName("stdpbench")
        self.setAcceptDrops(True)
        self.settings = settings or QSettings("stdpbench", "stdpbench")
        self.runs = (runs or runs_folder()).absolute()
        theme.apply(str(self.settings.value("theme", "system")))
        self.session = RunSession()
        self.actions_ = Actions(self)
        self.actions_.others = self._other_actions
        self._add_actions()
        self.machine = Machine(self.session)
        self.start = StartPage(self.machine)
        self._train: TrainPage | None = None
        self.pages = QStackedWidget()
        self.evaluate_made: EvaluatePage | None = None
        self.rules_made: RulesPage | None = None
        self.is_complete = False
        self._steps = self._make_pages()
        self._making = timer(self, self._make_next)
        self._importing: Job | None = None
        self.rail = self._rail()
        self.setCentralWidget(holding(hbox(self.rail, (self.pages, 1), spacing=0)))
        self.message = StatusLine()
        not_none(self.statusBar()).addWidget(self.message, 1)
        self.session.message.connect(self.show_message)
        self.actions_.begins = self.message.forget_failure
        self.pages.currentChanged.connect(lambda _: self.message.forget_failure())
        self.session.opened.connect(lambda: self.go_to("train"))
        self.session.opened.connect(lambda: self.show_message(""))
        self.start.experiment_chosen.connect(self.run_experiment)
        self.start.run_chosen.connect(self.open_run)
        self.completed.connect(self.start.film.start)  # motion may be reduced, as is known by then
        self._restore()
        QTimer.singleShot(0, self._look_around)

    # -- pages -----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Create the other pages once the first one is painted."""
        super().paintEvent(event)
        if self._importing is None:
            begin, do = self._making.start, self.session.background.do
            self._importing = do(import_pages, lambda _: begin(), lambda _: begin(), owner=self)
            do(read_kinds, lambda _: None)

    def complete(self) -> None:
        """Create the Train and Runs pages, all menus and the services, unless they exist or are just being made."""
        while not self.is_complete and getgeneratorstate(self._steps) != GEN_RUNNING:
            next(self._steps)

    def _make_next(self) -> None:
        """Do the next step of making the pages."""
        try:
            next(self._steps)
        except StopIteration:
            self._making.stop()
            self.finished.emit()

    def _make_pages(self) -> Generator[None]:
        """Create all pages, menus and the services in steps."""
        from stdpbench_gui.app.console import Console
        from stdpbench_gui.app.help_actions import HelpActions
        from stdpbench_gui.app.window_services import WindowServices
        from stdpbench_gui.pages.evaluate.page import add_actions as add_evaluate_actions
        from stdpbench_gui.pages.rules.page import add_actions as add_rules_actions
        from stdpbench_gui.pages.runs.page import RunsPage
        from stdpbench_gui.pages.train import TrainPage
        from stdpbench_gui.panels.curves.curves_panel import Curves

        train = self._train = TrainPage(self.session, self.actions_, self.settings)
        yield from train.fill()
        self.pages.addWidget(train)  # does not scroll, so that its run bar stays in place
        yield
        self.start.first_minute_chosen.connect(train.bar.slow_start.arm)
        self._add_panel_actions()
        add_evaluate_actions(self.actions_, lambda: self.evaluate)
        add_rules_actions(self.actions_, lambda: self.lab)
        curves = train.panels["curves"]
        assert isinstance(curves, Curves)
        runs = self._runs = RunsPage(self.runs, self.session, self.actions_, self.settings)
        self.pages.addWidget(runs)
        yield from runs.fill()
        runs.run_chosen.connect(self.open_run)
        runs.neuron_wanted.connect(NeuronNotes.of(self.session).show)
        runs.wanted.connect(lambda: self.go_to("runs"))
        runs.new_run_wanted.connect(lambda: self.services.forms.new_run())
        runs.evaluation_wanted.connect(lambda path: self.evaluate.evaluate(path))
        yield
        self.help = HelpActions(self)
        yield
        self.help.lessons.made()
        yield
        self._services = WindowServices(self)
        self.console = Console(self, self.actions_, self.session, self.services.open_path)
        add, forms = self.actions_.add, self.services.forms
        tip = "A second run continues from the moment on the timeline, with the same input"
        add("branch-here", "&Run", "Branch from here", forms.branch_here, "", tip, before="draw")
        tip = "Continue the run with a change"
        add("branch-shown", "&Run", "Branch with changes…", forms.branch_current, "", tip, before="draw")
        tip = "Go back to the moment on the timeline; the later part is kept as another run"
        add("rewind-here", "&Run", "Rewind to here…", forms.rewind_here, "", tip, before="draw")
        tip = "Save a film (movie, video, gif) of the weights and stimuli over training"
        add("film", "&File", "Save a &film (movie, GIF)…", self.services.save_film, "", tip, before="quit")
        neurons = "Tuning, intervals, correlograms and raster of several neurons"
        act = self.services.compare_neurons
        self.actions_.add("neurons", "&Evaluate", "Spikes of &neurons…", act, "", neurons)
        offered = {"Evaluate": "evaluate-shown", "Draw a digit": "draw", "Film": "film"}
        self.start.drawing_wanted.connect(self.services.draw)
        train.bar.offer({text: self.actions_[key] for text, key in offered.items()})
        self.is_complete = True
        self.completed.emit()
        yield
        _ = self.evaluate
        yield
        _ = self.lab

    @property
    def train(self) -> TrainPage:
        """The Train page."""
        self.complete()
        return not_none(self._train)

    @property
    def evaluate(self) -> EvaluatePage:
        """The Evaluate page."""
        if self.evaluate_made is None:
            from stdpbench_gui.pages.evaluate.page import EvaluatePage

            self.complete()
            self.evaluate_made = EvaluatePage(self.runs, self.session, self.settings)
            self.evaluate_made.wanted.connect(lambda: self.go_to("evaluate"))
            self.pages.addWidget(self.evaluate_made)
        return self.evaluate_made

    @property
    def lab(self) -> RulesPage:
        """The Rules page."""
        if self.rules_made is None:
            from stdpbench_gui.pages.rules.page import RulesPage

            self.complete()
            page = self.rules_made = RulesPage(self.session, self.parameters.changes, self.settings)
            page.wanted.connect(lambda: self.go_to("rules"))
            page.use_wanted.connect(self.services.forms.use_rule)
            page.dropped.connect(self.services.open_dropped)
            self.pages.addWidget(page)
        return self.rules_made

    @property
    def runs_page(self) -> RunsPage:
        """The Runs page."""
        self.complete()
        return self._runs

    @property
    def services(self) -> WindowServices:
        """Recent files, dialogs, settings and closing."""
        self.complete()
        return self._services

    def _rail(self) -> QWidget:
        rail = named(QWidget(), style="rail")
        rail.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bold = QFontMetrics(theme.font_of(rail, bold=True))
        room = max(bold.horizontalAdvance(word) for _, word in _PAGES)
        width = max(_RAIL, room + 3 * theme.GRID)
        rail.setFixedWidth(width)
        layout = vbox(within=rail, margins=(0, theme.GRID))
        self._buttons = QButtonGroup(self)
        self.pages.addWidget(self.start)
        self._rail_buttons: dict[str, QToolButton] = {}
        for number, (name, word) in enumerate(_PAGES):
            button = tool_button(
                word,
                clicked=lambda _=False, name=name: self.go_to(name),
                name=word,
                tip=f"{word} (Ctrl+{number + 1})",
                checkable=True,
            )
            button.setIcon(icon(name))
            button.setIconSize(_ICON)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setFixedWidth(width)
            self._buttons.addButton(button)
            self._rail_buttons[name] = button
            layout.addWidget(button)
        layout.addStretch(1)
        self._rail_buttons["start"].setChecked(True)
        return rail

    @property
    def page_names(self) -> list[str]:
        """The names of all pages, in the order of the rail."""
        return list(self._rail_buttons)

    def page(self, name: str) -> QWidget:
        """Return a page by its name, after creating it if necessary."""
        pages: dict[str, Callable[[], QWidget]] = {
            "start": lambda: self.start,
            "train": lambda: self.train,
            "rules": lambda: self.lab,
            "evaluate": lambda: self.evaluate,
            "runs": lambda: self.runs_page,
        }
        return pages[name]()

    def go_to(self, name: str) -> None:
        """Show a page."""
        self._rail_buttons[name].setChecked(True)
        self.rail.repaint()  # before the steps that are left of making the page
        self.pages.setCurrentWidget(self.page(name))
        histories: dict[str, Callable[[], History]] = {
            "runs": lambda: self.runs_page.steps,
            "rules": lambda: self.lab.state.history,
        }
        self.complete()
        self.undo.show(histories.get(name, lambda: self.parameters.changes.history)())
        if name == "start":
            self._show_recent()
        elif name == "train":
            self.session.catch_up()
            NeuronNotes.of(self.session).look()

    # -- actions ---------------------------------------------------------------------------------------------------

    def _add_actions(self) -> None:
        add = self.actions_.add
        add("open", "&File", "&Open a run…", self._choose_run, "Ctrl+O", "Open a run folder")
        add("experiment", "&File", "Run an &experiment file…", self._choose_experiment, "Ctrl+E")
        self.actions_.separator("&File")
        add("quit", "&File", "&Quit", self.close, "Ctrl+Q")
        add("pause", "&Run", "Pause", self._pause, "Ctrl+P", "Pause or resume the current run")
        step = partial(self.session.request, "step", n=1)
        add("step", "&Run", "Step", step, "Ctrl+Right", "Run one presentation")
        stop = partial(self.session.request, "stop", reason="on request")
        add("stop", "&Run", "Stop", stop, "", "Stop the run; it can be resumed")
        checkpoint = partial(self.session.request, "checkpoint")
        add("checkpoint", "&Run", "Checkpoint", checkpoint, "", "Write a checkpoint now")
        add("clear", "&Run", "Clear the selection", self._clear_selection, "Esc")
        for number, (name, word) in enumerate(_PAGES):
            add(f"page-{name}", "&View", f"{word} page", partial(self.go_to, name), f"Ctrl+{number + 1}")
        self.actions_.separator("&View")
        chosen, group = str(self.settings.value("theme", "system")), QActionGroup(self)
        for name, word in (("system", "System theme"), ("light", "Light theme"), ("dark", "Dark theme")):
            action = add(f"theme-{name}", "&View", word, partial(self.set_theme, name), checkable=True)
            action.setChecked(name == chosen)
            group.addAction(action)
        self.actions_.separator("&View")
        add("palette", "&Help", "Command &palette", self.open_palette, "Ctrl+K", "Find any action")
        add("explain", "&Help", "What am I looking at?", self._explain, "F1")
        add("about", "&Help", "&About stdpbench", self._about)

    def _add_panel_actions(self) -> None:
        from stdpbench_gui.panels.parameters.parameters_panel import ParametersPanel
        from stdpbench_gui.session.undo import UndoActions

        parameters = self.train.panels["parameters"]
        assert isinstance(parameters, ParametersPanel)
        self.parameters = parameters
        add, bar = self.actions_.add, not_none(self.menuBar())
        tip = "Undo the last change of parameters or, on the Runs page, the last deletion or note"
        undo = add("undo", "&Edit", "&Undo", lambda: self.undo.history.undo(), "Ctrl+Z", tip)
        redo = add("redo", "&Edit", "&Redo", lambda: self.undo.history.redo(), "Ctrl+Shift+Z")
        add("change-rule", "&Run", "Change the &rule…", self._change_rule, "", "Choose another rule for the run")
        bar.insertAction(bar.actions()[1], bar.actions()[-1])  # the Edit menu comes second by convention
        self.undo = UndoActions(undo, redo, parameters.changes.history, self)
        parameters.new_run_wanted.connect(lambda *given: self.services.forms.new_run_here(*given))
        for name in self.train.layouts:
            if name != "Present":
                arrange = partial(self.train.arrange, name)
                self.actions_.add(f"layout-{name.lower()}", "&Panels", f"Layout: {name}", arrange)
        tip = "Weights, spikes and accuracy on the whole screen, without menus; F11 or Esc ends it"
        self.actions_.add("layout-present", "&Panels", "Layout: Present", self._toggle_presenting, "F11", tip)
        self.actions_.separator("&Panels")
        for key, panel in self.train.panels.items():
            self.actions_.add(f"panel-{key}", "&Panels", panel.title, partial(self.train.bring, panel))

    def _change_rule(self) -> None:
        """Go to the list of rules among the parameters of the run."""
        self.go_to("train")
        self.train.bring(self.parameters)
        if self.parameters.has_content():  # it may not have been open yet
            self.parameters.refresh()
        sections = self.parameters.form.sections.values()
        rules = (path for section in sections for path in section.group.paths)
        self.parameters.form.reveal(next((path for path in rules if f".{path}".endswith(".plasticity.kind")), ""))

    def _other_actions(self) -> Iterable[MenuEntry]:
        from stdpbench_gui.app.window_services import other_entries

        return other_entries(self)

    def open_palette(self) -> Palette:
        """Open the command palette."""
        palette = Palette(self.actions_, self)
        palette.move(self.mapToGlobal(self.rect().center()) - palette.rect().center())
        palette.open()
        palette.field.setFocus()
        return palette

    def _pause(self) -> None:
        if self.session.state is State.RUNNING and self.session.connected:
            self.session.request("pause")
        else:
            self.session.resume()

    def _toggle_presenting(self) -> None:
        """Show the Train page on the whole screen and nothing else, or end that."""
        presents = not self.isFullScreen()
        if presents:
            self.go_to("train")
        for widget in (
            self.menuBar(),
            self.statusBar(),
            self.rail,
            self.train.top,
            self.train.handle,
            self.train.bottom,
        ):
            not_none(widget).setHidden(presents)
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
        if presents:
            self.train.arrange_for_now("Present")
        else:
            self.train.put_back()
            self.train.bring(self.train.panels["weight-map"])

    def _clear_selection(self) -> None:
        if self.isFullScreen():
            self._toggle_presenting()
            return
        if self.evaluate_made is not None and self.pages.currentWidget() is self.evaluate_made:
            self.evaluate_made.state.clear()
        self.session.selection.select_neuron(-1)

    def _explain(self) -> None:
        page = self.pages.currentWidget()
        focus = not_none(page).focusWidget()
        view = self.train.focused_panel() if page is self.train else around(focus, View)
        if page is self.start or page is self.runs_page:
            page.explain()
        elif view is not None:
            view.explain()
        else:
            self.show_message("Press F1 while a panel has the focus, or click the ? in its title.")

    def _about(self) -> None:
        QMessageBox.about(
            self,
            "About stdpbench",
            f"<b>stdpbench {__version__}</b><p>A workbench for learning without labels, by STDP and other local "
            "rules: Brian2 networks, first of all that of Diehl &amp; Cook (2015).</p><p>GPL-3.0-or-later</p>",
        )

    # -- runs ------------------------------------------------------------------------------------------------------

    def run_experiment(self, experiment: Experiment, options: Options | None = None) -> None:
        """Create a run of an experiment, start it and show it."""
        self.show_message(f"Starting {experiment.name} …")
        runs = self.runs
        self.session.start_new(lambda: create_run(experiment, runs, options or Options(), {"command": "desktop app"}))

    def open_first(self, path: Path) -> None:
        """Open a run folder, an experiment file or pictures as soon as the pages for them are made."""
        self.show_message(f"Opening {path.name or path} …")

        def then() -> None:
            self.show_message("")
            self.services.open_path(path)

        self.completed.connect(then)

    def open_run(self, path: Path) -> None:
        """Show a run."""
        self.session.open(path)

    def _choose_run(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Open a run folder", str(self.runs))
        if chosen:
            self.open_run(Path(chosen))

    def _choose_experiment(self) -> None:
        ask_for_file(self, "Run an experiment file", "Experiments (*.toml *.nir)", self.services.open_path)

    def run_file(self, path: Path) -> None:
        """Describe an experiment file and offer to run it."""
        self.services.recent.add(path.absolute())
        file, ask = path.absolute(), self.services.forms.ask_to_run
        self.session.work(
            lambda: read_experiment(path), lambda made: ask(made, file), "Cannot read the experiment", owner=self
        )

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Press the button that has the focus with Enter, as dialogs do; Qt knows only Space."""
        focus = self.focusWidget()
        enters = event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enters and isinstance(focus, QAbstractButton):
            focus.click()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802 - Qt's name
        """Accept run folders, experiment files and pictures."""
        if event is not None and event.mimeData() is not None and event.mimeData().hasUrls():  # type: ignore[union-attr]
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802 - Qt's name
        """Open the dropped files."""
        self.services.open_dropped(dropped_paths(event.mimeData() if event is not None else None))

    # -- messages, theme, closing ----------------------------------------------------------------------------------

    def show_message(self, sentence: str) -> None:
        """Show a sentence in the status bar; it goes by itself, unless it is a lasting one."""
        self.message.show_sentence(sentence)

    def report(self, sentence: str) -> None:
        """Show a sentence on the Runs page if that is open, and otherwise in the status bar."""
        if self.pages.currentWidget() is not self.runs_page:
            self.show_message(sentence)
        self.runs_page.report(sentence)

    def set_theme(self, name: str) -> None:
        """Choose the theme: ``"system"``, ``"light"`` or ``"dark"``."""
        self.settings.setValue("theme", name)
        self.actions_[f"theme-{name}"].setChecked(True)
        self.complete()
        theme.apply(name)
        for page in (self.start, self.train, self.runs_page, self.evaluate_made, self.rules_made):
            if page is not None:
                page.restyle()
        self.services.restyle()
        self.console.restyle()

    def _look_around(self) -> None:
        self._show_recent()
        self.machine.check()
        not_none(QGuiApplication.styleHints()).colorSchemeChanged.connect(lambda _: self._follow_system())

    def _follow_system(self) -> None:
        if str(self.settings.value("theme", "system")) == "system":
            self.set_theme("system")

    def _show_recent(self) -> None:
        runs = self.runs

        def look() -> tuple[list[Entry], str]:
            try:
                return newest(runs, 6), ""
            except (StdpbenchError, OSError) as error:
                return [], str(error)

        def show(found: tuple[list[Entry], str]) -> None:
            words = [[one.state, columns.text(one, "vote")] for one in found[0]]
            texts = [" · vote ".join(filter(None, text)) for text in words]
            titles = {one.path: one.title for one in found[0]}
            self.start.show_recent([*zip(titles, texts, strict=True)], found[1], titles)

        self.session.work(look, show, owner=self)

    def _stop_making(self) -> None:
        self._making.stop()
        if self._importing is not None:
            self._importing.cancel()

    def _restore(self) -> None:
        self.resize(1280, 800)
        geometry = self.settings.value("window/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Ask about an active run, and save settings."""
        whole = self.is_complete or self.session.folder is not None  # else closed before anything was opened
        if whole and not self.services.may_close():
            if event is not None:
                event.ignore()
            return
        self._stop_making()
        if whole:
            self.services.closed()
            self.console.end()
            if self.isFullScreen():
                self._toggle_presenting()
            for page in (self.train, self.runs_page, self.evaluate_made, self.rules_made):
                if page is not None:
                    page.save()
        self.settings.setValue("window/geometry", self.saveGeometry())
        self.session.leave()
        super().closeEvent(event)
