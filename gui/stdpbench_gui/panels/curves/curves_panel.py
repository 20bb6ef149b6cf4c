"""Curves over training: running accuracy, spikes, thresholds, weight change, and held-out measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFontMetrics, QResizeEvent

from stdpbench.figures.paper import spec_of_table
from stdpbench.graph.diagram import roles_of
from stdpbench.readout import READOUTS
from stdpbench.readout.held_out import MEASURES
from stdpbench.runs.analysis.block_series import Series, series
from stdpbench.runs.protocol.changes import changes_rule, describe_changes
from stdpbench.runs.protocol.facts import Block, HeldOut
from stdpbench.runs.protocol.live_run import held_out_words
from stdpbench.units import label, thousands
from stdpbench_gui.look import run_lines, theme
from stdpbench_gui.look.plot_area import PlotArea
from stdpbench_gui.panels.base import Panel, Table
from stdpbench_gui.panels.curves import taught
from stdpbench_gui.panels.curves.held_out import HeldOutPlot
from stdpbench_gui.panels.curves.stream import StreamPlots, piece_seconds, summary_of, table_of
from stdpbench_gui.session.overlays import Overlay, Overlays
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets import panel_figures
from stdpbench_gui.widgets.axes import SmallPlot, double_clicked, step_up, stepped
from stdpbench_gui.widgets.basic import menu_action
from stdpbench_gui.widgets.layouts import vbox
from stdpbench_gui.widgets.legend import Legend, distinct_part

_PLOTS = {
    "accuracy": "running accuracy (%)",
    "spikes": "spikes per stimulus",
    "theta": "mean theta (mV)",
    "change": "mean |Δw| (10⁻³)",
}
_FACTORS = {"change": 1e3}
"""Factors that keep axis labels short."""
_STYLES = {
    "vote": (Qt.PenStyle.SolidLine, "━━"),
    "proportion": (Qt.PenStyle.DashLine, "╍╍"),
    "confidence": (Qt.PenStyle.DotLine, "┅┅"),
    "likelihood": (Qt.PenStyle.DashDotLine, "╍┅"),
}
_TALL = 30  # minimum height of a single column, in lines of text
_LOW = 18.5  # minimum height of three rows of two, in lines
_FLAT = 9  # minimum height of two rows, in lines
_WIDE = 46  # minimum width of three columns, in lines
_NARROW = 30  # the same of a stream


class Curves(Panel):
    """Four plots over training presentations, for the current run and others.

    A fifth plot shows measures on held-out pictures once available. A stream has plots of its own, over time, and a
    training with labels shows accuracy, spikes, loss and gradient in the four plots.
    """

    key = "curves"
    title = "Curves"
    topics = frozenset({"curves", "parameters"})
    help_text = (
        "Running accuracy labels the neurons with one block of training stimuli and tests them on the next while "
        "learning continues: a preview, not the accuracy of the network. The other plots show spikes per stimulus "
        "and the mean adaptive threshold theta of the population on display, and the mean change of the weights on "
        "display, per block of presentations; the weight map has the choice where there is one. <b>Held out</b> is "
        "measured with learning off, on stimuli the network was not trained on, never on those of the test set: "
        "those that the experiment holds out, or the last ones of the first pass; their curve ends when they are "
        "trained on. Each half labels neurons that are tested on the other half, so accuracy is slightly lower than "
        "at the end. For purity, NMI, AMI and ARI, clusters are the winning neurons; purity grows with their number. "
        "Choose measures in the menu; a small panel omits the last plots. A vertical line marks a change of "
        "parameters, of the rule or of learned arrays, named in the legend. Other runs have their own colours; only "
        "the vote of their accuracies and the first of their chosen held-out measures are drawn. Drag or use the "
        "wheel to move in time, double-click to show the whole run. A <b>stream</b> shows the rate of each "
        "population, the coefficient of variation of intervals between spikes, synchrony, latencies of answers to "
        "patterns or the mean weight of each projection that learns, and the power of the rate at 2 to 4 Hz and at "
        "30 to 70 Hz relative to that of independent Poisson neurons (1: no rhythm), where it is defined; the menu "
        "has the choice. A run that is trained with labels (<b>supervised</b>) shows its accuracy on the training "
        "pictures, the loss that the training lowers, the length of its gradient, and spikes per picture, each before "
        "the change of weights that follows. (Diehl &amp; Cook 2015, section 2.6 and figure 2, "
        "doi:10.3389/fncom.2015.00099)"
    )
    most_per_second = 2.0
    empty_text = "Curves appear here after the first block of training presentations."

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self.overlays = Overlays(session, self)
        self.overlays.changed.connect(self.mark_dirty)
        self.legend = Legend()
        self.graphics = PlotArea()
        self.graphics.setAccessibleName("Curves over training")
        self.graphics.ci.layout.setContentsMargins(2, 2, theme.GRID, 2)
        self.graphics.ci.layout.setSpacing(4)
        vbox(self.legend, (self.graphics, 1), within=self.body, spacing=0)
        self.plots = {name: SmallPlot(title) for name, title in _PLOTS.items()}
        self.held_out = HeldOutPlot(self, self.mark_dirty)
        self.stream = StreamPlots(self, self.mark_dirty, self.show_all, self._on_moved)
        self.curves: dict[str, pg.PlotDataItem] = {}
        self.lines: list[pg.InfiniteLine] = []
        self._others: list[pg.PlotDataItem] = []
        self._ranges: dict[str, tuple[float, float]] = {}
        self._marked: tuple[int, list[SmallPlot]] | None = None
        self._columns = 0
        self._placed: list[SmallPlot] = []
        self._whole, self._streams = True, False
        self._arrange(2)
        self.held_out.setXLink(self.plots["accuracy"])
        self.held_out.getViewBox().sigRangeChangedManually.connect(self._on_moved)
        for name, plot in self.plots.items():
            if name != "accuracy":
                plot.setXLink(self.plots["accuracy"])
            plot.getViewBox().sigRangeChangedManually.connect(self._on_moved)
            double_clicked(plot, self.show_all)
            for curve in READOUTS if name == "accuracy" else (name,):
                self.curves[curve] = plot.plot([], [])
        session.selection.shown_changed.connect(self.show_all)
        self.menu.addMenu(self.held_out.menu)
        self.menu.addMenu(self.stream.menu)
        menu_action(self.menu, "Whole run", self.show_all)
        menu_action(self.menu, "Remove other runs", self.overlays.clear)
        self.restyle()

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
        self._ranges.clear()
        for curve in self.curves.values():
            curve.setData([], [])
        self.held_out.forget()
        self.stream.forget()
        self._drop_lines()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        colours = theme.current()
        self.graphics.setBackground(colours.base)
        for plot in (*self.plots.values(), self.held_out):
            plot.restyle()
        self.stream.restyle()
        for name, curve in self.curves.items():
            style, _ = _STYLES.get(name, _STYLES["vote"])
            curve.setPen(pg.mkPen(_colour(name), width=2 if style == Qt.PenStyle.SolidLine else 1.5, style=style))
        self._drop_lines()
        self.mark_dirty()

    def has_content(self) -> bool:
        """Return whether a block of this run is complete, or another run is drawn."""
        live = self.session.live
        return bool(live.blocks or live.pieces or live.taught or self.overlays.shown())

    def refresh(self) -> None:
        """Draw all curves."""
        for name, title in self._titles().items():
            if self.plots[name].title_text != title:
                self.plots[name].set_title(title)
        line = QFontMetrics(theme.plot_font()).height()
        self._streams = bool(self.session.live.pieces)
        if self._streams:
            self.stream.look(self.session.live)
            many = len(self.stream.shown) > 4
            wide = many and self.graphics.width() > _NARROW * line
            tall = self.graphics.height() > (1.5 if many else 1.0) * _TALL * line
            self._arrange(1 if tall else 3 if wide else 2)
            slots = zip(self.overlays.slots(), self.overlays.shown(), strict=True)
            streams = [(slot, other) for slot, other in slots if other.known().pieces]
            known = [(other.known(), run_lines.pen(slot)) for slot, other in streams]
            graph = self.session.selection.graph
            roles = {} if graph is None else {name: theme.ROLES[role] for name, role in roles_of(graph).items()}
            self.stream.draw(self.session.live, whole=self._whole, others=known, roles=roles)
            lines = self.stream.entries() + [
                (run_lines.colour(slot), run_lines.mark(slot), self._short(other.name)) for slot, other in streams
            ]
            self.legend.write(lines, [text for _, text in self.session.live.marks])
            if self._marked != (len(self.session.live.marks), self._placed):
                self._draw_lines()
            return
        wide = self._has_held_out() and self.graphics.width() > _WIDE * line
        self._arrange(1 if self.graphics.height() > _TALL * line else 3 if wide else 2)
        of = self.session.selection.others
        population = self.session.selection.population
        supervised = bool(self.session.live.taught)
        values = (
            taught.values(self.session.live, population) if supervised else _drawable(self.session.live.blocks, of)
        )
        for name, curve in self.curves.items():
            curve.setData(*values[name])
        for item in self._others:
            item.getViewBox().removeItem(item)
        self._others.clear()
        drawn = [values]
        for slot, overlay in zip(self.overlays.slots(), self.overlays.shown(), strict=True):
            if supervised is not bool((other := overlay.known()).taught):
                continue  # its measures are others
            drawn.append(taught.values(other, population) if supervised else _drawable(overlay.blocks, of))
            pen = run_lines.pen(slot)
            for plot in self.plots:
                item = pg.PlotDataItem(*drawn[-1][READOUTS[0] if plot == "accuracy" else plot], pen=pen)
                self.plots[plot].addItem(item)
                self._others.append(item)
        if self._has_held_out():
            others = zip(self.overlays.slots(), self.overlays.shown(), strict=True)
            pens = [(other.live, run_lines.pen(slot)) for slot, other in others if other.live is not None]
            self.held_out.draw(self.session.live, pens)
        self._set_ranges(drawn)
        self._write_legend()
        if self._marked != (len(self.session.live.marks), self._placed):
            self._draw_lines()

    def _titles(self) -> dict[str, str]:
        """Return the titles of the plots that are of the population or the projection on display."""
        selection = self.session.selection
        if self.session.live.taught:
            return taught.titles(selection.population)
        _, unit = selection.theta_shown_as
        several = len(selection.projections) > 1 or not selection.is_read
        return {
            "accuracy": _PLOTS["accuracy"],
            "spikes": f"{selection.population} spikes per stimulus",
            "theta": label(f"mean theta of {selection.population}" if several else "mean theta", unit),
            "change": f"mean |Δw| of {selection.projection} (10⁻³)" if several else _PLOTS["change"],
        }

    def _column(self, measure: str) -> str:
        """Return the head of the column of a measure of another population or projection."""
        graph, (population, _, what) = self.session.selection.graph, measure.rpartition(".")
        if what != "theta":
            return measure
        known = graph is not None and population in graph.populations
        return label(measure, graph.shown_as(population)[1] if known and graph is not None else "mV")

    def _set_ranges(self, drawn: list[Series]) -> None:
        end = max((float(x[-1]) for values in drawn for x, _ in values.values() if len(x)), default=1.0)
        if self._whole:
            total = dict(self.session.live.started.phases).get("train", 0) if self.session.live.started else 0
            self.plots["accuracy"].setXRange(0, max(min(step_up(end), total), end), padding=0.01)
        for plot in self.plots:
            names = READOUTS if plot == "accuracy" else (plot,)
            found = [y for values in drawn for name in names if len(y := values[name][1])]
            if found:
                low, high = min(float(y.min()) for y in found), max(float(y.max()) for y in found)
                room = self.plots[plot].room_for_title() * max(high - low, 1e-9)
                wanted = stepped(low, high + room, self._ranges.get(plot))
                if wanted != self._ranges.get(plot):
                    self._ranges[plot] = wanted
                    self.plots[plot].setYRange(*wanted, padding=0.02)

    def _write_legend(self) -> None:
        lines = [(_colour(name), mark, name) for name, (_, mark) in _STYLES.items()]
        if self.session.live.taught:
            lines = [(*lines[0][:2], taught.WORDS)]
        for slot, overlay in zip(self.overlays.slots(), self.overlays.shown(), strict=True):
            name = f"{self._short(overlay.name)} ({READOUTS[0]})"
            lines.append((run_lines.colour(slot), run_lines.mark(slot), name))
        lines += self.held_out.entries() if self._has_held_out() else []
        self.legend.write(lines, [text for _, text in self.session.live.marks])

    def _short(self, name: str) -> str:
        """Return the part of another run's name that differs from this run's."""
        folder = self.session.folder
        return distinct_part(name, folder.path.name if folder is not None else "")

    def _drop_lines(self) -> None:
        for line in self.lines:
            line.getViewBox().removeItem(line)
        self.lines.clear()
        self._marked = None

    def _draw_lines(self) -> None:
        self._drop_lines()
        self._marked = len(self.session.live.marks), list(self._placed)
        colours = theme.current()
        pen = pg.mkPen(colours.faint, style=Qt.PenStyle.DashLine)
        scale = piece_seconds(self.session.live) if self.session.live.pieces else 1.0
        numbered = enumerate(self.session.live.marks, 1)
        for count, (position, group) in enumerate(groupby(numbered, lambda one: one[1][0])):
            some = list(group)  # changes at one position share a line, labelled with their first and last numbers
            first, last = some[0][0], some[-1][0]
            sentence = ", ".join(text for _, (_, text) in some)
            for plot in self._placed:
                height = 0.08 + 0.15 * (count % 3)  # keeps the numbers of close lines apart
                options = {"position": height, "color": colours.ink, "anchors": [(0, 0.5), (0, 0.5)]}
                # the legend explains the numbers
                label = None
                if plot is self._placed[0]:
                    label = str(first) if first == last else f"{first}–{last}"
                line = pg.InfiniteLine(position * scale, angle=90, pen=pen, label=label, labelOpts=options)
                if label is not None:
                    line.label.setFont(theme.plot_font())
                line.setToolTip(f"{sentence} from presentation {thousands(position)} on")
                plot.addItem(line, ignoreBounds=True)
                self.lines.append(line)

    # -- room ------------------------------------------------------------------------------------------------------

    def show_all(self) -> None:
        """Show the whole run, from its first presentation."""
        self._whole = True
        self._ranges.clear()
        self.mark_dirty()

    def _on_moved(self, *_: object) -> None:
        self._whole = False

    def _has_held_out(self) -> bool:
        return bool(self.session.live.held_out and self.held_out.chosen)

    def _arrange(self, columns: int) -> None:
        """Arrange the plots in one column if they fit, otherwise in rows; omit the last ones if space is short."""
        wanted = self.stream.shown if self._streams else self._plots_of_pictures()
        lines = self.graphics.height() / QFontMetrics(theme.plot_font()).height()
        if columns > 1 and lines < _FLAT:
            del wanted[columns:]
        elif columns == 2 and lines < _LOW:
            del wanted[4:]
        if columns == self._columns and wanted == self._placed:
            return
        for plot in self._placed:
            self.graphics.removeItem(plot)
        self._columns, self._placed = columns, wanted
        last, gap = (len(wanted) - 1) // columns, len(wanted) % columns
        for place, plot in enumerate(wanted):
            row = place // columns
            self.graphics.addItem(plot, row=row, col=place % columns)
            # a plot above a gap needs its own time axis; others in its row keep the same height
            plot.getAxis("bottom").setStyle(showValues=row == last or (row == last - 1 and gap > 0))
            words = "time (s)" if self._streams else "training presentations"
            plot.setLabel("bottom", words if row == last else None)

    def _plots_of_pictures(self) -> list[SmallPlot]:
        selection = self.session.selection
        if self.session.live.taught:
            return list(self.plots.values())
        hidden = [*([] if selection.adapts else ["theta"]), *([] if selection.learns else ["change"])]
        first, *others = (plot for name, plot in self.plots.items() if name not in hidden)
        return [first, *([self.held_out] if self._has_held_out() else []), *others]

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
        others = [overlay.name for overlay in self.overlays.shown()]
        if not live.blocks:
            drawn = f"No complete block of this run yet; other runs: {', '.join(others)}."
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
            at = max(live.held_out)
            fact = live.held_out[at]
            parts.append(f"on {fact.images} held-out pictures at {thousands(at)}: {held_out_words(fact)}")
        named = f"; other runs: {', '.join(others)}" if others else ""
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
        """Return all drawn runs with the chosen held-out measures."""
        if self.session.live.pieces:
            return spec_of_table(table_of(self.session.live))
        if self.session.live.taught:
            return spec_of_table(taught.table_of(self.session.live))
        others = [(overlay.name, overlay.known()) for overlay in self.overlays.shown()]
        return panel_figures.curves(self.session, others, self.held_out.chosen)

    def table(self) -> Table | None:
        """Return one row per block and held-out measurement of all drawn runs."""
        if self.session.live.pieces:
            return table_of(self.session.live)
        if self.session.live.taught:
            return taught.table_of(self.session.live)
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
                *_other_cells(blocks.get(end), others),
            ]
            for run, blocks, held_out in runs
            for end in sorted({*blocks, *held_out})
        ]
        return names, rows


def _cells(block: Block | None) -> list[object]:
    if block is None:
        return [""] * (len(READOUTS) + 3)
    accuracy = [block.accuracy.get(name, "") for name in READOUTS]
    return [*accuracy, float(np.mean(block.spikes)), block.mean_theta, block.weight_change]


def _other_cells(block: Block | None, names: Sequence[str]) -> list[object]:
    return [block.others.get(name, "") if block is not None else "" for name in names]


def _measured_cells(fact: HeldOut | None) -> list[object]:
    if fact is None:
        return [""] * (len(MEASURES) + 1)
    values = [fact.values.get(name) for name in MEASURES]
    return [fact.images, *("" if value is None else value for value in values)]


def _drawable(blocks: Mapping[int, Block], of: Mapping[str, str]) -> Series:
    """Return the curves of a run in the units of the axes; `of`: as the arguments of `series`."""
    return {name: (x, _FACTORS.get(name, 1.0) * y) for name, (x, y) in series(blocks, **of).items()}


def _colour(name: str) -> str:
    colours = theme.current()
    others = {"proportion": colours.right, "confidence": colours.wrong, "likelihood": colours.ink}
    return others.get(name, colours.exc)
