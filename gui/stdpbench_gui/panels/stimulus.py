"""The stimulus: the shown picture, its input spikes, and the answer of the network."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QGridLayout, QLabel, QSizePolicy

from stdpbench.runs.analysis.fields import field_shape
from stdpbench.units import thousands
from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.look.motion import motion
from stdpbench_gui.panels.base import Panel, Table
from stdpbench_gui.session.observed import Observed
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import wrapped
from stdpbench_gui.widgets.layouts import vbox
from stdpbench_gui.widgets.pictures import Picture


class Stimulus(Panel):
    """Panel with a training picture, its input spikes, and the answer."""

    key = "stimulus"
    title = "Stimulus"
    topics = frozenset({"presentation", "state"})
    frames = frozenset({"presentation"})
    carries_over = True
    help_text = (
        "Left, the training picture; right, the number of input spikes per pixel: brighter pixels fire more often "
        "(rate coding with Poisson spike trains). The answer is the class whose neurons fire most. During training, "
        "the label of a neuron is the class that it responded to most in the last thousand presentations received by "
        "this window. This is only a preview: accuracy is measured with frozen weights at the end. The mark and the "
        "frame show right (✓) or wrong (✗). Updates at most three times a second, unless fast flicker is allowed. "
        "(Diehl &amp; Cook 2015, sections 2.4 and 2.6; doi:10.3389/fncom.2015.00099)"
    )
    empty_text = "The picture appears here with the next training presentation: start or resume a run."

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self.observed = Observed.of(session)
        self.picture = Picture("Training picture")
        self.spikes = Picture("Input spikes of each pixel")
        self.verdict = QLabel()
        self.verdict.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.verdict.setAccessibleName("Answer of the network")
        self.details = wrapped("", "faint")
        self.details.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.details.setMinimumHeight(2 * self.details.fontMetrics().height())
        self.details.setAccessibleName("About this presentation")
        grid = QGridLayout()
        grid.setSpacing(theme.GRID // 2)
        self.captions = (QLabel(), QLabel())
        for place, (picture, label) in enumerate(zip((self.picture, self.spikes), self.captions, strict=True)):
            label.setObjectName("faint")
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # equal column widths
            grid.addWidget(picture, 0, place)
            grid.addWidget(label, 1, place)
            grid.setColumnStretch(place, 1)
        grid.setRowStretch(0, 1)
        vbox((grid, 1), self.verdict, self.details, within=self.body, margins=theme.GRID, spacing=theme.GRID // 2)
        self._frame: Mapping[str, Any] = {}
        self._answer = -1
        self._changed_at = 0.0
        self.restyle()

    def reset(self) -> None:
        """Discard the previous run."""
        self._frame, self._changed_at = {}, 0.0
        self.picture.clear()
        self.spikes.clear()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        font = self.verdict.font()
        font.setPointSizeF(self.font().pointSizeF() * 1.25)
        font.setBold(True)
        self.verdict.setFont(font)
        self._changed_at = 0.0
        self.mark_dirty()

    def has_content(self) -> bool:
        """Return whether a presentation was received, and the network has an input."""
        return bool(self.session.live.presentation) and self._has_input

    @property
    def _has_input(self) -> bool:
        graph = self.session.selection.graph
        return graph is None or bool(graph.input)

    def refresh(self) -> None:
        """Show the newest presentation, once the previous one was shown long enough."""
        now = time.monotonic()
        remaining = motion.shortest_gap - (now - self._changed_at)
        if remaining > 0:
            self.draw_later(remaining)
            return
        new = self.session.live.presentation
        if new.get("presentation") != self._frame.get("presentation"):
            self._changed_at = now
        self._frame, self._answer = new, self.observed.answer
        self._show()

    def _show(self) -> None:
        frame = self._frame
        started, split, stream = self.session.live.started, self.session.split, self.is_stream
        label, answer = self.observed.label(frame["image"]), self._answer
        role, mark = self._judged(label, answer)
        sequential = colour_maps.sequential()
        self.picture.frame = role
        if split is not None and frame["image"] < len(split.train):
            pixels = np.asarray(split.train.static[frame["image"]], np.float64)
            self.picture.show_values(pixels, 0.0, float(pixels.max()) or 1.0, sequential)
            self.captions[0].setText("picture")
        else:
            self.picture.clear()
            self.captions[0].setText("a stream has no pictures" if stream else "reading the picture …")
        counts = self._counts()
        if counts is not None and started is not None:
            top = int(counts.max(initial=0))
            if counts.size:
                self.spikes.show_values(counts, 0.0, max(1.0, float(top)), sequential)
            self.captions[1].setText(f"0 to {top} input spikes" if counts.size else "no input")
        text = f"shown {self.observed.class_name(label)}" if label >= 0 else "shown: no label"
        answered = self.observed.class_name(answer) if answer >= 0 else "nothing" if mark else "–"
        unlabelled = split is not None and split.train.labels is None
        verdict = "pictures without labels" if unlabelled else f"{mark} {text} · answered {answered}".strip()
        self.verdict.setText("a piece of a stream" if stream else verdict)
        colours = theme.current()
        self.verdict.setStyleSheet(f"color: {getattr(colours, role) if role else colours.ink};")
        self.details.setText(" · ".join(self._about(frame)))

    def _judged(self, label: int, answer: int) -> tuple[str, str]:
        """Return theme role and mark of an answer; empty: unknown. No answer counts as wrong."""
        if label < 0 or (answer < 0 and not self.observed.right):
            return "", ""
        return ("right", "✓") if label == answer else ("wrong", "✗")

    def _about(self, frame: Mapping[str, Any]) -> list[str]:
        n, times = int(frame["spike_counts"].sum()), frame["attempts"]
        stream = self.is_stream
        parts = [
            f"{'piece' if stream else 'presentation'} {thousands(frame['presentation'])}",
            f"{n} {self.session.selection.read} spike{'s' if n != 1 else ''}",
        ]
        if not stream:
            parts.append("shown once" if times == 1 else f"shown {times} times")
        right = self.observed.right
        if len(right) >= 10:
            parts.append(f"{sum(right)} of the last {len(right)} right")
        return parts

    def _counts(self) -> NDArray[np.float64] | None:
        """Return the input spikes per pixel, (height, width)."""
        started = self.session.live.started
        if started is None or not self._frame or not self._has_input:
            return None
        height, width = started.shape
        if height == 1:  # inputs of a stream are no picture
            height, width = field_shape((width,)) if width else (0, 0)
        counts = np.bincount(self._frame["input"][0], minlength=height * width)
        return counts.astype(np.float64).reshape(height, width)

    def nothing(self) -> str:
        """Return the text of the empty panel: what will appear, or why nothing will."""
        if not self._has_input:
            return "This network has no input, so there is no stimulus to show."
        return self.session.not_coming() or self.empty_text

    def summary(self) -> str:
        """Describe what is shown."""
        if not self._frame or not self._has_input:
            return self.nothing()
        if self.is_stream:
            return f"A stream has no pictures; {', '.join(self._about(self._frame))}."
        label = self.observed.label(self._frame["image"])
        shown = f"picture {self._frame['image']}" + (
            f" of class {self.observed.class_name(label)}" if label >= 0 else ""
        )
        _, mark = self._judged(label, self._answer)
        verdict = {"✓": ", right", "✗": ", wrong", "": ""}[mark]
        answered = f"answered {self.observed.class_name(self._answer)}{verdict}" if self._answer >= 0 else "no answer"
        return f"Shown {shown}; {answered}; {', '.join(self._about(self._frame))}."

    def table(self) -> Table | None:
        """Return grey value and spikes of each pixel."""
        counts, split = self._counts(), self.session.split
        if counts is None:
            return None
        known = split is not None and self._frame["image"] < len(split.train)
        grey = split.train.static[self._frame["image"]].reshape(-1).tolist() if known and split is not None else None
        width = max(1, counts.shape[1])
        rows = [
            (number // width, number % width, grey[number] if grey else "", int(n))
            for number, n in enumerate(counts.reshape(-1).tolist())
        ]
        return ("row", "column", "grey value", "input spikes"), rows

    def figure(self) -> dict[str, Any] | None:
        """Return the picture and its spikes."""
        counts, split = self._counts(), self.session.split
        if counts is None or not counts.size:
            return None
        parts = [{"kind": "image", "image": counts, "label": "input spikes"}]
        if split is not None and self._frame["image"] < len(split.train):
            parts.insert(
                0, {"kind": "image", "image": split.train.static[self._frame["image"]], "label": "grey value"}
            )
        return {"kind": "stack", "parts": parts, "title": "A stimulus and its input spikes", "n": "one presentation"}
