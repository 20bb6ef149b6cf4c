"""The Parameters panel: a form that shows the current parameters and changes the live ones.

A change applies to this run, in a branch, or after a rewind. The input spikes are previewed while parameters of the
encoding are edited, and the stages of the training are listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QMainWindow, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment, Group, group_of, parameter_groups, value_at
from stdpbench.experiment.draft_stages import stages_in_words
from stdpbench.kinds.plasticity import rules
from stdpbench.results.figures.paper import Table
from stdpbench.runs.protocol.facts import Block
from stdpbench.runs.protocol.states import State
from stdpbench_gui.look import theme
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.panels.network import NetworkPanel
from stdpbench_gui.panels.weights.weight_map import WeightMap
from stdpbench_gui.session.parameter_changes import Changes
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timeline import Timeline
from stdpbench_gui.widgets.basic import Label, named, not_none, search_field, wrapped
from stdpbench_gui.widgets.encoding_preview import EncodingPreviewBox
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox
from stdpbench_gui.widgets.network_diagram import NetworkDiagram
from stdpbench_gui.widgets.parameter_form import ParameterForm, sheet
from stdpbench_gui.widgets.parameter_row import ParameterRow, new_run_button

STAGES = "schedule.stages"
_P = TypeVar("_P", bound=Panel)


class StagesRow(QWidget):
    """What learns in which stage.

    Attributes
    ----------
    new_run_wanted : signal of str
        The path of the stages.
    """

    new_run_wanted = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        name = named(Label("stages"), style="parametername")
        self.words = wrapped("", "faint", name=STAGES)
        self.new_run = new_run_button(STAGES, self.new_run_wanted)
        margins = (3 * theme.GRID, 0, theme.GRID // 2, theme.GRID // 2)
        vbox(
            hbox(name, self.new_run, STRETCH, spacing=theme.GRID), self.words, within=self, margins=margins, spacing=0
        )

    def show_experiment(self, experiment: Experiment) -> None:
        """Show the stages of an experiment."""
        self.words.setText(stages_in_words(experiment))


_SECTION = "encoding"


class LivePreview(QObject):
    """A preview below the parameters of the encoding, from the first time that one of them is edited.

    It shows the values in the form, sent or not: those that are edited, else those that the run has not confirmed yet,
    else the current ones. While what is entered is invalid, the last valid preview stays.

    Parameters
    ----------
    form : ParameterForm
        Form of the parameters of a run.
    session : RunSession
        The run.

    Attributes
    ----------
    box : EncodingPreviewBox or None
        The preview; None until something is edited.
    """

    def __init__(self, form: ParameterForm, session: RunSession) -> None:
        super().__init__(form)
        self._form, self._session = form, session
        self._experiment: Experiment | None = None
        self._sent: dict[str, Any] = {}
        self._edits: dict[str, str] = {}
        self.box: EncodingPreviewBox | None = None
        form.edited.connect(self._edit)

    def reset(self) -> None:
        """Discard the previous run."""
        self._experiment, self._sent, self._edits = None, {}, {}
        self._form.take_away(_SECTION)
        self.box = None

    def show_experiment(self, experiment: Experiment, in_flight: Mapping[str, Any]) -> None:
        """Show the input spikes with the current values, if there is a preview, and with values that were sent."""
        self._experiment = experiment
        self._sent = {path: value for path, value in in_flight.items() if path.startswith(f"{_SECTION}.")}
        self._show(bool(self._sent))

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        if self.box is not None:
            self.box.restyle()

    def _edit(self, path: str, text: str | None) -> None:
        if not path.startswith(f"{_SECTION}."):
            return
        if text is None:
            self._edits.pop(path, None)
        else:
            self._edits[path] = text
        self._show(text is not None)

    def _show(self, wanted: bool) -> None:
        experiment = self._experiment
        if experiment is None or (self.box is None and not wanted):
            return
        if self.box is None:
            self.box = EncodingPreviewBox(self._session)
            self.box.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
            self._form.put_below(_SECTION, self.box)
        try:
            self.box.show_for(experiment.changed_live({**self._sent, **self._edits}))
        except StdpbenchError:  # the row says why once it is sent
            self.box.show_for(None)


HERE, BRANCH = range(2)
_WAYS = {
    "to this run": "From the next presentation on. Undo reverses the change; what was learned in between is kept.",
    "in a branch, to compare": (
        "A second run continues from the moment on the timeline with the change and receives the same input spikes; "
        "this run is unchanged. The curves show both, the weight map their difference: a controlled experiment."
    ),
}


class ChangeWay(QWidget):
    """Choice of how to apply changes, with an explanation."""

    chosen = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.way = named(QComboBox(), "How to apply a change")
        for number, (word, explanation) in enumerate(_WAYS.items()):
            self.way.addItem(word)
            self.way.setItemData(number, explanation, Qt.ItemDataRole.ToolTipRole)
        self.message = wrapped("", "faint", name="Effect of a change")
        row = hbox(Label("Apply changes", self.way), (self.way, 1), spacing=theme.GRID)
        vbox(row, self.message, within=self, spacing=theme.GRID // 2)
        self.way.currentIndexChanged.connect(self._on_way)
        self._on_way()

    @property
    def current(self) -> int:
        """`HERE` or `BRANCH`."""
        return self.way.currentIndex()

    def reset(self) -> None:
        """Restore the default."""
        self.way.setCurrentIndex(HERE)

    def show_pending(self, sentence: str) -> None:
        """Show the pending operation; if `sentence` is empty, explain the current choice."""
        text = sentence or ("" if self.current == HERE else _WAYS[self.way.currentText()])
        self.message.say(text)

    def _on_way(self) -> None:
        self.way.setToolTip(_WAYS[self.way.currentText()])
        self.show_pending("")
        self.chosen.emit()


def _is_rule(path: str) -> bool:
    """Return whether a parameter is the kind of a rule."""
    return path.endswith("plasticity.kind") and "delay_plasticity" not in path


def _with_live_rule(group: Group, experiment: Experiment) -> Group:
    """Return a group in which another rule can be chosen; the equations of a custom one are entered elsewhere."""
    declared = dict(group.parameters)
    for path, parameter in group.paths.items():
        if _is_rule(path) and (now := value_at(experiment, path)) not in (None, "none"):
            choices = tuple(kind for kind in parameter.choices if kind == now or kind not in ("none", "custom"))
            name = path.removeprefix(f"{group.path}.")
            declared[name] = replace(parameter, structural=False, choices=choices)
    return replace(group, parameters=declared)


_SHARE = 0.3
"""Share of the height of the panel that the diagram of the network may take."""


class ParametersPanel(Panel):
    """Panel with all parameters of the experiment and their current values.

    Attributes
    ----------
    new_run_wanted : signal of (str, dict of str to str)
        Request for a run with another value of a parameter, by its path; and what is typed but not sent, by path.
    """

    new_run_wanted = pyqtSignal(str, object)

    key = "parameters"
    title = "Parameters"
    at_moment = "now, not at {}"
    topics = frozenset({"parameters", "state", "progress", "log"})
    most_per_second = 8.0
    help_text = (
        "All parameters of the experiment with their current values. Bold: not the default. ✎: edited, not sent "
        "(Enter sends it, Esc reverts it). …: sent, not confirmed by the run. ↺: changed in this run, or since its "
        "rule was changed; click to change it back. Arrow keys change values in steps; a slider sends when released. "
        "Another rule can be chosen while the run learns, with its default values; its window stands beside its name. "
        "Structural parameters of the network cannot change during training; “new run…” starts another run from the "
        "current weights. While a parameter of the encoding is edited, a preview below shows the input spikes that "
        "the new value would give, before it is sent. A network that is spelled out has a group for each of its "
        "projections and populations. Where there is room and the Network panel does not show it, a diagram of the "
        "network stands above; a click on a part of it shows the parameters of this part. (Values of the template "
        "diehl-cook: Diehl &amp; Cook 2015, sections 2.1 to 2.5, doi:10.3389/fncom.2015.00099)"
    )
    empty_text = "The parameters appear here once the network is ready: start a run, or open one."

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self.changes = Changes(session, self)
        self.way, self._timeline = ChangeWay(), Timeline.of(session)
        self.form = ParameterForm()
        self.search = search_field("Search parameters", "Search parameters", self.form.search)
        self.preview = LivePreview(self.form, session)
        self.stages = StagesRow()
        self.form.put_below("schedule", self.stages, f"{STAGES}: which projections learn, for how many passes")
        self.diagram = NetworkDiagram(rules=False)
        self.diagram.hide()
        head = vbox(self.search, self.way, margins=(theme.GRID, theme.GRID // 2), spacing=theme.GRID // 2)
        vbox(head, self.diagram, (self.form, 1), within=self.body, spacing=0)
        self._shown: tuple[object, ...] = ()
        self._experiment: Experiment | None = None
        self._start: Experiment | None = None  # before changes of parameters, with the rules that are active now
        self._first: Experiment
        self._groups: tuple[Group, ...] = ()
        self._branched: tuple[Path, Path] | None = None  # parent and branch, until the branch is opened
        self.diagram.chosen.connect(session.selection.choose_item)
        session.selection.item_changed.connect(self._on_item)
        session.selection.shown_changed.connect(self._show_diagram)
        self.way.chosen.connect(self.mark_dirty)
        self.form.committed.connect(self._commit)
        for wanted in (self.form.new_run_wanted, self.stages.new_run_wanted):
            wanted.connect(lambda path: self.new_run_wanted.emit(path, self.form.edited_texts()))
        self.changes.changed.connect(self._on_change)
        self.changes.refused.connect(self._on_refusal)
        self.changes.branched.connect(self._compare)
        # after all panels have discarded the previous run, and the window has reported the new one
        session.opened.connect(lambda: QTimer.singleShot(0, self._show_difference))
        self.restyle()

    # -- drawing ---------------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Discard the previous run."""
        self.changes.reset()
        self._shown, self._experiment, self._start = (), None, None
        self.way.reset()
        self.preview.reset()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        if self.body.styleSheet() != sheet():  # setting it polishes every row again
            self.body.setStyleSheet(sheet())
        self.diagram.restyle()
        self.preview.restyle()

    def has_content(self) -> bool:
        """Return whether the network is ready."""
        return self.session.live.started is not None

    def refresh(self) -> None:
        """Show the current values, and which can be changed."""
        session, live = self.session, self.session.live
        assert live.started is not None
        self.changes.confirm()
        self._show_diagram()
        begun_from = None if self.way.current == HERE else self._timeline.wanted
        state = (
            (session.connected, live.state, self._training_over(), begun_from),
            (len(live.changes), tuple(self.changes.in_flight.items()), self.changes.busy, self.way.current),
        )
        if state == self._shown:
            return
        if self._experiment is None or not self._shown or state[1][0] != self._shown[1][0]:  # type: ignore[index]
            self._experiment = experiment = session.experiment
            self._groups = tuple(
                _with_live_rule(group, not_none(experiment)) for group in parameter_groups(not_none(experiment))
            )
            self._start = Experiment.from_mapping(live.before_changes(), stand_ins=True)
            self._first = Experiment.from_mapping(live.started.experiment, stand_ins=True)
        self._shown = state
        assert self._experiment is not None
        assert self._start is not None
        now, start, first = (partial(value_at, one) for one in (self._experiment, self._start, self._first))
        self.form.show_groups(
            self._groups,
            now,
            lambda path: first(path) if _is_rule(path) else start(path),
            self._why_not,
            self.changes.in_flight,
        )
        self.stages.show_experiment(self._experiment)
        self.preview.show_experiment(self._experiment, self.changes.in_flight)

    def _show_diagram(self) -> None:
        """Show the network above the parameters if it fits there and the Network panel does not show it."""
        selection, panel = self.session.selection, self._beside(NetworkPanel)
        elsewhere = panel is not None and panel.isVisible() and not panel.visibleRegion().isEmpty()
        if selection.graph is None or elsewhere:
            self.diagram.hide()
            return
        self.diagram.show_graph(selection.graph)
        self.diagram.select(selection.marked)
        wanted = self.diagram.wanted_size(self.body.width())
        fits = wanted.width() <= self.body.width() and wanted.height() <= _SHARE * self.body.height()
        if fits:
            self.diagram.setFixedHeight(wanted.height())
        self.diagram.setVisible(fits)

    def _on_item(self, name: str) -> None:
        """Show the parameters of what was chosen in a diagram."""
        self._show_diagram()
        if self._experiment is not None and not self._experiment.missing_kinds:
            self.form.reveal(group_of(self._experiment, name))

    def _training_over(self) -> bool:
        live = self.session.live
        n_train = dict(live.started.phases).get("train", 0) if live.started else 0
        return live.position >= n_train or live.progress.get("phase", "train") != "train"

    def _why_not(self, path: str) -> str:
        """Return why a parameter cannot be changed now; empty if it can."""
        live, way = self.session.live, self.way.current
        if _is_rule(path) and way != BRANCH:
            return self.session.cannot_change_rule() or (
                "" if way == HERE else "Choose “in a branch” for another rule."
            )
        if not_none(self.form.declared(path)).structural:
            return "Structural: a new value requires a new network. “new run…” starts one from the current weights."
        if self.changes.busy:
            return self.changes.busy
        if way != HERE:
            over = self._training_over() and self._timeline.wanted is None
            return "Training is over: choose an earlier moment on the timeline, below." if over else ""
        if self._training_over():
            return "Training is over; labelling and test use the parameters at its end. Choose “in a branch”."
        if not self.session.connected:
            return "This run is not running. Resume it, or choose “in a branch”."
        return "" if live.state in (State.RUNNING, State.PAUSED) else f"The run is {live.state}."

    # -- changing --------------------------------------------------------------------------------------------------

    def _commit(self, path: str, value: Any) -> None:
        """Change a parameter in the chosen way."""
        row = self.form.row(path)
        if self._experiment is None:
            return
        if _is_rule(path):
            self._change_rule(row, str(value))
            return
        try:
            changed = self._experiment.changed_live({path: value})
        except StdpbenchError as error:
            row.show_error(str(error))
            return
        row.revert()
        differences = self._experiment.differences(changed)
        values = {name: new for name, (_, new) in differences.items()}
        if not values:
            return
        if self.way.current == BRANCH:
            self.changes.branch(values, self._timeline.wanted)
        else:
            self.changes.here(values)
        self.refresh()  # the row shows the value as sent at once, not the previous one until the next drawing

    def _change_rule(self, row: ParameterRow, kind: str) -> None:
        """Change the rule in the chosen way: to its default values, or back to the rule at the start of the run."""
        experiment, start = not_none(self._experiment), self._first
        if kind == value_at(experiment, row.path):
            return
        projection = row.path.split(".")[2] if row.path.startswith("network.") else ""
        before = start.rules_by_projection[start.rule_owner(projection)]
        rule = before if getattr(before, "kind", "") == kind else rules.usable()[kind]()
        try:
            experiment.with_rule(rule.to_mapping(), projection)
        except StdpbenchError as error:
            row.revert()
            row.show_error(f"{error}")
            return
        row.show_error("")
        if self.way.current == BRANCH:
            self.changes.branch({}, self._timeline.wanted, rule.to_mapping(), projection)
            return
        self.session.message.emit(f"Building the network with {kind}; the run continues meanwhile …")

        def refused(reason: str) -> None:
            row.revert()
            row.show_error(reason)

        tell = self.session.message.emit
        self.session.change_rule(rule.to_mapping(), lambda _: tell(f"{kind} is active."), refused, projection)

    def _on_change(self) -> None:
        self.way.show_pending(self.changes.busy)
        self.mark_dirty()

    def _on_refusal(self, paths: list[str], sentence: str) -> None:
        for path in paths:
            if self.form.declared(path) is not None:  # the rule may have changed in the meantime
                self.form.row(path).show_error(sentence)
        self.mark_dirty()
        self.session.message.emit(sentence)

    def _compare(self, parent: Path, blocks: Mapping[int, Block], branch: Path) -> None:
        """Draw the parent's curves with the branch; the weight difference follows once the branch is opened."""
        curves = self._beside(Curves)
        if curves is not None:
            curves.overlay(parent.name, blocks, parent, branch)
        self._branched = parent, branch

    def _beside(self, kind: type[_P]) -> _P | None:
        """Return the panel of a kind in the same window; None if there is none."""
        docks = self.parentWidget()
        return docks.findChild(kind) if isinstance(docks, QMainWindow) else None

    def _show_difference(self) -> None:
        """Show the difference of a branch made here to its parent in the weight map, and report it."""
        folder, weights = self.session.folder, self._beside(WeightMap)
        if self._branched is None or weights is None or folder is None:
            return
        (parent, branch), self._branched = self._branched, None
        if folder.path != branch:
            return
        weights.sources.compare_with_parent(parent)
        weights.show()
        weights.raise_()
        self.session.message.emit(
            f"Created {folder.path.name} as a branch of {parent.name}, which is unchanged. The weight map shows their "
            "difference, the curves show both."
        )

    # -- summary and export ---------------------------------------------------------------------------------------

    def _rows(self) -> list[tuple[str, str, str, str, str, str]]:
        if self._experiment is None or self._start is None:
            return []
        found = []
        for group in self._groups:
            for path, p in group.paths.items():
                now, before = (value_at(each, path) for each in (self._experiment, self._start))
                usual = "" if p.required else p.show(p.default)
                kind = "structural" if p.structural else "live"
                found.append((path, p.show(now), p.show(before), usual, kind, p.help))
        return found

    def summary(self) -> str:
        """Describe what is shown."""
        rows = self._rows()
        if not rows:
            return self.empty_text
        declared = self.form.declared
        usual = {path for path, now, _, default, _, _ in rows if now == default or not_none(declared(path)).required}
        differ = [f"{path} = {now}" for path, now, *_ in rows if path not in usual]
        changed = [path for path, now, before, _, _, _ in rows if now != before]
        return (
            f"{len(rows)} parameters; not the default: {', '.join(differ) or 'none'}; changed in this run: "
            f"{', '.join(changed) or 'none'}."
        )

    def table(self) -> Table | None:
        """Return path, values and kind of each parameter."""
        return ("parameter", "current", "at the start", "default", "kind", "help"), self._rows()

    def figure(self) -> None:
        """Return None: there is nothing to draw."""
