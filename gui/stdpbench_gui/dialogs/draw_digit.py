"""Draw a digit on a pad, with mouse or pen, and see the answer of the current run's network."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6 import sip
from PyQt6.QtCore import QObject, QPointF, QRectF, QSignalBlocker, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QIcon,
    QImage,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QShortcut,
)
from PyQt6.QtWidgets import (
    QDialog,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import thousands
from stdpbench.data.datasets.drawing import PictureStyle, in_style, measure_style
from stdpbench.data.stimuli import Images
from stdpbench.results.figures.paper import Table
from stdpbench.runs.client.helper import HelperClient
from stdpbench_gui.dialogs.figure_export import View
from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.stimulus_words import noun_of
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import CheckBox, Label, keep_room, named, not_none, push_button, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, TOP, form, hbox, vbox
from stdpbench_gui.widgets.pictures import to_image
from stdpbench_gui.widgets.plot import StillPlot

_TICK_MS = 30


class NetworkProbe(QObject):
    """Presents one picture at a time; of those requested meanwhile, the newest is next.

    If the run has a process, that process presents the picture between two training presentations. Otherwise a probe
    process is started, which loads the network as the run left it; it stays until another run is shown or until
    `close`.

    Attributes
    ----------
    answered : signal of dict
        Result of `stdpbench.runs.process.present_image.try_picture`.
    refused : signal of str
        Reason why there is no answer, a sentence.
    """

    answered = pyqtSignal(object)
    refused = pyqtSignal(str)

    def __init__(self, session: RunSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._client: HelperClient | None = None
        self._next: list[float] | None = None
        self._asked: list[float] | None = None
        self._by_run = False
        self._number = 0
        self._generation = 0
        self._opening = False
        self._timer = timer(self, self._tick, _TICK_MS)
        session.opened.connect(self.close)
        session.changed.connect(self._on_changed)

    @property
    def waiting(self) -> bool:
        """Whether an answer is pending."""
        return self._asked is not None or self._next is not None

    @property
    def by_run(self) -> bool:
        """Whether the process of the run presents pictures; otherwise a probe process does."""
        return self._session.connected

    def ask(self, picture: list[float]) -> None:
        """Present a picture; `answered` or `refused` follows, unless a newer picture replaces it."""
        self._next = picture
        self._continue()

    def close(self) -> None:
        """End the probe process."""
        self._asked = self._next = None
        self._generation += 1
        self._drop_client()

    def _continue(self) -> None:
        session = self._session
        if self._asked is not None or self._next is None:
            return
        if session.folder is None:
            self._next = None
            self.refused.emit("No run is open, so there is no network to present the drawing to.")
        elif session.connected:
            self._drop_client()
            self._asked, self._next, self._by_run = self._next, None, True
            self._generation += 1
            generation = self._generation
            session.request(
                "try",
                lambda value: self._take_from_run(generation, "", value),
                lambda error: self._take_from_run(generation, error, None),
                image=self._asked,
            )
        elif self._client is None:
            if not self._opening:
                self._opening, folder, generation = True, session.folder.path, self._generation
                session.work(
                    lambda: _open(folder),
                    lambda client: self._opened(generation, client),
                    failed=lambda reason: self._opened(generation, None, reason),
                )
        elif self._client.connected:
            self._asked, self._next, self._by_run = self._next, None, False
            self._number = self._client.request("try", image=self._asked)
            self._timer.start()

    def _opened(self, generation: int, client: HelperClient | None, reason: str = "") -> None:
        self._opening, gone = False, sip.isdeleted(self)
        if client is not None and (gone or generation != self._generation):
            client.close()
        elif client is not None:
            self._client = client
            self._timer.start()
        elif not gone and generation == self._generation:
            self._next = None
            self.refused.emit(f"{reason}.")
        if not gone:
            self._continue()

    def _take_from_run(self, generation: int, error: str, value: Any) -> None:
        if generation == self._generation:
            self._take(error, value)

    def _take(self, error: str, value: Any) -> None:
        self._asked = None
        if error:
            self.refused.emit(f"{error.rstrip('.')}.")
        else:
            self.answered.emit(value)
        self._continue()

    def _tick(self) -> None:
        client = self._client
        if client is None:
            self._timer.stop()
            return
        for message in client.drain(0.005):
            if message[0] == "reply" and message[1] == self._number and not self._by_run:
                self._take(message[2], message[3])
        if client.over:
            why = client.why_ended()
            self._drop_client()
            self._asked = self._next = None
            self.refused.emit(f"The process that loads the network exited: {why}")
            return
        self._continue()
        if not self.waiting:
            self._timer.stop()

    def _drop_client(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
        self._timer.stop()

    def _on_changed(self, topics: set[str]) -> None:
        if "state" not in topics:
            return
        if self._by_run and self._asked is not None and not self._session.connected:
            # the run ended before it could answer: a probe process can load its network now
            self._next, self._asked = self._next or self._asked, None
            self._generation += 1
            self._continue()


def _open(folder: Path) -> HelperClient:
    try:
        return HelperClient.open("stdpbench.runs.process.probe", str(folder))
    except OSError as error:
        raise StdpbenchError(f"Cannot start a process to load the network: {error.strerror}") from None


USUAL_WIDTH = 22
"""Default line width, in pixels of the drawing."""
_SIDE = 280  # side of the drawing, in pixels


@dataclass
class Stroke:
    """A line drawn without lifting the pen; width and points in pixels of the drawing."""

    width: float
    erases: bool
    points: list[QPointF] = field(default_factory=list)


class Pad(QWidget):
    """A drawing pad for the mouse or a pen."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Drawing pad")
        self.setAccessibleDescription("Draw with the mouse; Ctrl+Z undoes a stroke, Del clears")
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(_SIDE, _SIDE)
        self.line_width = float(USUAL_WIDTH)
        self.erases = False
        self.strokes: list[Stroke] = []

    def ink(self) -> NDArray[np.float32]:
        """Return the drawing: float32, (280, 280), 0 (no ink) to 255."""
        image = QImage(_SIDE, _SIDE, QImage.Format.Format_Grayscale8)
        image.fill(0)
        self._draw(QPainter(image), QColor("white"), QColor("black"))
        content = not_none(image.constBits()).asstring(image.sizeInBytes())
        rows = np.frombuffer(content, np.uint8).reshape(_SIDE, image.bytesPerLine())
        return np.asarray(rows[:, :_SIDE], np.float32)

    def clear(self) -> None:
        """Remove all strokes."""
        self.strokes.clear()
        self._changed()

    def undo(self) -> None:
        """Undo the last stroke."""
        if self.strokes:
            self.strokes.pop()
            self._changed()

    def add_stroke(self, points: list[tuple[float, float]]) -> None:
        """Draw a stroke through points (x, y), 0 to 1."""
        self.strokes.append(Stroke(self.line_width, self.erases, [QPointF(x * _SIDE, y * _SIDE) for x, y in points]))
        self._changed()

    def _changed(self) -> None:
        self.update()
        self.changed.emit()

    def _draw(self, painter: QPainter, ink: QColor, paper: QColor) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for stroke in self.strokes:
            colour = paper if stroke.erases else ink
            painter.setPen(
                QPen(colour, stroke.width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
            )
            if len(stroke.points) == 1:
                painter.drawPoint(stroke.points[0])
            else:
                painter.drawPolyline(QPolygonF(stroke.points))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Start a stroke."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.strokes.append(Stroke(self.line_width, self.erases, [event.position()]))
            self._changed()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Continue the stroke."""
        if event is not None and event.buttons() & Qt.MouseButton.LeftButton and self.strokes:
            self.strokes[-1].points.append(event.position())
            self._changed()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show the drawing."""
        colours = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.base))
        if not self.strokes:
            painter.setPen(QColor(colours.faint))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Draw here")
        painter.end()
        self._draw(QPainter(self), QColor(colours.ink), QColor(colours.base))
        frame = QPainter(self)
        frame.setPen(QPen(QColor(colours.accent if self.hasFocus() else colours.line), 1))
        frame.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))


_USUAL_SIZE = 200  # typical size of a drawn digit, in pixels of the pad
_GAP_MS = 350  # between two answers while drawing: nothing changes more than three times a second
_NEURONS = 6
_FIELD = 56
_HELP = (
    "The drawing is centred and scaled like the pictures of the run and presented to the network as spikes; the "
    "network does not learn from it. Each class has a bar with the mean number of spikes of its neurons. The highest "
    "bar is the answer. The raster shows each spike in the colour of its neuron's class; below are the receptive "
    "fields of the neurons that fired most. Click a field to select its neuron in all panels. (Diehl &amp; Cook 2015, "
    "section 2.6, doi:10.3389/fncom.2015.00099)"
)


class DrawDigitDialog(View, QDialog):
    """Dialog with the pad on the left and the answer on the right.

    Attributes
    ----------
    pad : Pad
        The drawing pad.
    probe : NetworkProbe
        Presents the drawing to the network.
    picture : ndarray, float32, (height, width), or None
        The drawing as presented to the network.
    answer : dict or None
        The last answer.
    """

    title = "Draw a digit"
    help_text = _HELP

    def __init__(self, session: RunSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.title)
        self.session = session
        self._manner: PictureStyle | None = None
        self.picture: NDArray[np.float32] | None = None
        self.answer: dict[str, Any] | None = None
        self._width_chosen = False
        self.body: QWidget = self
        self.pad = Pad()
        self.probe = NetworkProbe(session, self)
        self._timer = timer(self, self._ask, _GAP_MS, once=True)
        self._pad_controls()
        self._answer_widgets()
        self._lay_out()
        self.pad.changed.connect(self._drawn)
        self.probe.answered.connect(self._take)
        self.probe.refused.connect(self._refused)
        session.opened.connect(self._on_opened)
        session.pictures_ready.connect(self._measure)
        self._measure()
        self.restyle()
        self._show_nothing()

    def _pad_controls(self) -> None:
        self.undo_button = push_button("Undo", clicked=self.pad.undo, tip="Undo the last stroke (Ctrl+Z)")
        self.clear_button = push_button("Clear", clicked=self.pad.clear, tip="Remove all strokes (Del)")
        self.eraser = named(CheckBox("Eraser"), tip="Strokes erase (E)")
        self.line = named(QSlider(Qt.Orientation.Horizontal), "Line width", tip="Line width")
        self.line.setRange(6, 64)
        self.line.setValue(USUAL_WIDTH)
        for button in (self.undo_button, self.clear_button):
            button.setAutoDefault(False)
        self.eraser.toggled.connect(lambda on: setattr(self.pad, "erases", on))
        self.line.valueChanged.connect(self._choose_width)
        for keys, slot in (("Ctrl+Z", self.pad.undo), ("Del", self.pad.clear), ("E", self.eraser.toggle)):
            QShortcut(QKeySequence(keys), self, slot)
        self.preview = named(Label(), "The drawing as the network sees it")
        self.preview.setFixedSize(2 * _FIELD, 2 * _FIELD)
        self.preview_text = wrapped("", "faint")

    def _choose_width(self, width: int) -> None:
        self._width_chosen = True
        self.pad.line_width = float(width)

    def _answer_widgets(self) -> None:
        self.big = named(Label("–", align=Qt.AlignmentFlag.AlignCenter), "Answer")
        self.big.setFont(theme.font_of(self.big, 4.0, bold=True))
        self.big.setMinimumWidth(96)
        self.words = wrapped("")
        self.words.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self.bars_plot = named(StillPlot(), "Vote per class")
        self.bars = pg.BarGraphItem(x=[], height=[], width=0.7)
        self.bars_plot.addItem(self.bars)
        self.bars_plot.setLabel("left", "spikes per neuron")
        self.bars_plot.setLabel("bottom", "vote per class")
        self.raster_plot = named(StillPlot(), "Spikes of the answer")
        self.raster = pg.ScatterPlotItem(size=6, pen=None)
        self.raster_plot.addItem(self.raster)
        self.raster_plot.setLabel("left", f"{self.session.selection.read} neuron")
        self.raster_plot.setLabel("bottom", "time (ms)")
        for plot in (self.bars_plot, self.raster_plot):
            plot.getAxis("left").setWidth(
                self.fontMetrics().lineSpacing() + self.fontMetrics().horizontalAdvance("0.350")
            )
            plot.setMinimumHeight(150)
        self.fields: list[QToolButton] = []
        for _ in range(_NEURONS):
            button = QToolButton()
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setIconSize(QSize(_FIELD, _FIELD))
            button.setAutoRaise(True)
            words = self.fontMetrics().horizontalAdvance("99 spikes") + theme.GRID
            button.setFixedSize(max(_FIELD + 5 * theme.GRID, words), _FIELD + 3 * self.fontMetrics().lineSpacing())
            button.clicked.connect(
                lambda _=False, button=button: self.session.selection.select_read_neuron(button.property("neuron"))
            )
            keep_room(button)
            self.fields.append(button)

    def _lay_out(self) -> None:
        tools = hbox(self.undo_button, self.clear_button, self.eraser, STRETCH)
        preview = hbox((self.preview, 0, TOP), (self.preview_text, 1))
        left = vbox(self.pad, tools, form(("Line width", self.line)), spacing=theme.GRID)
        left.addSpacing(theme.GRID)
        left.addWidget(wrapped("As the network sees it", "cardtitle"))
        left.addLayout(preview)
        left.addStretch(1)
        question, more = self._title_buttons("the drawing and its answer")
        top = hbox(self.big, (self.words, 1), (question, 0, TOP), (more, 0, TOP))
        plots = hbox((self.bars_plot, 1), (self.raster_plot, 1), spacing=2 * theme.GRID)
        fields = hbox(*self.fields, STRETCH, spacing=theme.GRID // 2)
        self.fields_title = wrapped("Neurons that fired most, with their receptive fields", "cardtitle")
        keep_room(self.fields_title)
        right = vbox(top, (plots, 1), self.fields_title, fields, spacing=theme.GRID)
        hbox(left, (right, 1), within=self, margins=2 * theme.GRID, spacing=3 * theme.GRID)
        lines = self.fontMetrics().lineSpacing()
        self.resize(max(1000, 860 + 10 * lines), max(560, 340 + 15 * lines))  # the font may be twice as large

    # -- in words and numbers --------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Describe the answer."""
        big = "" if self.answer is None else f"The answer is {self.big.text()}. "
        return f"{big}{self.words.text()}"

    def has_content(self) -> bool:
        """Return whether the network has answered."""
        return self.answer is not None

    def table(self) -> Table | None:
        """Return a row per class with the mean number of spikes of its neurons."""
        vote = None if self.answer is None else self.answer["vote"]
        if vote is None:
            return None
        names = self._class_names()
        return ("class", "spikes per neuron"), [(_name(names, k), score) for k, score in enumerate(vote["scores"])]

    def figure(self) -> dict[str, Any] | None:
        """Return the figure of the presented drawing, the vote and the spikes."""
        answer, table = self.answer, self.table()
        if answer is None or self.picture is None:
            return None
        parts: list[dict[str, Any]] = [{"kind": "image", "image": self.picture, "label": "grey value"}]
        if table is not None:
            names, scores = zip(*table[1], strict=True)
            series = [{"values": np.array(scores, np.float64), "label": ""}]
            parts.append({"kind": "bars", "labels": list(names), "y_label": table[0][1], "series": series})
        spikes = {
            "t": self.raster.getData()[0],
            "index": self.raster.getData()[1],
            "label": f"{self.session.selection.read} neuron",
        }
        parts.append({"kind": "raster", "x_label": "time (ms)", "rows": [spikes]})
        return {"kind": "stack", "title": "A drawing and its answer", "n": "one drawing", "parts": parts}

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.bars_plot.restyle()
        self.raster_plot.restyle()
        self._show_picture()
        if self.answer is not None:
            self._show(self.answer)
        self.pad.update()

    # -- the drawing -----------------------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether the framing of the run's pictures is known, so that drawings can be framed the same way."""
        return self._manner is not None

    def _on_opened(self) -> None:
        self._manner = None
        self._show_nothing()
        self._measure()

    def _measure(self) -> None:
        """Measure how the pictures of the run fill their frame; without pictures, switch the pad off."""
        split, nothing = self.session.split, bool(self._no_pictures)
        for widget in (self.pad, self.undo_button, self.clear_button, self.eraser, self.line):
            widget.setEnabled(not nothing)
        if split is None or nothing or not isinstance(split.train, Images):
            self._manner = None
            self._show_nothing()
        else:
            images = split.train
            self.session.work(lambda: measure_style(images), self._take_manner, "Cannot measure the pictures")

    @property
    def _no_pictures(self) -> str:
        """Why nothing can be drawn for the network; empty if it is shown pictures, or nothing is known."""
        experiment, noun = self.session.experiment, noun_of(self.session)
        if experiment is None or noun == "picture":
            return ""
        what = {"piece": "a stream of spikes", "row": "rows of a table"}.get(noun, f"{noun}s")
        return f"The network of this run is shown {what}, not pictures, so there is nothing to draw for it."

    def _take_manner(self, manner: PictureStyle) -> None:
        self._manner = manner
        if not self._width_chosen:
            with QSignalBlocker(self.line):
                self.line.setValue(round(manner.stroke / manner.side * _USUAL_SIZE))
            self.pad.line_width = float(self.line.value())
        height, width = manner.shape
        middle = f"centred by {'centre of mass' if manner.by_mass else 'bounding box'}"
        light = "".join(
            f", grey values scaled to a {what} of {thousands(round(size))}"
            for what, size in (("sum", manner.pixel_sum), ("length", manner.pixel_norm))
            if size is not None
        )
        self.preview_text.setText(
            f"{height} × {width} pixels, prepared like the pictures of this run: "
            f"longer side {manner.side:.0f} pixels, {middle}{light}."
        )
        if self.pad.strokes:
            self._drawn()
        else:
            self._show_nothing()

    def _drawn(self) -> None:
        if self._manner is None:
            self._show_nothing()
        elif not self._timer.isActive():
            self._timer.start()

    def _ask(self) -> None:
        if self._manner is None:
            return
        picture = in_style(self.pad.ink(), self._manner)
        if self.picture is not None and np.array_equal(picture, self.picture) and self.answer is not None:
            return
        self.picture = picture
        self._show_picture()
        if not picture.any():
            self.answer = None
            self._show_nothing()
            return
        if self.answer is None:
            self.words.setText(
                "Waiting for the current presentation …" if self.probe.by_run else "Loading the network …"
            )
        self.probe.ask(picture.ravel().tolist())

    def _show_picture(self) -> None:
        picture = self.picture
        if picture is None:
            picture = np.zeros(self._manner.shape if self._manner is not None else (28, 28), np.float32)
        self.preview.setPixmap(_pixmap(picture, float(picture.max()) or 1.0, 2 * _FIELD))

    # -- the answer ------------------------------------------------------------------------------------------------

    def _show_nothing(self) -> None:
        self.big.setText("–")
        if self.session.folder is None:
            text = "Opening the network that comes with the app …"
        elif self._no_pictures:
            text = self._no_pictures
            self.preview_text.clear()
        elif self._manner is None:
            text = "Loading the pictures of the run, to prepare drawings the same way …"
        else:
            text = "Draw a digit on the left to see the current network's answer. The network does not learn from it."
        self.words.setText(text)
        self.bars.setOpts(x=[], height=[], width=0.7)
        self.raster.setData([], [])
        self._empty_axes()
        for button in self.fields:
            button.hide()
        self.fields_title.hide()

    def _empty_axes(self) -> None:
        experiment, names = self.session.experiment, self._class_names()
        if experiment is None:
            return
        self.raster_plot.setLabel("left", f"{self.session.selection.read} neuron")
        self.raster_plot.setXRange(0, experiment.schedule.stimulus, padding=0.02)
        self.raster_plot.setYRange(0, max(1, experiment.graph().n_read - 1), padding=0.04)
        if names:
            self.bars_plot.getAxis("bottom").setTicks([list(enumerate(names))])
            self.bars_plot.setXRange(-0.6, len(names) - 0.4, padding=0)
        self.bars_plot.setYRange(0, 1.08, padding=0)

    def _refused(self, sentence: str) -> None:
        self._show_nothing()
        self.words.setText(f"⚠ {sentence}")
        self.answer = None

    def _take(self, answer: dict[str, Any]) -> None:
        if self.picture is not None and self.picture.any():  # else it was erased meanwhile
            self.answer = answer
            self._show(answer)

    def _show(self, answer: dict[str, Any]) -> None:
        vote = answer["vote"]
        names = self._class_names()
        counts = np.array(answer["spike_counts"], np.int64)
        labels = np.full(len(counts), -1) if vote is None else np.array(vote["labels"])
        self.big.setText("?" if vote is None or vote["answer"] < 0 else _name(names, vote["answer"]))
        self.words.setText(self._in_words(answer, counts, names))
        self._show_vote(vote, names)
        index, bins = (np.array(part, np.int64) for part in answer["spikes"])
        fired = bins < answer["n_bins"]
        brushes = [pg.mkBrush(theme.class_colour(int(labels[k]))) for k in index[fired]]
        self.raster.setData(bins[fired] * answer["dt"], index[fired], brush=brushes)
        self.raster_plot.setXRange(0, answer["n_bins"] * answer["dt"], padding=0.02)
        self.raster_plot.setYRange(0, max(1, len(counts) - 1), padding=0.04)
        self._show_neurons(counts, labels, names)

    def _class_names(self) -> tuple[str, ...]:
        started = self.session.live.started
        return started.class_names if started is not None else ()

    def _in_words(self, answer: dict[str, Any], counts: NDArray[np.int64], names: tuple[str, ...]) -> str:
        vote, total, fired = answer["vote"], int(counts.sum()), int((counts > 0).sum())
        times = "once" if answer["attempts"] == 1 else f"{answer['attempts']} times, brighter each time"
        text = f"{total} spikes from {fired} neuron{'s' if fired != 1 else ''}; the drawing was presented {times}."
        if total == 0:
            return f"No neuron fired; the drawing was presented {times}."
        if vote is None:
            return f"{text} The neurons have no labels, so there is no vote."
        if vote["answer"] < 0:
            return f"{text} None of the neurons that fired has a label."
        scores = np.array(vote["scores"])
        others = np.delete(np.arange(len(scores)), vote["answer"])
        second = int(others[scores[others].argmax()]) if len(others) else -1
        if second >= 0 and scores[second] > 0:
            text += f" Second choice: {_name(names, second)}."
        if self.probe.by_run and self.session.live.labelled is None:
            text += f" Labels are provisional: they are based on the last {vote['pictures']} training pictures."
        return text

    def _show_vote(self, vote: dict[str, Any] | None, names: tuple[str, ...]) -> None:
        if vote is None:
            self.bars.setOpts(x=[], height=[], width=0.7)
            return
        n, answer = len(vote["scores"]), vote["answer"]
        ink = theme.current().ink
        self.bars.setOpts(
            x=np.arange(n),
            height=np.array(vote["scores"]),
            width=0.7,
            brushes=[pg.mkBrush(theme.class_colour(k)) for k in range(n)],
            pens=[pg.mkPen(ink, width=2) if k == answer else pg.mkPen(None) for k in range(n)],
        )
        self.bars_plot.getAxis("bottom").setTicks([[(k, _name(names, k)) for k in range(n)]])
        self.bars_plot.setXRange(-0.6, n - 0.4, padding=0)
        self.bars_plot.setYRange(0, max(vote["scores"]) * 1.1 or 1.0, padding=0)
        text = ", ".join(f"{_name(names, k)} {score:.2f}" for k, score in enumerate(vote["scores"]) if score)
        self.bars_plot.setAccessibleDescription(f"Mean spikes per neuron of each class: {text or 'none'}")

    def _show_neurons(self, counts: NDArray[np.int64], labels: NDArray[np.int64], names: tuple[str, ...]) -> None:
        live = self.session.live
        selection = self.session.selection
        best = [int(k) for k in np.argsort(-counts, kind="stable")[:_NEURONS] if counts[k]]
        w = selection.per_synapse(live.learned(selection.weights)) if selection.is_read and selection.learns else None
        view = selection.view_for(w)
        drawn = {}
        if w is not None and view is not None:
            drawn = {k: view.incoming(w, k) for k in best if k < view.n_target}
        strong = np.nanquantile(np.stack(list(drawn.values())), 0.999) if drawn else 1.0
        self.fields_title.setVisible(bool(best))
        for button, neuron in zip(self.fields, [*best, *(-1,) * (_NEURONS - len(best))], strict=True):
            button.setVisible(neuron >= 0)
            if neuron < 0:
                continue
            label = _name(names, int(labels[neuron])) if labels[neuron] >= 0 else "none"
            button.setText(f"{counts[neuron]} spike{'s' if counts[neuron] > 1 else ''}\nlabel {label}")
            button.setToolTip(f"Neuron {neuron}; click to select it in all panels")
            button.setAccessibleName(f"Neuron {neuron}, {button.text()}".replace("\n", ", "))
            if neuron in drawn:
                field_ = drawn[neuron].reshape(selection.field_shape)
                button.setIcon(QIcon(_pixmap(field_, float(strong) or 1.0, _FIELD)))
            button.setProperty("neuron", neuron)

    def hideEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """End the probe process; the next drawing starts a new one."""
        self._timer.stop()
        self.probe.close()
        super().hideEvent(event)


def _name(names: tuple[str, ...], number: int) -> str:
    return names[number] if 0 <= number < len(names) else str(number)


def _pixmap(picture: NDArray[np.float32], top: float, side: int) -> QPixmap:
    """Return grey values or weights as an enlarged picture in the colours of the app, without smoothing."""
    image = to_image(picture, 0.0, top, colour_maps.sequential(), colour_maps.absent())  # of no synapse
    return QPixmap.fromImage(image).scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio)
