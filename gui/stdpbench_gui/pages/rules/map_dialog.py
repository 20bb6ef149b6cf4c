"""The dialog with a map over two parameters of the rule: the misfit to data, or a weight change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QComboBox, QLineEdit, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import signed
from stdpbench.kinds.plasticity import PlasticityRule, rules
from stdpbench.runs.client.helper import carry_out_aside
from stdpbench.studies.lab.data_sets import CANDIDATES
from stdpbench.studies.lab.quick import as_opened, read_option
from stdpbench_gui.dialogs.job_dialog import JobDialog, Report
from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.pages.rules.state import RulesState
from stdpbench_gui.session.background import check_cancelled
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.axes import step_up
from stdpbench_gui.widgets.basic import choice, keep_room, named, not_none, note, push_button
from stdpbench_gui.widgets.layouts import STRETCH, form, hbox, vbox
from stdpbench_gui.widgets.plot import StillPlot

Floats = NDArray[np.float64]
_N = 40
_LEVELS = (2.30, 4.61, 9.21)  # 68, 90 and 99 % of two parameters together
_MOVES = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Down: (0, -1), Qt.Key.Key_Up: (0, 1)}


@dataclass(frozen=True, eq=False)
class Shown:
    """A map.

    Attributes
    ----------
    rule : PlasticityRule
        The rule with its other values.
    quantity : str
        What is shown.
    axes : sequence of mapping
        Name, unit, and whether it is logarithmic, of both parameters.
    at : sequence of ndarray, float64, (n,)
        Their values.
    values : ndarray, float64, (n, n)
        The quantity, the second parameter first.
    most : float
        Its largest size.
    misfit : bool
        Whether it is a misfit to data, and not a weight change.
    """

    rule: PlasticityRule
    quantity: str
    axes: Sequence[Mapping[str, Any]]
    at: Sequence[Floats]
    values: Floats
    most: float
    misfit: bool

    def drawn(self, values: Sequence[Any]) -> list[Any]:
        """Return where values of both parameters are drawn."""
        return [np.log10(value) if axis["log"] else value for value, axis in zip(values, self.axes, strict=True)]

    def texts(self, place: tuple[int, int]) -> dict[str, str]:
        """Return the values at a place, with units, by name."""
        columns = zip(self.axes, self.at, place, strict=True)
        return {axis["name"]: f"{values[at]:.4g} {axis['unit']}".strip() for axis, values, at in columns}


class MapPlot(StillPlot):
    """A map with contours. The arrow keys move the cursor; Enter, Space or a click choose its values.

    Attributes
    ----------
    moved, chosen : signal
        The cursor has moved; its values were chosen.
    cursor : (int, int)
        Its place.
    shown, rule : Shown, PlasticityRule
        The map and the present values, as soon as there is one; the plot is hidden before.
    """

    moved = pyqtSignal()
    chosen = pyqtSignal()
    shown: Shown
    rule: PlasticityRule

    def __init__(self) -> None:
        super().__init__()
        self.cursor = _N // 2, _N // 2
        self.scene().sigMouseMoved.connect(self._on_mouse)
        self.scene().sigMouseClicked.connect(self._on_click)

    def restyle(self) -> None:
        """Draw everything in the colours of the theme."""
        super().restyle()
        item, shown, colours = self.getPlotItem(), self.shown, theme.current()
        item.clear()
        misfit, most, x_y = shown.misfit, shown.most, shown.drawn(shown.at)
        image = pg.ImageItem(np.log10(1 + shown.values) if misfit else shown.values)
        image.setColorMap(colour_maps.sequential() if misfit else colour_maps.diverging())
        image.setLevels((0.0, np.log10(1 + most)) if misfit else (-most, most))
        width, height = (row[1] - row[0] for row in x_y)
        image.setRect(QRectF(x_y[0][0] - width / 2, x_y[1][0] - height / 2, _N * width, _N * height))
        item.addItem(image)
        for number, level in enumerate(_LEVELS if misfit else np.arange(-4, 5) * step_up(most / 4)):
            wide = 2.0 - 0.6 * number if misfit else 1.0 + (level == 0)
            line = pg.IsocurveItem(shown.values, float(level), pg.mkPen(colours.ink, width=wide))
            line.setParentItem(image)
        self._now, self._cursor = (
            pg.ScatterPlotItem(symbol=symbol, size=size, pen=pg.mkPen(colour, width=2), brush=brush)
            for symbol, size, colour, brush in (
                ("+", 18, colours.inh, colours.inh),
                ("s", 10, colours.ink, colours.base),
            )
        )
        for mark in (self._now, self._cursor):
            item.addItem(mark)
        for side, axis, values in zip(("bottom", "left"), shown.axes, shown.at, strict=True):
            item.getAxis(side).setTicks([_ticks(values[0], values[-1])] if axis["log"] else None)
            self.setLabel(side, f"{axis['name']} ({axis['unit']})" if axis["unit"] else axis["name"])
        item.setRange(image.mapRectToParent(image.boundingRect()), padding=0)
        self.mark(self.rule)
        self._go(*self.cursor)

    def mark(self, rule: PlasticityRule) -> None:
        """Mark the values of a rule."""
        self.rule = rule
        now = self.shown.drawn([getattr(rule, axis["name"], np.nan) for axis in self.shown.axes])
        self._now.setData(*([value] for value in now))

    def _go(self, x: int, y: int) -> None:
        self.cursor = min(max(x, 0), _N - 1), min(max(y, 0), _N - 1)
        places = zip(self.shown.drawn(self.shown.at), self.cursor, strict=True)
        self._cursor.setData(*([values[at]] for values, at in places))
        self.moved.emit()

    def _on_mouse(self, position: object) -> None:
        at = self.getPlotItem().getViewBox().mapSceneToView(position)
        columns = zip(self.shown.drawn(self.shown.at), (at.x(), at.y()), strict=True)
        self._go(*(int(np.abs(values - value).argmin()) for values, value in columns))

    def _on_click(self, event: pg.GraphicsScene.mouseEvents.MouseClickEvent) -> None:
        view, at = self.getPlotItem().getViewBox(), event.scenePos()
        if event.button() == Qt.MouseButton.LeftButton and view.sceneBoundingRect().contains(at):
            self._on_mouse(at)
            self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Move the cursor, or choose its values."""
        key = not_none(event).key()
        if key in _MOVES:
            self._go(*(at + step for at, step in zip(self.cursor, _MOVES[Qt.Key(key)], strict=True)))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
        else:
            super().keyPressEvent(event)


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Return ticks of a logarithmic axis with their labels: 1, 2 and 5 times powers of ten, or only these."""
    values = [m * 10.0**power for power in range(-12, 13) for m in (1, 2, 5) if low <= m * 10.0**power <= high]
    few = values if len(values) <= 8 else [value for value in values if f"{value:e}".startswith("1")]
    return [(float(np.log10(value)), f"{value:g}") for value in few]


class MapDialog(JobDialog):
    """Asks for two parameters and a quantity, computes the map in a process, and sets the values that are clicked.

    Parameters
    ----------
    state : RulesState
        The rule of the page.
    sources : sequence of str
        The data: files, or names of included sets; without any, there is no misfit.
    protocol : str
        The protocol for whose curves the rule may have other values (`as_opened`).
    weight : float
        Weight at the start, as of the curves.
    """

    def __init__(
        self,
        state: RulesState,
        sources: Sequence[str],
        protocol: str,
        weight: float,
        session: RunSession,
        parent: QWidget,
    ) -> None:
        super().__init__(f"Map of {state.kind}", session, "map", parent)
        self._state, self._sources, self._protocol, self._weight = state, sources, protocol, weight
        numbers = [p for p in state.rule.describe() if p.unit is not None and getattr(state.rule, p.name) is not None]
        names = [(f"{p.name} ({p.unit})" if p.unit else p.name, p.name) for p in numbers if not p.structural]
        misfit = f"misfit to {', '.join(Path(source).name for source in sources)}"
        changes = [(f"Δw by {p.repeats} {p.group[0]}: {p.label}", p) for p in CANDIDATES]
        self.quantity = choice([*([(misfit, None)] if sources else []), *changes], "Quantity")
        self.axes, self.ranges, fields = list[QComboBox](), list[QLineEdit](), form()
        for place, side in enumerate(("across", "up"), 1):
            self.axes.append(choice(names, f"Parameter {side}", at=place))
            self.ranges.append(named(QLineEdit(), f"Range {side}", tip="Two numbers, such as 10, 50"))
            self.ranges[-1].setPlaceholderText("from, to; empty: the bounds of a fit")
            self.axes[-1].activated.connect(self.ranges[-1].clear)
            fields.addRow(side, hbox(self.axes[-1], (self.ranges[-1], 1)))
        fields.addRow("quantity", self.quantity)
        self.plot = named(MapPlot(), "Map; arrow keys move the cursor, Enter sets the values")
        keep_room(self.plot)
        self.reading = note("Values at the cursor", f"Each point starts from the weight {weight:g}.")
        self.about = note("About the map", "Contours appear here; a click then sets both values.")
        self.draw_button = self.main_button("Draw", self.draw)
        buttons = hbox(STRETCH, push_button("Close", clicked=self.reject), self.draw_button)
        rows = (fields, self.progress, self.problem, (self.plot, 1), self.reading, self.about, buttons)
        vbox(*rows, within=self, margins=2 * theme.GRID, spacing=theme.GRID)
        self.plot.moved.connect(self._read)
        self.plot.chosen.connect(self._set)
        state.changed.connect(self._follow)
        self.resize(720, 700)

    def draw(self) -> None:
        """Compute the map."""
        quantity, point = self.quantity.currentText(), self.quantity.currentData()
        rule, names = as_opened(self._state.now, self._protocol)[0], [box.currentData() for box in self.axes]
        of = {"point": asdict(point)} if point else {"data": list(self._sources), "relative_to": 1.0}
        request = {"rule": rule.to_mapping(), "n": _N, "weight": self._weight, **of}

        def work(report: Report) -> Shown:
            ranges = [
                read_option(field.text(), field.accessibleName(), several=True, whole=False) for field in self.ranges
            ]
            for field, given in zip(self.ranges, ranges, strict=True):
                if given and len(given) != len(("from", "to")):
                    raise StdpbenchError(f"{field.accessibleName()} must be two numbers, such as 10, 50")
            request["ranges"] = {name: given or None for name, given in zip(names, ranges, strict=True)}
            answer, arrays = carry_out_aside(
                "stdpbench.studies.lab.service", request, name="map", look=check_cancelled, on_progress=report
            )
            axes, at, values = [answer["x"], answer["y"]], [arrays["x"], arrays["y"]], arrays["values"]
            most = float(np.nanmax(np.abs(values))) or 1.0
            return Shown(rule, quantity, axes, at, values, most, misfit=point is None)

        self.do(work, self._take)

    def _take(self, shown: Shown) -> None:
        self.plot.shown, self.plot.rule = shown, shown.rule
        self.plot.restyle()
        self.plot.show()
        self._follow()

    def _follow(self) -> None:
        """Mark the present values; without a click if the map is of other values of the rule."""
        if self.plot.isHidden():
            return
        shown, rule = self.plot.shown, as_opened(self._state.now, self._protocol)[0]
        self.plot.mark(rule)
        varied = {axis["name"]: None for axis in shown.axes}
        same = {**rule.to_mapping(), **varied} == {**shown.rule.to_mapping(), **varied}
        self.plot.setEnabled(same)
        changes = f"every {step_up(shown.most / 4):g}, the thick one is 0"
        lines = "68, 90 and 99 % of both together, others fixed" if shown.misfit else changes
        usual = f"Lines: {lines}. Cross: present values. A click sets both values."
        self.about.setText(usual if same else "⚠ Other values of the rule have changed: draw the map again.")

    def _read(self) -> None:
        shown, (x, y) = self.plot.shown, self.plot.cursor
        values = ", ".join(f"{name} {text}" for name, text in shown.texts((x, y)).items())
        number = f"{shown.values[y, x]:.4g} above the least" if shown.misfit else signed(shown.values[y, x], ".3g")
        self.reading.setText(f"{values}: {shown.quantity} {number}")

    def _set(self) -> None:
        texts = self.plot.shown.texts(self.plot.cursor)
        rule = rules.build({**self._state.rule.to_mapping(), **texts}, "plasticity")
        self._state.show(rule, ", ".join(f"{name} → {text}" for name, text in texts.items()))
