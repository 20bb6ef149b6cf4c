"""The Rules page: the effect of a rule on a synapse, redrawn while its values change."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from html import escape
from pathlib import Path

from PyQt6.QtCore import QSettings, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QSplitter,
    QWidget,
)

from stdpbench.base.errors import StdpbenchError
from stdpbench.kinds.plasticity import PlasticityRule, rules
from stdpbench.kinds.plasticity.custom import CustomRule, as_custom, read_rule
from stdpbench.studies.lab.data_sets import PUBLISHED
from stdpbench.studies.lab.quick import as_opened, options_for
from stdpbench_gui.look import theme
from stdpbench_gui.pages.rules.compare_box import CompareBox
from stdpbench_gui.pages.rules.curves import Curves
from stdpbench_gui.pages.rules.editor import EditorBox
from stdpbench_gui.pages.rules.equations_box import EquationsBox
from stdpbench_gui.pages.rules.fit_dialog import FitDialog
from stdpbench_gui.pages.rules.map_dialog import MapDialog
from stdpbench_gui.pages.rules.parameters_box import ValuesBox
from stdpbench_gui.pages.rules.plot_box import PlotBox
from stdpbench_gui.pages.rules.points_dialog import PointsDialog
from stdpbench_gui.pages.rules.state import PLACES, RulesState
from stdpbench_gui.pages.rules.to_network import ToNetwork
from stdpbench_gui.pages.titled_box import TitledBox
from stdpbench_gui.session.background import Background
from stdpbench_gui.session.parameter_changes import Changes
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.sentences import Lasting
from stdpbench_gui.widgets.actions import Actions
from stdpbench_gui.widgets.basic import (
    Label,
    NarrowBox,
    ask_for_file,
    content_of,
    dropped_paths,
    named,
    push_button,
    refill,
    wrapped,
)
from stdpbench_gui.widgets.layouts import STRETCH, arrange, hbox, vbox
from stdpbench_gui.widgets.notices import Notices
from stdpbench_gui.widgets.parameter_fields import show_windows


def add_actions(actions: Actions, page: Callable[[], RulesPage]) -> None:
    """Add the menu; its actions create the page if necessary, and show it."""
    menu = "Ru&les"

    def add(
        key: str,
        text: str,
        act: Callable[[RulesPage], object],
        shortcut: str = "",
        tip: str = "",
    ) -> None:
        def do() -> None:
            shown = page()
            shown.wanted.emit()
            act(shown)

        actions.add(f"rules-{key}", menu, text, do, shortcut, tip)

    add("choose", "&Choose a rule…", lambda it: it.choose_rule())
    add("keep", "&Keep this curve", lambda it: it.keep(), "Ctrl+Shift+K", "Keep the rule with its values in all plots")
    add("reset", "&Reset the values", lambda it: it.state.reset(), "", "Set all values of the rule to their defaults")
    add(
        "sjoestroem",
        "Add data &points: Sjöström et al. 2001",
        lambda it: it.draw_points(next(iter(PUBLISHED))),
        "",
        "Spike pairs at different frequencies",
    )
    add("points", "Add data points from a &CSV file…", lambda it: it.choose_points())
    add("type", "&Type data points…", lambda it: it.type_points(), "", "New ones, or those of the file that is drawn")
    add(
        "map",
        "&Map of two parameters…",
        lambda it: it.map(),
        "Ctrl+Shift+M",
        "The misfit, or a weight change, over two parameters",
    )
    add("fit", "&Fit to the data points…", lambda it: it.fit(), "Ctrl+Shift+F", "Find the values that made the points")
    actions.separator(menu)
    add(
        "edit",
        "&Edit as custom rule",
        lambda it: it.edit(),
        "",
        "Edit the traces, parameters and expressions of this rule",
    )
    add("load", "&Load a rule from a file…", lambda it: it.load())
    add("save", "&Save the rule to a file…", lambda it: it.save_rule())
    actions.separator(menu)
    add(
        "use",
        "&Use in an experiment…",
        lambda it: it.network.use(),
        "Ctrl+Shift+U",
        "Start, queue or save an experiment with this rule",
    )
    add(
        "apply",
        "&Apply to the running network",
        lambda it: it.network.apply_here(),
        "",
        "From the next presentation on",
    )
    add(
        "branch",
        "Apply in a &branch of it",
        lambda it: it.network.apply_in_branch(),
        "",
        "Compare both in the same plots",
    )


_SHARES = {"columns": (28, 72), "left": (41, 36, 23), "upper": (50, 50), "right": (50, 50), "plots": (56, 44)}
"""Initial sizes of each splitter, in percent."""
_WIDE = 66
"""Width from which everything fits side by side, in lines of text."""


class RulesPage(QWidget):
    """One rule, three plots, and the kept curves to compare it with.

    Parameters
    ----------
    runs : Path
        Runs folder, for the queue.
    shown : RunSession
        The run of the Train page, to which rules are applied.
    changes : Changes
        Parameter changes of that run.

    Attributes
    ----------
    wanted : signal
        Request to show this page.
    use_wanted : signal of (PlasticityRule, str)
        Request for a new run with a rule, and the projection that is to learn by it.
    dropped : signal of list of Path
        Files were dropped that this page does not open.
    """

    wanted = pyqtSignal()
    use_wanted = pyqtSignal(object, str)
    dropped = pyqtSignal(object)

    def __init__(self, shown: RunSession, changes: Changes, settings: QSettings) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self._settings = settings
        self._background = Background(self, 2)
        self.session = RunSession()  # receives the messages of the views; never opens a run
        self.notices = Notices()
        self.session.message.connect(
            lambda sentence: self.notices.add_notice(sentence, brief=not isinstance(sentence, Lasting))
        )
        self.state = RulesState(self)
        self.curves = Curves(self)
        self.network = ToNetwork(self.state, shown, changes, self.notices, self)
        self._begun = self._arranged = False
        self.plots: list[PlotBox] = []
        self._lay_out()
        for place in range(PLACES):
            plot = PlotBox(place, self.state, self.curves, self.session)
            self.plots.append(plot)
            self.splits["right"].addWidget(plot) if place else self.splits["upper"].insertWidget(0, plot)
        self.equations = EquationsBox(self.state, self.session)
        self.values = ValuesBox(self.state, self.session)
        self.compare = CompareBox(self.state, self.session)
        for box in (self.equations, self.values, self.compare):
            self.splits["left"].addWidget(box)
        self.editor = EditorBox(self.state, self.session)
        self.splits["plots"].addWidget(self.editor)
        self._connect()
        self._order_tabs()
        self.state.restore(str(self._settings.value("lab/state", "")))
        self._show_rule()

    @property
    def boxes(self) -> list[TitledBox]:
        """All boxes of the page."""
        return [self.equations, self.values, self.compare, *self.plots, self.editor]

    # -- layout ----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.rule = named(QComboBox(), "Rule")
        self.rule.setMaxVisibleItems(24)
        self.rule.setMinimumContentsLength(22)
        for kind in rules.kinds():
            self.rule.addItem(kind, kind)
        show_windows(self.rule)
        self.preset = named(NarrowBox(), "Preset: published parameters", tip="Published values")
        self.preset.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.edit_button = push_button(
            "Edit as custom rule",
            clicked=lambda _: self.edit(),
            tip="Edit the traces, parameters and expressions of this rule",
        )
        title = named(Label("Rules"), style="cardtitle")
        choose = hbox(title, self.rule, self.preset, self.edit_button, STRETCH, spacing=theme.GRID)
        use = hbox(STRETCH, self.network.apply_button, self.network.use_button, spacing=theme.GRID)
        self._head = hbox((choose, 1), use, spacing=theme.GRID)
        self.about = wrapped("", "faint", name="About the rule", rich=True)
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.about.setOpenExternalLinks(True)
        self.splits = {
            name: QSplitter(Qt.Orientation.Horizontal if name in ("columns", "upper") else Qt.Orientation.Vertical)
            for name in _SHARES
        }
        for within, parts in (("upper", ("right",)), ("plots", ("upper",)), ("columns", ("left", "plots"))):
            for part in parts:
                self.splits[within].addWidget(self.splits[part])
        for split in self.splits.values():
            split.setChildrenCollapsible(False)
            split.setHandleWidth(theme.GRID)
        vbox(
            self._head,
            self.about,
            self.notices,
            (self.splits["columns"], 1),
            within=content_of(self),
            margins=(2 * theme.GRID, theme.GRID),
            spacing=theme.GRID,
        )

    def _connect(self) -> None:
        self.rule.activated.connect(lambda row: self.choose(self.rule.itemData(row)))
        self.preset.activated.connect(self._take_preset)
        self.network.use_wanted.connect(self.use_wanted)
        self.compare.keep_wanted.connect(self.keep)
        self.compare.file_wanted.connect(self.choose_points)
        self.compare.shipped_wanted.connect(self.draw_points)
        self.compare.taken_up.connect(self._take_up)
        self.state.changed.connect(self._on_state)
        self.curves.came.connect(lambda place, result, coarse: self.plots[place.plot].take(place.kept, result, coarse))
        self.curves.late.connect(lambda place: self.plots[place.plot].wait(place.kept))
        self.curves.failed.connect(lambda place, reason: self.plots[place.plot].fail(place.kept, reason))

    def _order_tabs(self) -> None:
        """Order the Tab key: rule, values, comparison list, plots, editor."""
        order: list[QWidget] = [
            self.rule,
            self.preset,
            self.edit_button,
            self.network.apply_button,
            self.network.use_button,
        ]
        order += [self.values.reset, self.compare.list, self.compare.keep, self.compare.points, self.compare.remove]
        for plot in self.plots:
            order += [plot.choice, plot.options, plot.plot]
        order += [self.editor.load, self.editor.save, self.editor.name]
        order += [field.edit for field in self.editor.fields.values()]
        for table in (self.editor.traces, self.editor.parameters):
            order += [table.add, table.remove, table.table]
        for first, second in itertools.pairwise(order):
            self.setTabOrder(first, second)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Start the helper processes when the page is first shown."""
        super().showEvent(event)
        if not self._begun:
            self._begun = True
            self._ask({"rule", "values", "plots", "kept"})
        if not self._arranged:
            QTimer.singleShot(0, self._arrange)

    def _arrange(self) -> None:
        """Restore the saved sizes of the splitters, or set the defaults, once the page has a size."""
        self._arranged = True
        for name, split in self.splits.items():
            arrange(split, self._settings.value(f"lab/split-{name}"), _SHARES[name])
        self._fit()  # as narrow as it is now, not as it was then
        self.equations.ask()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Fit the page to the new width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Without room for all side by side, put plots below each other or, of a custom rule, below the values."""
        wide, own = self.width() >= _WIDE * self.fontMetrics().lineSpacing(), not self.editor.isHidden()
        self._head.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        for name, beside in (("columns", wide or not own), ("upper", wide or own)):
            self.splits[name].setOrientation(Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical)

    # -- the rule --------------------------------------------------------------------------------------------------

    def _on_state(self, topics: set[str]) -> None:
        if topics & {"rule", "values"}:
            self._show_rule()
        if self._begun:
            self._ask(topics)

    def _ask(self, topics: set[str]) -> None:
        for plot in self.plots:
            plot.ask(topics)
        if "rule" in topics:
            self.equations.ask()

    def _show_rule(self) -> None:
        rule = self.state.rule
        own = isinstance(rule, CustomRule)
        self.rule.setCurrentIndex(self.rule.findData(self.state.kind))
        presets = list(type(rule).presets)
        self.preset.setVisible(bool(presets))
        if [self.preset.itemText(k) for k in range(1, self.preset.count())] != presets:
            refill(self.preset, ["preset …", *presets], 0)
        self.preset.setCurrentIndex(1 + _preset_of(rule) if presets else 0)
        self.edit_button.setVisible(not own)
        self.editor.setVisible(own)
        self._fit()
        where = rule.in_digit_network.replace("does not run there", "does not run", 1)
        parts = [escape(rule.summary), _linked(rule.reference), escape(f"In the digit network, it {where}")]
        self.about.setText(". ".join(filter(None, parts)) + ".")
        self.rule.setToolTip(rule.summary)
        self.setAccessibleDescription(f"{rule.summary}. {self.values.summary()}")

    def choose_rule(self) -> None:
        """Open the list of rules."""
        self.rule.setFocus()
        self.rule.showPopup()

    def choose(self, kind: str) -> None:
        """Choose a rule."""
        if not self._try(lambda: self.state.show(rules.build({"kind": kind}, "plasticity"), kind)):
            self._show_rule()

    def _try(self, do: Callable[[], object]) -> bool:
        """Do something that may fail, and say why it did; return whether it was done."""
        try:
            do()
        except StdpbenchError as error:
            self.notices.add_notice(f"{error}.", True)
            return False
        return True

    def _take_preset(self, row: int) -> None:
        if row > 0:
            self.state.take_preset(self.preset.itemText(row))
        else:
            self._show_rule()

    def edit(self) -> None:
        """Convert the rule into a custom rule with the same traces, expressions and values."""
        state, text = self.state, f"edit {self.state.kind} as custom rule"
        if self._try(lambda: state.show(rules.build(as_custom(state.rule), "plasticity"), text)):
            self.editor.fields["on_output_spike"].edit.setFocus()

    # -- comparison ------------------------------------------------------------------------------------------------

    def keep(self) -> None:
        """Keep the rule with its values in all plots."""
        self._try(self.state.keep)

    def _take_up(self, row: int) -> None:
        if 0 <= row < len(self.state.kept):
            kept = self.state.kept[row]
            self.state.show(kept.rule, kept.name)

    def draw_points(self, source: str) -> None:
        """Add data points from a file or from an included data set."""
        if not self._try(lambda: self.state.add_points(source)):
            return
        protocols = {self.state.protocol(place) for place in range(PLACES)}
        for points in self.state.points:
            if points.source == source and points.points.protocol not in protocols:
                words = f"{points.points.label}: no plot shows the protocol of these data points."
                self.notices.add_notice(words, brief=True)
                break

    def choose_points(self) -> None:
        """Ask for a file of data points."""
        kinds = "Data points (*.csv *.tsv *.txt)"
        ask_for_file(self, "Add data points", kinds, lambda path: self.draw_points(str(path)))

    def type_points(self) -> None:
        """Open the dialog in which data points are typed, or those of the first file that is drawn are changed."""
        files = [Path(shown.source) for shown in self.state.points if shown.visible and shown.source not in PUBLISHED]
        self._try(lambda: PointsDialog(files[0] if files else None, self.draw_points, self).show())

    def fit(self) -> None:
        """Open the dialog that fits the rule to the visible data points."""
        sources, _, rule, weight = self._fitted_to()
        if sources:
            FitDialog(rule, sources, weight, self.state.show_fit, self.session, self).show()
        else:
            self.notices.add_notice("There are no data points to fit the rule to: add some first.", brief=True)

    def map(self) -> None:
        """Open the dialog with a map over two parameters of the rule."""
        sources, protocol, _, weight = self._fitted_to()
        MapDialog(self.state, sources, protocol, weight, self.session, self).show()

    def _fitted_to(self) -> tuple[list[str], str, PlasticityRule, float]:
        """Return the visible data, their protocol or that of the first plot, and rule and weight as drawn there."""
        visible = [shown for shown in self.state.points if shown.visible]
        protocol = visible[0].points.protocol if visible else self.state.protocol(0)
        rule, _ = as_opened(self.state.rule, protocol)
        weight = options_for(rule, protocol, {}).get("weight") or rule.w_max / 2
        return [*dict.fromkeys(shown.source for shown in visible)], protocol, rule, weight

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802 - Qt's name
        """Accept data points and rules, and pass other files on to the app."""
        if event is not None and event.mimeData() is not None and event.mimeData().hasUrls():  # type: ignore[union-attr]
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802 - Qt's name
        """Open dropped files."""
        paths = dropped_paths(event.mimeData() if event is not None else None)
        others = [path for path in paths if not self.take(path)]
        if others or not paths:
            self.dropped.emit(others)

    def take(self, path: Path) -> bool:
        """Open a file with data points or a rule; return whether it is one."""
        if path.suffix.lower() in (".csv", ".tsv", ".txt"):
            self.draw_points(str(path))
        elif path.suffix.lower() == ".toml" and _holds_a_rule(path):
            self._try(lambda: self.editor.read(path))
        else:
            return False
        return True

    # -- files -----------------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Ask for a file, and read a rule from it."""
        ask_for_file(self, "Load a rule", "Rules (*.toml)", lambda path: self._try(lambda: self.editor.read(path)))

    def save_rule(self) -> None:
        """Ask for a file, and write the custom rule to it."""
        if isinstance(self.state.rule, CustomRule):
            self.editor.save.click()
        else:
            words = "Only custom rules can be saved to a file: choose “Edit as custom rule” first."
            self.notices.add_notice(words, brief=True)

    # -- the rest --------------------------------------------------------------------------------------------------

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.about.clear()  # links keep the colour they were written in
        self._show_rule()
        for box in self.boxes:
            box.restyle()

    def save(self) -> None:
        """Save the state of the page and end its processes."""
        self._settings.setValue("lab/state", self.state.to_text())
        for name, split in self.splits.items() if self._arranged else ():
            self._settings.setValue(f"lab/split-{name}", split.saveState())
        self.curves.process.give_up()
        self.equations.process.give_up()


def _preset_of(rule: PlasticityRule) -> int:
    """Return the index of the preset with these values; -1: none."""
    for place, values in enumerate(type(rule).presets.values()):
        made = rules.build({"kind": getattr(rule, "kind", ""), **values}, "plasticity")
        if all(getattr(made, name) == getattr(rule, name) for name in values):
            return place
    return -1


def _linked(reference: str) -> str:
    """Return a reference with its DOI as a link."""
    words = []
    for word in reference.split():
        bare = word.rstrip(".,;")
        doi = bare.removeprefix("doi:")
        link = f'<a href="https://doi.org/{escape(doi)}">{escape(bare)}</a>{word[len(bare) :]}'
        words.append(link if bare.startswith("doi:") else escape(word))
    return " ".join(words)


def _holds_a_rule(path: Path) -> bool:
    """Return whether a file defines a rule rather than an experiment."""
    try:
        definition = read_rule(str(path), path.name)
    except StdpbenchError:
        return False
    return any(key in definition for key in ("on_input_spike", "on_output_spike"))
