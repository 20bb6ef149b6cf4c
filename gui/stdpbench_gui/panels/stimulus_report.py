"""What is said and exported of a stimulus and its input spikes: a sentence, the table, and the figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.units import thousands
from stdpbench.runs.analysis.shown_stimulus import ShownStimulus

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
