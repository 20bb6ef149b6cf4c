"""A box with curves of one protocol (the edited rule and all kept curves), and a form for the protocol's options."""

from __future__ import annotations

import re
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QComboBox, QDialog, QLineEdit, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.figures.paper import Table
from stdpbench.studies.lab.quick import QUICK, as_opened, why_not
from stdpbench.studies.lab.result import Result, bands
from stdpbench_gui.look import theme
from stdpbench_gui.pages.rules import line_styles
from stdpbench_gui.pages.rules import plot_text as words
from stdpbench_gui.pages.rules.curves import CurveRequest, Curves, Place
from stdpbench_gui.pages.rules.plot import Band, CurvePlot, Drawn
from stdpbench_gui.pages.rules.state import Plan, RulesState, ShownPoints, name_of
from stdpbench_gui.pages.titled_box import TitledBox
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import (
    Label,
    NarrowBox,
    ProblemLabel,
    menu_action,
    named,
    note,
    push_button,
    tool_button,
    wrapped,
)
from stdpbench_gui.widgets.layouts import STRETCH, form, hbox, vbox
from stdpbench_gui.widgets.legend import Legend


class OptionsPopup(QDialog):
    """A field for each option; Enter or Apply puts them in force.

    Attributes
    ----------
    fields : dict of str to QLineEdit
        Fields by option name; empty: the default of the protocol.
    problem : QLabel
        The current error.
    """

    def __init__(self, state: RulesState, place: int, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._state, self._place = state, place
        self._quick = QUICK[state.protocol(place)]
        self.setAccessibleName(f"Options of {self._quick.title}")
        fields = form()
        self.fields: dict[str, QLineEdit] = {}
        now = state.options(place)
        for option in self._quick.options:
            field = QLineEdit(option.show(now.get(option.name)))
            usual = option.show(option.default) or "usual"
            field.setPlaceholderText(usual)
            field.setToolTip(f"{option.help}. Default: {usual} {option.unit}".strip())
            field.setAccessibleName(option.label)
            field.setAccessibleDescription(option.help)
            fields.addRow(f"{option.label} ({option.unit})" if option.unit else option.label, field)
            self.fields[option.name] = field
        self.problem = ProblemLabel()
        restore = push_button("Restore defaults", clicked=lambda _=False: self._restore())
        go = push_button("Apply", clicked=self.accept, style="primary")
        go.setDefault(True)
        buttons = hbox(restore, STRETCH, push_button("Cancel", clicked=self.reject), go, spacing=theme.GRID)
        vbox(wrapped(self._quick.about, "faint"), fields, self.problem, buttons, within=self, margins=2 * theme.GRID)
        self.setMinimumWidth(340)

    def accept(self) -> None:
        """Apply the options if they are valid."""
        state = self._state
        options: dict[str, Any] = {}
        usual = state.usual_options(self._place)
        try:
            for option in self._quick.options:
                value = option.read(self.fields[option.name].text())
                value = option.default if value is None else value
                if value != usual.get(option.name, option.default):
                    options[option.name] = value
        except StdpbenchError as error:
            self.problem.say(f"⚠ {error}")
            return
        state.plan(self._place, Plan(state.plans[self._place].protocol, options))
        super().accept()

    def _restore(self) -> None:
        self._state.plan(self._place, Plan(self._state.plans[self._place].protocol))
        self.reject()


_HELP = (
    "Curves are simulated, not computed from a formula: Brian2 runs synapses built from the rule's equations by the "
    "same code that builds the network, with imposed spikes. The thick line with ● is the rule with the values at the "
    "left; thinner lines are kept curves. Curves of one rule differ in line style. The shaded band of a fit holds the "
    "middle 90 % of its fits to data drawn anew from the points, until a value is changed. Hover or use the arrow "
    "keys to read values; a double-click or 0 fits the axes, which otherwise only grow. A curve depends on its number "
    "of pairs, frequency, starting weight and bounds, which are listed below it. (Pairs: Bi &amp; Poo 1998, "
    "doi:10.1523/JNEUROSCI.18-24-10464.1998; pairing frequency: Sjöström, Turrigiano &amp; Nelson 2001, "
    "doi:10.1016/S0896-6273(01)00542-6; weight dependence: van Rossum, Bi &amp; Turrigiano 2000, "
    "doi:10.1523/JNEUROSCI.20-23-08812.2000)"
)


_FOOT_LINES = (4, 3)
"""Lines of text below the first plot, and below the others."""
_TIGHT = 240


class PlotBox(TitledBox):
    """Box with the curves of one protocol.

    Attributes
    ----------
    drawn : signal
        A curve of the edited rule was drawn.
    """

    topics = frozenset({"rule", "values", "dragged", "plots", "kept", "points"})
    help_text = _HELP
    lines = 15
    empty_text = "Curves appear here once Brian2 is ready, in a few seconds."

    drawn = pyqtSignal()

    def __init__(self, place: int, state: RulesState, curves: Curves, session: RunSession) -> None:
        self.place, self.state, self._curves = place, state, curves
        self._results: dict[int, Result] = {}
        self._not_drawn: dict[int, str] = {}  # reasons by the number of a kept rule
        self._of: str = ""
        self._band: Band | None = None
        self._band_key: object = None  # everything the band depends on
        self._last_band: tuple[object, Band | None] = None, None
        self._sampled: list[Result] = []
        self._series = -1  # number of the band among the places of the curves
        self._coarse, self._late, self._problem = False, False, ""
        super().__init__(state.changed, session)
        self.title_label.hide()
        self.empty.setText(self.empty_text if place == 0 else "")  # the page says it once
        self.choice = named(NarrowBox(), f"Protocol of plot {place + 1}")
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for name, quick in QUICK.items():
            self.choice.addItem(quick.title, name)
            self.choice.setItemData(self.choice.count() - 1, quick.about, Qt.ItemDataRole.ToolTipRole)
        self.choice.activated.connect(lambda row: self.state.plan(place, Plan(self.choice.itemData(row))))
        self.options = tool_button(
            "⚙",
            clicked=lambda _: self.ask_options(),
            name=f"Options of plot {place + 1}",
            tip="Options: pairs, frequency, starting weight …",
            flat=True,
        )
        self.status = named(Label(), style="faint")
        self.status.hide()
        for widget in (self.choice, self.options, self.status):
            self.title_extra.addWidget(widget)
        self.menu.addSeparator()
        tip = "The protocol and options that show this rule best"
        menu_action(self.menu, "Default of the rule", lambda: self.state.plan(self.place, Plan()), tip)
        menu_action(self.menu, "Fit the axes", lambda: self.plot.fit())
        self.why, self.foot = note(""), note("Conditions")
        self.legend = Legend()
        self.plot = CurvePlot()
        vbox(self.why, self.legend, (self.plot, 1), self.foot, within=self.body, spacing=0)
        self._tick = timer(self, self._draw, once=True)

    @property
    def title(self) -> str:  # type: ignore[override]  # named after the protocol
        """Title of the protocol."""
        return QUICK[self.state.protocol(self.place)].title

    def has_content(self) -> bool:
        """Return whether there is a curve, or a reason why there is none."""
        return bool(self._results) or bool(self._problem)

    # -- asking ----------------------------------------------------------------------------------------------------

    def ask(self, topics: set[str]) -> None:
        """Request the curves that depend on the changed topics."""
        state, protocol = self.state, self.state.protocol(self.place)
        options = state.options(self.place)
        if protocol != self._of:
            self._of = protocol
            self._results.clear()
            self._not_drawn.clear()
        if topics & {"rule", "values", "dragged", "plots", "points"}:
            request = CurveRequest(state.now, protocol, options, coarse=state.now is not state.rule)
            self._curves.want(Place(self.place), request)
            self._ask_band(options)
        if topics & {"rule", "plots", "kept", "points"}:
            shown = {kept.number: kept for kept in state.kept if kept.visible}
            for number in [number for number in self._results if number >= 0 and number not in shown]:
                del self._results[number]
                self._curves.forget(Place(self.place, number))
            for number, kept in shown.items():
                self._curves.want(Place(self.place, number), CurveRequest(kept.rule, protocol, options))

    def _ask_band(self, options: dict[str, Any]) -> None:
        """Request the band of a fit; without one, or once values have left it, remove the band at once."""
        key = self.state.bootstrapped(), self._of, options
        if key != self._band_key:
            self._curves.forget(Place(self.place, self._series))
            self._band_key, self._series, self._sampled = key, self._series - 1, []
            self._band = self._last_band[1] if key == self._last_band[0] else None
            self._tick.start(0)
            self._ask_next()

    def _ask_next(self) -> None:
        """Request one more curve of the band, or complete it."""
        drawn, n = self.state.bootstrapped(), len(self._sampled)
        if self._band is None and n < len(drawn):
            request = CurveRequest(drawn[n], self._of, self.state.options(self.place))
            self._curves.want(Place(self.place, self._series), request)
        elif self._sampled:
            self._band = Band(self._sampled[0], f"5 to 95 % of {n} bootstrapped fits", bands(self._sampled))
            self._last_band = self._band_key, self._band
            self._tick.start(0)

    def take(self, kept: int, result: Result, coarse: bool) -> None:
        """Accept a requested curve."""
        if result.protocol != self._of:
            return
        if kept < -1:
            if kept == self._series:
                self._sampled.append(result)
                self._ask_next()
            return
        self._results[kept] = result
        self._not_drawn.pop(kept, None)
        if kept < 0:
            self._coarse, self._late, self._problem = coarse, False, ""
        self._tick.start(0)

    def wait(self, kept: int) -> None:
        """Note that a curve takes too long to follow the slider."""
        if kept < 0:
            self._late = True
            self._write()

    def fail(self, kept: int, reason: str) -> None:
        """Note why a curve could not be computed."""
        if kept == -1:
            self._problem = reason
        else:
            self._not_drawn[kept] = reason
        self._results.pop(kept, None)
        self._tick.start(0)

    # -- drawing ---------------------------------------------------------------------------------------------------

    def refresh(self, topics: set[str]) -> None:
        """Draw the kept and the received curves."""
        if topics & {"plots", "rule"}:
            self._offer()
        if topics & {"points", "kept", "plots", "rule"}:
            self._tick.start(0)

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.plot.restyle()
        self._write()

    def _offer(self) -> None:
        self.choice.setCurrentIndex(self.choice.findData(self.state.protocol(self.place)))
        model = self.choice.model()
        for row, name in enumerate(QUICK):
            item = model.item(row)  # type: ignore[union-attr]
            item.setEnabled(not why_not(self.state.rule, name))

    def shown(self) -> list[Drawn]:
        """Return the curves to draw, the edited rule last."""
        names = {kept.number: kept.name for kept in self.state.kept if kept.visible}
        found = [
            Drawn(names[number], number, result) for number, result in sorted(self._results.items()) if number in names
        ]
        if -1 in self._results:
            now = self._results[-1]
            found.append(Drawn(name_of(now.rule, [one.result.rule for one in found]) if found else "", -1, now))
        return found

    def _points(self) -> list[ShownPoints]:
        return [one for one in self.state.points if one.visible and one.points.protocol == self._of]

    def _draw(self) -> None:
        if self.has_content():
            self._stack.setCurrentWidget(self.body)
        self._offer()
        about = self._of, self.state.kind, tuple(sorted(self.state.options(self.place).items()))
        self.plot.draw(self.shown(), [(one.number, one.points) for one in self._points()], about, self._band)
        self._write()
        self.setAccessibleName(self.title)
        self.setAccessibleDescription(self.summary())
        if -1 in self._results:
            self.drawn.emit()

    def _write(self) -> None:
        """Write the legend, the conditions, and why this protocol was chosen."""
        state, opening = self.state, self.state.rule.opening
        shown = self.shown()
        entries = self._entries(shown)
        self.legend.write(entries)
        self.legend.setVisible(bool(entries))
        why = [f"Shown first: {opening.why}"] if opening.protocol == self._of and self.place == 0 else []
        _, put_in = as_opened(state.now, self._of)
        if put_in:
            why.append(
                f"Drawn with {', '.join(f'{name} {value}' for name, value in put_in.items())}, as this rule suggests."
            )
        self.why.say("" if self._tight else " ".join(why))
        text = [f"⚠ {self._problem}"] if self._problem else []
        text += words.conditions_of([(drawn.name, drawn.result) for drawn in reversed(shown)])
        visible = [kept for kept in state.kept if kept.visible]
        told = words.told_apart([kept.name for kept in visible])
        names = {kept.number: name for kept, name in zip(visible, told, strict=True)} | {self._series: "the band"}
        text += [
            f"Cannot draw {names[number]}: {reason}." for number, reason in self._not_drawn.items() if number in names
        ]
        text += list(dict.fromkeys(f"{one.points.about}." for one in self._points()))
        self.foot.setToolTip("\n\n".join(text))
        self._fit_foot("\n".join(text))
        before = "" if -1 not in self._results else str(getattr(self._results[-1].rule, "kind", ""))
        status = "updates on release" if self._late else "coarse while you drag" if self._coarse else ""
        if not status and self._band is None and state.bootstrapped() and self._series not in self._not_drawn:
            status = "computing the band …"
        self.status.say(f"still {before} …" if before not in ("", state.kind) else status)

    def _entries(self, shown: list[Drawn]) -> list[tuple[str, str, str]]:
        """Return colour, symbol and name of all curves; line styles within a rule are listed once for all rules."""
        curves = shown[-1].result.curves if shown else ()
        lines = []
        if len(shown) == 1:
            look = line_styles.of_rule(shown[0].kept)
            lines += [
                (
                    look.colour,
                    f"{line_styles.line_word(which)}{look.word if which == 0 else look.hollow}",
                    curve.label,
                )
                for which, curve in enumerate(curves)
                if curve.label
            ]
        else:
            names = words.told_apart([drawn.name for drawn in reversed(shown)])
            for drawn, name in zip(reversed(shown), names, strict=True):
                look = line_styles.of_rule(drawn.kept)
                lines.append((look.colour, f"{line_styles.line_word(0)}{look.word}", name))
            if len(curves) > 1 and not self._tight:
                ink = theme.current().ink
                lines += [(ink, line_styles.line_word(which), c.label) for which, c in enumerate(curves)]
        if self._band is not None:
            lines.append((line_styles.of_rule(-1).colour, "▒", self._band.about))
        for one in self._points() if not self._tight else ():
            look = line_styles.of_points(one.number)
            lines.append((look.colour, look.word, one.points.label))
        return lines

    def _fit_foot(self, text: str) -> None:
        """Write as much below the plot as fits; the tooltip has the full text."""
        metrics, most = self.foot.fontMetrics(), 1 if self._tight else _FOOT_LINES[min(self.place, 1)]
        whole = text.partition("\n")[0]  # conditions are never cut
        width = max(120, self.foot.width() - 2 * theme.GRID)

        def fits(part: str) -> bool:
            high = metrics.boundingRect(0, 0, width, 10**6, int(Qt.TextFlag.TextWordWrap), part).height()
            return high <= most * metrics.lineSpacing() + 1

        parts, shown = re.findall(r"\S+\s*", text), text
        while len("".join(parts).rstrip()) > len(whole) and not fits(shown):
            parts.pop()
            shown = f"{''.join(parts).rstrip()} […]"
        self.foot.setText(shown)
        self.foot.setAccessibleDescription(text)

    @property
    def _tight(self) -> bool:
        """Whether there is too little room for all texts."""
        return self.height() < _TIGHT

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Fit the texts to the new width."""
        super().resizeEvent(event)
        self._tick.start(0)

    # -- choosing --------------------------------------------------------------------------------------------------

    def ask_options(self) -> OptionsPopup:
        """Open the options form."""
        popup = OptionsPopup(self.state, self.place, self)
        popup.move(self.options.mapToGlobal(self.options.rect().bottomLeft()))
        popup.open()
        return popup

    # -- summary and export ---------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Describe what is shown."""
        if self._problem:
            return f"{self.title}: {self._problem}."
        if -1 not in self._results:
            return self.empty_text
        text = words.summary(self.title, self.shown(), self._points())
        return text if self._band is None else f"{text} Band: {self._band.about}."

    def table(self) -> Table | None:
        """Return rule, x and all curves, one row per x and rule."""
        return words.table(self.shown())

    def figure(self) -> dict[str, Any] | None:
        """Return all curves as lines, and data points with error bands."""
        return words.figure(self.shown(), self._points())

    def caption_of(self, spec: dict[str, Any]) -> str:
        """Return a caption that lists rules, values and conditions."""
        return words.caption(self.title, self.shown(), self._points())
