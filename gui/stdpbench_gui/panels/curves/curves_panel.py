"""Curves over training: running accuracy, spikes, thresholds, weight change, and held-out measures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from PyQt6.QtCore import QSettings
from PyQt6.QtGui import QAction, QActionGroup, QFontMetrics, QResizeEvent
from PyQt6.QtWidgets import QMenu, QWidget

from stdpbench.base.units import label, thousands
from stdpbench.experiment.graph.diagram import roles_of
from stdpbench.results.figures.paper import Table
from stdpbench.results.readout import READOUTS
from stdpbench.results.readout.held_out import MEASURES
from stdpbench.runs.analysis.curves import PERCENT, USUAL, series, taught_columns
from stdpbench.runs.catalog.store import Entry, newest
from stdpbench.runs.protocol.changes import changes_rule, describe_changes
from stdpbench.runs.protocol.facts import Block, HeldOut
from stdpbench_gui.look import theme
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.panels.curves import taught
from stdpbench_gui.panels.curves.curve_plot import CurvePlot
from stdpbench_gui.panels.curves.measure import Measure, Other, Source, table_of_columns
from stdpbench_gui.panels.curves.other_runs import DifferingValues, RunLegend, kind_of, others_of
from stdpbench_gui.panels.curves.pictures import Pictures
from stdpbench_gui.panels.curves.stream import Stream, summary_of, table_of
from stdpbench_gui.panels.curves.taught import Taught, newest_held_out
from stdpbench_gui.session.overlays import Overlay, Overlays
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.axes import step_up
from stdpbench_gui.widgets.basic import check_action, menu_action, not_none
from stdpbench_gui.widgets.layouts import grid, vbox


class CheckedMenu(QMenu):
    """A menu of things of which any number is chosen.

    Parameters
    ----------
    title : str
        Its title.
    names : mapping of str to str
        Title of each choice.
    usual : collection of str
        Those chosen at first.
    parent : QWidget
        Parent.
    changed : callable
        Called when the choice changes.
    """

    def __init__(
        self,
        title: str,
        names: Mapping[str, str],
        usual: Collection[str],
        parent: QWidget,
        changed: Callable[[], None],
        one: bool = False,
    ) -> None:
        super().__init__(title, parent)
        self._actions: dict[str, QAction] = {}
        group = QActionGroup(self)
        group.setExclusive(one)
        for name, text in names.items():
            titled = text[0].upper() + text[1:]
            self._actions[name] = check_action(self, titled, name in usual, lambda _: changed())
            group.addAction(self._actions[name])

    @property
    def chosen(self) -> list[str]:
        """The chosen ones, in the order of the menu."""
        return [name for name, action in self._actions.items() if action.isChecked()]

    def choose(self, name: str, on: bool = True) -> None:
        """Choose one, or no longer."""
        self._actions[name].setChecked(on)

    def restore(self, names: Collection[str]) -> None:
        """Choose exactly these."""
        for name, action in self._actions.items():
            action.setChecked(name in names)


class OverlaysMenu(QMenu):
    """A menu of runs that can be drawn in the same plots, those that are drawn first, and *Clear*.

    Parameters
    ----------
    parent : QWidget
        Parent.
    session : RunSession
        The current run; runs of its folder are offered, the newest first.
    overlays : Overlays
        The runs that are drawn.
    """

    def __init__(self, parent: QWidget, session: RunSession, overlays: Overlays) -> None:
        super().__init__("Overlays", parent)
        self._session, self._overlays = session, overlays
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self._fill)
        self._fill()

    def _fill(self) -> None:
        self.clear()
        for overlay in self._overlays.shown():
            self._offer(overlay, True)
        self.addSeparator()
        offered = self._others()
        for entry in offered:
            self._offer(Overlay(entry.name, {}, entry.path, title=entry.title), False)
        if not offered:
            not_none(self.addAction("No other run to draw")).setEnabled(False)
        self.addSeparator()
        clear = menu_action(self, "Clear", self._overlays.clear, "Remove all other runs from the plots")
        clear.setEnabled(bool(len(self._overlays)))

    def _offer(self, overlay: Overlay, on: bool) -> None:
        text, overlays = (overlay.title or overlay.name).replace("&", "&&"), self._overlays
        tip = f"{'Remove' if on else 'Draw'} {overlay.name}"
        check_action(self, text, on, lambda _: overlays.remove(overlay.name) if on else overlays.add(overlay), tip)

    def _others(self) -> list[Entry]:
        """Return the newest runs beside the current one that are not drawn."""
        folder = self._session.folder
        if folder is None:
            return []
        entries = newest(folder.path.parent, _OFFERED + len(self._overlays) + 1)
        others = [entry for entry in entries if entry.name not in self._overlays and entry.path != folder.path]
        return others[:_OFFERED]


_SMOOTHING = (1, 3, 5, 10, 30)
"""Numbers of points in the moving mean of curves."""
_OFFERED = 12
"""Runs that the menu of overlays offers."""


_LOW, _LOW_WITHOUT_LEGEND, _NARROW = 9, 7, 19
"""Minimum height of each of two plots, without and with a legend above both, and minimum width, in lines of text."""
_CELL = (6, 11)
"""Minimum height and width of a plot of the grid, in lines of text."""
_FEWEST = 10
"""Presentations that the time axis has at least, so that it counts whole ones."""
_PLOTS = {"pictures": 2, "supervised": 2, "stream": 3}
"""Number of plots by kind of run."""
_RUNNING = (
    "Running accuracy is that of read-outs on training labels while the network learns: each block labels the neurons "
    "for the next one. It is not a result."
)


class Curves(Panel):
    """Plots over training presentations, for the current run and others, each with a chooser of its quantity.

    There are two, of a stream three; a panel without room for all of them shows the first ones. The menu has a grid of
    all quantities instead.
    """

    key = "curves"
    title = "Curves"
    at_moment = "line at {}"
    topics = frozenset({"curves", "parameters"})
    help_text = (
        "Choose above each plot what it shows. A panel with more room has more plots.<ul><li><b>Running "
        "accuracy</b> labels the neurons with one block of training stimuli and tests them on the next while learning "
        "continues: a preview, not the accuracy of the network.</li><li><b>Overlays</b> are other runs in the same "
        "plots: those chosen in the panel menu, and a branch beside its run; the menu removes them, too. A legend "
        "above the plots names all runs by the parameters that differ, or else by what their names do not share, and "
        "by the whole name in its tooltip. Then only one curve of each run is drawn, such as that of the first "
        "read-out, which stands beside the choice; of streams, that of the population or projection on display. Point "
        "at a name to see its curves bold, click it to keep them so.</li><li><b>Held-out pictures</b> are measured "
        "with learning off, on stimuli the network was not trained on, never on those of the test set: those that the "
        "experiment holds out, or the last ones of the first pass; the curve ends when those are trained on. Each "
        "half labels neurons that "
        "are tested on the other half, so the accuracy is slightly lower than at the end. For purity, NMI, AMI and "
        "ARI, clusters are the winning neurons; purity grows with their number. Choose measures in the "
        "menu.</li><li><b>Spikes, theta, |Δw|</b>: spikes per stimulus and the mean adaptive threshold theta of the "
        "population on display, and the mean change of the weights on display, per block of presentations; choose "
        "these in the weight map or the Network panel.</li><li><b>A vertical line</b> marks a change of parameters, "
        "of the rule or of learned arrays.</li><li><b>Smoothing</b> in the menu draws the mean of the last points; "
        "the curve itself is faint behind it. Held-out measures and single answers are not smoothed.</li><li>Drag or "
        "use the wheel to move in time, double-click to show the whole run.</li><li>A <b>stream</b> shows the rate of "
        "each population, the coefficient of variation of intervals between spikes, synchrony, latencies of answers "
        "to patterns, the weights of each projection that learns (their mean, with a histogram behind it), and the "
        "power of the rate at 2 to 4 Hz and at 30 to 70 Hz relative to that of independent Poisson neurons (1: no "
        "rhythm), where it is defined. A dotted line is the value to expect.</li><li>A run that is trained with "
        "labels (<b>supervised</b>) shows its accuracy on the training pictures, the loss that the training lowers, "
        "the length of its gradient, and spikes per picture, each before the change of weights that "
        "follows.</li></ul>(Diehl &amp; Cook 2015, section 2.6 and figure 2, "
        "doi:10.3389/fncom.2015.00099)"
    )
    most_per_second = 2.0
    empty_text = "Curves follow the first block."

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self.overlays = Overlays(session, self)
        self.overlays.changed.connect(self.mark_dirty)
        self.plots = [self._new_plot(f"{place} curve") for place in ("First", "Second", "Third")]
        for number, plot in enumerate(self.plots):
            plot.chosen.connect(lambda name, number=number: self.choose(number, name))
        self.grid: dict[str, CurvePlot] = {}
        self.runs, self._values = RunLegend(), DifferingValues()
        self.runs.bold_changed.connect(self.mark_dirty)
        self._area = QWidget()
        self._layout = grid(self._area, 0)
        self._body_layout = vbox(self.runs, (self._area, 1), within=self.body, spacing=0)
        self._placed: list[tuple[CurvePlot, int, int]] = []
        self._choices: dict[str, list[str]] = {kind: [""] * n for kind, n in _PLOTS.items()}
        self._whole = True
        session.selection.shown_changed.connect(self.show_all)
        self.measures = CheckedMenu("Measures on held-out pictures", PERCENT, USUAL, self, self.show_all)
        names = {name: name for name in READOUTS}
        self.readouts = CheckedMenu("Read-outs of running accuracy", names, READOUTS, self, self.show_all)
        means = {str(n): f"mean of the last {n} points" if n > 1 else "none" for n in _SMOOTHING}
        self.smoothing = CheckedMenu("Smoothing", means, ("1",), self, self.show_all, one=True)
        for menu in (self.readouts, self.measures, self.smoothing, OverlaysMenu(self, session, self.overlays)):
            self.menu.addMenu(menu)
        self.as_grid = check_action(self.menu, "Grid of all curves", False, lambda _: self.show_all())
        menu_action(self.menu, "Whole run", self.show_all)

    def _new_plot(self, name: str, *, chooses: bool = True) -> CurvePlot:
        plot = CurvePlot(name, chooses=chooses)
        plot.moved.connect(lambda: self._on_moved(plot))
        plot.whole_wanted.connect(self.show_all)
        plot.resized.connect(self.mark_dirty)
        plot.restyle()
        plot.hide()
        return plot

    # -- choice ----------------------------------------------------------------------------------------------------

    def choose(self, number: int, name: str) -> None:
        """Choose what a plot shows; if another one shows it, they are exchanged."""
        chosen, shown = self._choices[self._kind], [plot.shown for plot in self.plots]
        if name in shown[: len(chosen)]:
            chosen[shown.index(name)] = shown[number]
        chosen[number] = name
        self.show_all()

    def save(self, settings: QSettings) -> None:
        """Save what is chosen."""
        super().save(settings)
        for kind, names in self._choices.items():
            settings.setValue(f"curves/{kind}", ",".join(names))
        settings.setValue("curves/grid", "true" if self.as_grid.isChecked() else "false")
        settings.setValue("curves/smoothing", self.smoothing.chosen[0])
        settings.setValue("curves/readouts", ",".join(self.readouts.chosen))
        settings.setValue("curves/measures", ",".join(self.measures.chosen))

    def restore(self, settings: QSettings) -> None:
        """Restore what was chosen."""
        super().restore(settings)
        for kind, chosen in self._choices.items():
            names = str(settings.value(f"curves/{kind}", ",")).split(",")
            if len(names) == len(chosen):
                chosen[:] = names
        self.as_grid.setChecked(str(settings.value("curves/grid", "false")) == "true")
        self.smoothing.choose(str(settings.value("curves/smoothing", 1)))
        for menu, key in ((self.readouts, "curves/readouts"), (self.measures, "curves/measures")):
            if settings.contains(key):
                menu.restore(str(settings.value(key)).split(","))

    @property
    def _kind(self) -> str:
        return kind_of(self.session.live)

    def _shown(self, titles: Mapping[str, str], usual: Sequence[str]) -> list[str]:
        """Return the quantities of the plots, of fewer if there are no more: as chosen, as before, or the usual."""
        chosen = [name if name in titles else "" for name in self._choices[self._kind]]
        for number, plot in enumerate(self.plots[: len(chosen)]):
            if not chosen[number] and plot.shown in titles and plot.shown not in chosen:
                chosen[number] = plot.shown
        free = [name for name in usual if name in titles and name not in chosen]
        return [name for name in (each or (free.pop(0) if free else "") for each in chosen) if name]

    # -- other runs ------------------------------------------------------------------------------------------------

    def overlay(
        self, name: str, blocks: Mapping[int, Block], path: Path | None = None, branch: Path | None = None
    ) -> None:
        """Draw another run with the current one.

        Parameters
        ----------
        name : str
            Name in the legend; replaces a run of the same name.
        blocks : mapping of int to Block
            Blocks by the position of their end, as in `LiveRun.blocks`.
        path : Path, optional
            Run folder: the curves then follow the run, which is not drawn twice while it is the current run.
        branch : Path, optional
            Branch with which the run is compared; a run drawn already because it is ticked is left unchanged.
        """
        if branch is None or name not in self.overlays:
            self.overlays.add(Overlay(name, dict(blocks), path, branch=branch))

    # -- drawing ---------------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Discard the previous run; other runs are kept."""
        self._whole = True
        for plot in self.plots:
            plot.shown = ""
        for plot in (*self.plots, *self.grid.values()):
            plot.forget()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.runs.restyle()
        for plot in (*self.plots, *self.grid.values()):
            plot.restyle()
        self.mark_dirty()

    def has_content(self) -> bool:
        """Return whether a block of this run is complete, or another run is drawn."""
        live = self.session.live
        return bool(live.blocks or live.pieces or live.taught or live.held_out or self.overlays.shown())

    def refresh(self) -> None:
        """Draw all curves."""
        others = self._others()
        source = self._source(others)
        titles = source.titles()
        shown = list(titles) if self.as_grid.isChecked() else self._shown(titles, source.usual)
        measures = {name: source.measure(name) for name in shown}
        self.runs.name_runs(others, measures.values())
        self._body_layout.activate()
        if self.as_grid.isChecked():
            self._arrange_grid(titles)
        else:
            for plot, name in zip(self.plots, shown, strict=False):
                plot.offer(titles, name)
            self._arrange(self.plots[: len(shown)])
        drawn = {plot: measures[plot.shown] for plot in self.shown}
        if self._whole:
            end = self._end(drawn.values(), source.scale)
            for plot in drawn:
                plot.plot.setXRange(0, end, padding=0.01)
        marks = [
            (position, [text for _, text in some])
            for position, some in groupby(self.session.live.marks, lambda mark: mark[0])
        ]
        moment = self.session.selection.moment
        lowest = {column: row for _, row, column in sorted(self._placed, key=lambda place: place[1])}
        for plot, row, column in self._placed:
            plot.label_time(*(source.x_labels if row == lowest[column] else ()))
            plot.draw(drawn[plot], int(self.smoothing.chosen[0]), self.runs.bold)
            plot.draw_changes(marks, source.scale, None if moment is None else moment.position)

    @property
    def shown(self) -> list[CurvePlot]:
        """The plots that are shown."""
        return [plot for plot, _, _ in self._placed]

    def _source(self, others: Sequence[Other]) -> Source:
        session = self.session
        if self._kind == "stream":
            graph = session.selection.graph
            roles = {} if graph is None else {name: theme.ROLES[role] for name, role in roles_of(graph).items()}
            return Stream(session.live, others, roles, (session.selection.population, session.selection.projection))
        if self._kind == "supervised":
            return Taught(session.live, session.selection.population, others)
        return Pictures(session, others, self.readouts.chosen, self.measures.chosen)

    def _end(self, drawn: Iterable[Measure], scale: float) -> float:
        """Return the end of the time axis: in steps, at most the planned end of the training."""
        ends = [float(line.x[-1]) for measure in drawn for line in measure.lines if len(line.x)]
        started, end = self.session.live.started, max([*ends, _FEWEST * scale])
        total = scale * dict(started.phases).get("train", 0) if started is not None else 0.0
        return max(min(step_up(end), total), end)

    # -- room ------------------------------------------------------------------------------------------------------

    def show_all(self) -> None:
        """Show the whole run, from its first presentation."""
        self._whole = True
        for plot in (*self.plots, *self.grid.values()):
            plot.forget()
        self.mark_dirty()

    def _on_moved(self, moved: CurvePlot) -> None:
        """Show the same time in all plots."""
        self._whole = False
        (left, right), _ = moved.plot.getViewBox().viewRange()
        for plot in self.shown:
            if plot is not moved:
                plot.plot.setXRange(left, right, padding=0)
        self._dirty = True

    def _room(self) -> tuple[int, int]:
        """Return width and height for the plots, below the legend of the runs if there is one."""
        return self.body.width(), self.body.height() - (0 if self.runs.isHidden() else self.runs.height())

    def _arrange(self, plots: Sequence[CurvePlot]) -> None:
        """Put plots below or two of them beside each other, or show the first one only."""
        line = QFontMetrics(theme.plot_font()).height()
        width, height = self._room()
        beside = width >= 2 * max(_NARROW * line, *(plot.least_width() for plot in plots))
        below = height // ((_LOW if self.runs.isHidden() else _LOW_WITHOUT_LEGEND) * line)
        if len(plots) > 1 and below > 1 and not (beside and width > 1.6 * height):
            self._place([(plot, row, 0) for row, plot in enumerate(plots[:below])])
        elif len(plots) > 1 and beside:
            self._place([(plot, 0, column) for column, plot in enumerate(plots[:2])])
        else:
            self._place([(plots[0], 0, 0)])

    def _arrange_grid(self, titles: Mapping[str, str]) -> None:
        """Put all quantities into a grid, the most important ones if there is not enough room."""
        for name in titles:
            if name not in self.grid:
                self.grid[name] = self._new_plot(f"Curve of {name}", chooses=False)
            self.grid[name].offer({name: titles[name]}, name)
        plots = [self.grid[name] for name in titles]
        line = QFontMetrics(theme.plot_font()).height()
        widest = max(_CELL[1] * line, *(plot.least_width() for plot in plots))
        width, height = self._room()
        columns = max(1, min(width // widest, 3, len(plots)))
        rows = max(1, min(height // (_CELL[0] * line), -(-len(plots) // columns)))
        columns = -(-len(plots) // rows) if rows * columns > len(plots) else columns
        self._place([(plot, *divmod(n, columns)) for n, plot in enumerate(plots[: rows * columns])])

    def _place(self, placed: list[tuple[CurvePlot, int, int]]) -> None:
        if placed == self._placed:
            return
        kept = [plot for plot, _, _ in placed]
        for plot in self.shown:
            self._layout.removeWidget(plot)
            if plot not in kept:
                plot.hide()
        self._placed = placed
        for plot, row, column in placed:
            self._layout.addWidget(plot, row, column)
            plot.show()
        rows, columns = {row for _, row, _ in placed}, {column for _, _, column in placed}
        for row in range(self._layout.rowCount()):
            self._layout.setRowStretch(row, int(row in rows))
        for column in range(self._layout.columnCount()):
            self._layout.setColumnStretch(column, int(column in columns))
        self._layout.activate()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Rearrange the plots for the new size."""
        super().resizeEvent(event)
        self.mark_dirty()

    # -- summary and export ---------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Describe what is shown."""
        live = self.session.live
        if live.pieces:
            return summary_of(live)
        if live.taught:
            return taught.summary_of(live)
        others = [overlay.title or overlay.name for overlay in self.overlays.shown()]
        if not live.blocks:
            drawn = f"No complete block of this run yet; overlays: {', '.join(others)}."
            return drawn if others else self.empty_text
        last, selection = live.blocks[max(live.blocks)], self.session.selection
        found = {name: y[-1] for name, (_, y) in series({1: last}, **selection.others).items() if len(y)}
        before, of = "", ""
        if len(selection.projections) > 1 or not selection.is_read:
            before, of = f"{selection.population} ", f"of {selection.population} "
        parts = [f"{found['spikes']:.1f} {before}spikes per stimulus"] if "spikes" in found else []
        if "theta" in found and selection.adapts:
            parts.append(f"mean theta {of}{found['theta']:.1f} {selection.theta_shown_as[1]}".rstrip())
        if "vote" in last.accuracy:
            parts.insert(0, f"running accuracy {100 * last.accuracy['vote']:.1f} % (vote, training labels)")
        if live.held_out:
            parts.append(newest_held_out(live))
        named = f"; overlays: {', '.join(others)}" if others else ""
        rules = [
            describe_changes(changes).removeprefix("rule → ").removeprefix("rule of ")
            for _, changes in live.changes
            if changes_rule(changes)
        ]
        n = len(live.changes) - len(rules)
        changed = f"parameters changed {'once' if n == 1 else f'{n} times'}" if n else "parameters unchanged"
        if rules:
            changed += f", the rule to {', then '.join(rules)}"
        if sets := len(live.marks) - len(live.changes):
            changed += f", learned arrays set {'once' if sets == 1 else f'{sets} times'}"
        return f"At presentation {thousands(max(live.blocks))}: {', '.join(parts)}; {changed}{named}."

    def figure(self) -> dict[str, Any] | None:
        """Return all quantities of all drawn runs."""
        live, source, folder = self.session.live, self._source(self._others()), self.session.folder
        measures = {title: source.measure(name) for name, title in source.titles().items()}
        plots = [
            {
                "label": title,
                "lines": [
                    {"x": line.x, "y": 10**line.y if measure.powers else line.y, "label": line.name} for line in lines
                ],
                "log": measure.powers,
            }
            for title, measure in measures.items()
            if (lines := [line for line in measure.lines if len(line.x)])
        ]
        if not plots:
            return None
        runs = [folder.path.name if folder is not None else "this run", *(other.full for other in source.others)]
        block = len(next(iter(live.blocks.values())).spikes) if live.blocks else 1
        point = f"each point is a block of {block} presentations" if block > 1 else "each point is one presentation"
        pictures = sorted({fact.images for fact in live.held_out.values()})
        held_out = f", or {' or '.join(map(str, pictures))} held-out pictures" if pictures else ""
        which = f"{len(runs)} runs, {', '.join(runs)}" if len(runs) > 1 else "one run"
        several = {"title": "Course of training", "errors": "none, each line is a single run"} if len(runs) > 1 else {}
        return {
            "kind": "lines",
            "x_label": source.x_labels[0],
            "plots": plots,
            "marks": [(position * source.scale, text) for position, text in live.marks],
            "n": f"{which}; {point}{held_out}",
            "about": _RUNNING if self._kind == "pictures" else "",
            **several,
        }

    def _others(self) -> list[Other]:
        folder = self.session.folder
        own = folder.path.name if folder is not None else ""
        return others_of(self.overlays, own, self.session.live, self._kind, self._values)

    def table(self) -> Table | None:
        """Return one row per block and held-out measurement of all drawn runs."""
        if self.session.live.pieces:
            return table_of(self.session.live)
        if self.session.live.taught:
            return table_of_columns(taught_columns(self.session.live.taught))
        folder, live = self.session.folder, self.session.live
        runs = [(folder.path.name if folder else "", live.blocks, live.held_out)]
        runs += [(overlay.name, dict(overlay.blocks), dict(overlay.held_out)) for overlay in self.overlays.shown()]
        theta = self.session.selection.theta_label
        names = ["run", "presentation", *READOUTS, "spikes per stimulus", theta, "weight change"]
        measured = any(held_out for _, _, held_out in runs)
        if measured:
            names += ["held-out pictures", *(f"held out: {measure.title}" for measure in MEASURES.values())]
        others = tuple(
            dict.fromkeys(name for _, blocks, _ in runs for block in blocks.values() for name in block.others)
        )
        names += [self._column(name) for name in others]
        rows = [
            [
                run,
                end,
                *_cells(blocks.get(end)),
                *(_measured_cells(held_out.get(end)) if measured else ()),
                *(blocks[end].others.get(name, "") if end in blocks else "" for name in others),
            ]
            for run, blocks, held_out in runs
            for end in sorted({*blocks, *held_out})
        ]
        return names, rows

    def _column(self, measure: str) -> str:
        """Return the head of the column of a measure of another population or projection."""
        graph, (population, _, what) = self.session.selection.graph, measure.rpartition(".")
        if what != "theta":
            return measure
        known = graph is not None and population in graph.populations
        return label(measure, graph.shown_as(population)[1] if known and graph is not None else "mV")


def _cells(block: Block | None) -> list[object]:
    if block is None:
        return [""] * (len(READOUTS) + 3)
    accuracy = [block.accuracy.get(name, "") for name in READOUTS]
    return [*accuracy, float(np.mean(block.spikes)), block.mean_theta, block.weight_change]


def _measured_cells(fact: HeldOut | None) -> list[object]:
    if fact is None:
        return [""] * (len(MEASURES) + 1)
    values = [fact.values.get(name) for name in MEASURES]
    return [fact.images, *("" if value is None else value for value in values)]
