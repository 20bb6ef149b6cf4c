"""The stimulus: what is shown, its input spikes, and the answer of the network."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import Qt

from stdpbench.base.units import thousands
from stdpbench.results.figures.paper import Table
from stdpbench.runs.analysis.frame_spikes import spikes_in
from stdpbench.runs.analysis.shown_stimulus import ShownStimulus
from stdpbench_gui.look import theme
from stdpbench_gui.look.motion import motion
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.session.observed import Observed
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.stimulus_words import encoding_of, group_names, noun_of
from stdpbench_gui.widgets.basic import not_none, plain_tip, wrapped
from stdpbench_gui.widgets.layouts import vbox
from stdpbench_gui.widgets.stimulus_view import StimulusView

_MOST_CURVES = 12
_LABEL = "time in presentation (ms)"


def spikes_in_words(shown: ShownStimulus) -> str:
    """Describe the input spikes in a sentence."""
    n, silent = len(shown.index), shown.n_silent
    text = f"{thousands(n)} input spike{'' if n == 1 else 's'} in {shown.duration:g} ms"
    if n:
        latest = float(shown.bin.max()) * shown.dt
        text += f", the first at {float(shown.bin.min()) * shown.dt:g} ms and the last at {latest:g} ms"
    text += f"; {thousands(silent)} of {thousands(shown.n_input)} inputs do not fire."
    return f"{text} {shown.factors_sentence}".rstrip()


def table_of(shown: ShownStimulus, static: NDArray[Any] | None, static_name: str) -> tuple[Sequence[str], list[Any]]:
    """Return a row for each input: its place, what the stimulus has there, its spikes, and when the first comes.

    Parameters
    ----------
    shown : ShownStimulus
        The stimulus and its spikes.
    static : ndarray, (n_values,), or None
        What the stimulus has in each channel regardless of time.
    static_name : str
        What these values are called.
    """
    width = max(1, shown.width)
    first = shown.first.round(3).tolist()
    values = None if static is None else static.tolist()
    value = {"pixels": "grey value", "counts": "events", "means over time": "mean"}.get(static_name, "value")
    sums = None if shown.factor is None else shown.delivered.round(6).tolist()
    rows = [
        (
            number // width,
            number % width,
            values[number % len(values)] if values else "",
            n,
            "" if np.isnan(first[number]) else first[number],
            *(() if sums is None else (sums[number],)),
        )
        for number, n in enumerate(shown.counts.tolist())
    ]
    names = ("row", "column", value, "input spikes", "first spike (ms)")
    return names if sums is None else (*names, "sum of factors"), rows


def figure_of(shown: ShownStimulus, names: Sequence[str]) -> dict[str, Any]:
    """Return the figure: the stimulus, the raster of the inputs, and their rate."""
    parts: list[dict[str, Any]] = []
    end = (0.0, shown.duration)
    if shown.events is not None and not shown.is_flat:
        frame = shown.frame()
        label = "events" if len(frame) == 1 else "events: " + ", ".join(_named(names, len(frame)))
        parts.append({"kind": "image", "image": np.concatenate(list(frame), axis=1), "label": label})
    elif isinstance(shown.stimulus, np.ndarray):
        image = shown.stimulus.reshape(shown.height, shown.width)
        parts.append({"kind": "image", "image": image, "label": "grey value"})
    elif shown.signal is not None:
        signal = shown.signal
        times = np.arange(signal.values.shape[1]) / signal.rate * 1e3
        lines = [
            {"x": times, "y": values, "label": f"channel {number}"}
            for number, values in enumerate(signal.values[:_MOST_CURVES])
        ]
        plots = [{"label": "signal", "lines": lines}]
        parts.append({"kind": "lines", "x_label": _LABEL, "plots": plots, "x_range": end})
    if not shown.is_flat and shown.events is None and shown.signal is None:
        counts = shown.sheet(shown.counts)
        if shown.factors_sentence:
            parts.append({"kind": "image", "image": shown.sheet(shown.delivered), "label": "sum of factors"})
        elif shown.fires_once:
            parts.append({"kind": "image", "image": shown.sheet(shown.first), "label": "first spike (ms)"})
        else:
            parts.append({"kind": "image", "image": counts, "label": "input spikes"})
    t = shown.bin * shown.dt
    raster = [{"t": t, "index": shown.index, "label": "input", "size": shown.n_input}]
    parts.append({"kind": "raster", "x_label": _LABEL, "rows": raster, "x_range": end})
    rate = {"x": (np.arange(len(shown.rate)) + 0.5) * shown.rate_bin, "y": shown.rate, "label": "", "steps": True}
    plots = [{"label": "rate (Hz per input)", "lines": [rate]}]
    parts.append({"kind": "lines", "x_label": _LABEL, "plots": plots, "x_range": end})
    n = "one presentation"
    if shown.signal is not None and len(shown.signal.values) > _MOST_CURVES:
        n += f"; curves: the first {_MOST_CURVES} of {len(shown.signal.values)} channels"
    return {"kind": "stack", "parts": parts, "n": n}


def _named(names: Sequence[str], n: int) -> Sequence[str]:
    return names if len(names) == n else [f"plane {number + 1}" for number in range(n)]


_NO_CLASS = "by neurons without a label yet"


def _tally(right: Collection[bool | None]) -> str:
    """Return in words how many answers were right; None: of neurons that this window has not seen answer before."""
    unknown = sum(answer is None for answer in right)
    n_right = sum(answer is True for answer in right)
    return f"{n_right} of the last {len(right)} right{f', {unknown} {_NO_CLASS}' if unknown else ''}"


class Stimulus(Panel):
    """Panel with a training stimulus of any kind, its input spikes, and the answer."""

    key = "stimulus"
    title = "Stimulus"
    topics = frozenset({"presentation", "state"})
    frames = frozenset({"presentation"})
    carries_over = True
    help_text = (
        "The stimulus and the input spikes that it evoked, on one time axis that ends where the stimulus ends. A "
        "<b>picture</b> stands beside the number of spikes of each input, or, where each input fires once at most, "
        "the time of its spike. A <b>recording</b> of events plays in ten frames, over and over; the shaded stretch "
        "of the axis is the frame, and two polarities have two colours. A <b>signal</b> has a curve for each channel, "
        "all on one scale, with the spikes on it. Below are a raster of all inputs and their mean rate; spikes with "
        "small factors are fainter. The encoding of the run, named in the line below, turns "
        "the stimulus into spikes. The answer is the class whose neurons fire most. During training, the label of a "
        "neuron is the class that it responded to most in the last thousand presentations received by this window. A "
        "neuron that has fired during none of them has no label yet: its answer is counted apart rather than as "
        "wrong, and where one neuron wins each stimulus, there are many such. The run itself has seen every "
        "presentation: its running accuracy, as in the curves, stands beside the count. Both are previews: accuracy "
        "is measured with frozen weights at the end. The mark and the frame show right (✓) or wrong (✗). Updates at "
        "most three times a second, unless fast flicker is allowed, and not before a recording has played once. "
        "(Answer: Diehl &amp; Cook 2015, sections 2.4 and 2.6; doi:10.3389/fncom.2015.00099)"
    )
    empty_text = "The stimulus appears here with the next training presentation: start or resume a run."

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self.observed = Observed.of(session)
        self.observed.changed.connect(self.mark_dirty)
        self.view = StimulusView()
        self.picture, self.spikes, self.captions = self.view.still, self.view.spikes, self.view.captions
        self.picture.setAccessibleName("Training stimulus")
        middle = Qt.AlignmentFlag.AlignHCenter
        # wrapped, since a long name of a class must not widen the panel
        self.verdict = wrapped("", name="Answer of the network", align=middle)
        self.details = wrapped("", "faint", name="About this presentation", align=middle)
        self.details.setMinimumHeight(2 * self.details.fontMetrics().height())
        margins = (theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        vbox((self.view, 1), self.verdict, self.details, within=self.body, margins=margins, spacing=theme.GRID // 2)
        self._frame: Mapping[str, Any] = {}
        self._shown: ShownStimulus | None = None
        self._answer = -1
        self._changed_at = 0.0
        self.restyle()

    def reset(self) -> None:
        """Discard the previous run."""
        self._frame, self._shown, self._changed_at = {}, None, 0.0
        self.view.clear()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.verdict.setFont(theme.font_of(self, 1.25, bold=True))
        self._changed_at, self._shown = 0.0, None
        self.view.restyle()
        self.mark_dirty()

    def has_content(self) -> bool:
        """Return whether a presentation was received, and the network has an input."""
        return bool(self.session.presentation) and self._has_input

    @property
    def _has_input(self) -> bool:
        graph = self.session.selection.graph
        return graph is None or bool(graph.input)

    def refresh(self) -> None:
        """Show the newest presentation, once the previous one was shown long enough."""
        now, new = time.monotonic(), self.session.presentation
        another = new.get("presentation") != self._frame.get("presentation")
        remaining = motion.shortest_gap - (now - self._changed_at)
        if another and self._frame and self.view.holds:
            remaining = max(remaining, 0.1)
        moment = self.session.selection.moment
        if remaining > 0 and moment is None:
            self.draw_later(remaining)
            return
        if another:
            self._changed_at = now
        named = moment is not None or self.observed.stored is not None  # else by what was seen until then
        self._frame, self._answer = new, self.observed.answer_to(new) if named else self.observed.answer
        self.at_moment = "at {}, labelled later" if self._answer >= 0 else "at {}"
        self._show(another)
        self.observed.winner_shown.emit(int(np.argmax(new["spike_counts"])) if self._fired() else -1)

    def _show(self, another: bool) -> None:
        frame, split, stream = self._frame, self.session.split, self.is_stream
        label, answer = self.observed.label(frame["image"]), self._answer
        role, mark = self._judged(label, answer)
        self.picture.frame = role
        shown = self._stimulus()
        if shown is not None and (another or self._shown is None or self._shown.stimulus is None):
            self._shown = shown
            noun = noun_of(self.session)
            missing = "a stream has no pictures" if stream else f"reading the {noun} …"
            caption = missing if shown.stimulus is None else noun
            self.view.show_stimulus(shown, caption, group_names(self.session))
        text = f"shown {self.observed.class_name(label)}" if label >= 0 else "shown: no label"
        answered = self._answered(answer, "nothing" if mark else "–")
        unlabelled = split is not None and split.train.labels is None
        nouns = f"{noun_of(self.session)}s"
        short = "answer not known yet" if answered == _NO_CLASS else f"answered {answered}"
        verdict = f"{nouns} without labels" if unlabelled else f"{mark} {text} · {short}".strip()
        self.verdict.setText("a piece of a stream" if stream else verdict)
        colours = theme.current()
        self.verdict.setStyleSheet(f"color: {getattr(colours, role) if role else colours.ink};")
        self.details.setText(self._running_accuracy())
        self.details.setToolTip(plain_tip(" · ".join(self._about(frame))))

    def _stimulus(self) -> ShownStimulus | None:
        """Return what is shown with its spikes; None if the shape of the input is not known."""
        started, experiment, split = self.session.live.started, self.session.experiment, self.session.split
        if started is None or experiment is None or not self._frame or not self._has_input:
            return None
        shape = started.shape[0], started.shape[1]
        stimuli = None if split is None or self.is_stream else split.train
        image, bins, factor = self._frame["image"], self._frame["stimulus_bins"], self._frame.get("input_factor")
        spikes = spikes_in(self._frame, experiment.graph().input)
        return ShownStimulus.of(stimuli, image, shape, spikes, bins, experiment.dt, factor)

    def _answered(self, answer: int, nothing: str) -> str:
        """Return the answer in words: a class, that of neurons which are new here, or `nothing`."""
        if answer >= 0:
            return self.observed.class_name(answer)
        return _NO_CLASS if self.observed.right and self._fired() else nothing

    def _fired(self) -> bool:
        return bool(np.any(self._frame["spike_counts"]))

    def _judged(self, label: int, answer: int) -> tuple[str, str]:
        """Return theme role and mark of an answer; empty: unknown. No spikes count as wrong."""
        if label < 0 or (answer < 0 and (not self.observed.right or self._fired())):
            return "", ""
        return ("right", "✓") if label == answer else ("wrong", "✗")

    def _tally(self) -> str:
        """Return how many of the last answers were right; empty: few, or of a run that knows the classes itself."""
        right = self.observed.right if self.session.selection.moment is None else ()
        return "" if len(right) < 10 or self.session.live.taught else _tally(right)

    def _running_accuracy(self) -> str:
        """Return the running accuracy of the run; empty before the first block with one."""
        moment, blocks = self.session.selection.moment, self.session.live.blocks
        newest = max((at for at in blocks if moment is None or at <= moment.position), default=None)
        accuracy = None if newest is None else blocks[newest].accuracy.get("vote")
        return "" if accuracy is None else f"running accuracy {100 * accuracy:.0f} %"

    def _about(self, frame: Mapping[str, Any]) -> list[str]:
        n, times = int(frame["spike_counts"].sum()), frame["attempts"]
        stream = self.is_stream
        parts = [
            f"{'piece' if stream else 'presentation'} {thousands(frame['presentation'])}",
            f"{n} {self.session.selection.read} spike{'s' if n != 1 else ''}",
        ]
        if not stream:
            parts.append("shown once" if times == 1 else f"shown {times} times")
        if self._shown is not None and self._shown.is_cut:
            parts.append(f"the first {self._shown.duration:g} of {self._shown.whole:g} ms")
        if tally := self._tally():
            parts.append(tally)
        if running := self._running_accuracy():
            parts.append(running)
        if encoding := encoding_of(self.session):
            parts.append(f"encoding {encoding.partition(' (')[0]}")
        return parts

    def not_stored(self) -> str:
        """Return a sentence if the chosen earlier moment has no stimulus."""
        if self.session.presentation:
            return ""
        first = not_none(self.session.selection.moment).position == 0
        return "Nothing has been shown yet." if first else "This stimulus is not stored."

    def nothing(self) -> str:
        """Return the text of the empty panel: what will appear, or why nothing will."""
        if not self._has_input:
            return "This network has no input, so there is no stimulus to show."
        return self.session.not_coming() or self.empty_text

    def summary(self) -> str:
        """Describe what is shown."""
        if not self._frame or not self.has_content():
            return (self.not_stored() if self.session.selection.moment is not None else "") or self.nothing()
        spikes = "" if self._shown is None else f" {spikes_in_words(self._shown)}"
        if self.is_stream:
            return f"A stream has no pictures; {', '.join(self._about(self._frame))}.{spikes}"
        label = self.observed.label(self._frame["image"])
        shown = f"{noun_of(self.session)} {self._frame['image']}" + (
            f" of class {self.observed.class_name(label)}" if label >= 0 else ""
        )
        _, mark = self._judged(label, self._answer)
        verdict = {"✓": ", right", "✗": ", wrong", "": ""}[mark]
        answer = self._answered(self._answer, "")
        answered = f"answered {answer}{verdict}" if answer else "no answer"
        encoding = encoding_of(self.session)
        encoded = f" Encoding: {encoding}." if encoding else ""
        return f"Shown {shown}; {answered}; {', '.join(self._about(self._frame))}.{spikes}{encoded}"

    def table(self) -> Table | None:
        """Return value, spikes and first spike of each input."""
        shown, split = self._stimulus(), self.session.split
        if shown is None or not self._frame:
            return None
        static = None
        if shown.stimulus is not None and split is not None:
            image = self._frame["image"]
            static = split.train.part(image, image + 1).static.reshape(-1)
        return table_of(shown, static, "" if split is None else split.train.static_name)

    def figure(self) -> dict[str, Any] | None:
        """Return the stimulus, its spikes and their rate."""
        shown = self._stimulus()
        if shown is None or not shown.n_input:
            return None
        noun = "stimulus" if shown.stimulus is None else noun_of(self.session)
        encoding = encoding_of(self.session).partition(" (")[0]
        title = f"A {noun} and its input spikes" + (f", encoding {encoding}" if encoding else "")
        return {**figure_of(shown, group_names(self.session)), "title": title}
