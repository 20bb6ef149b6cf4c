"""What a paper would draw of a panel, where the panel does not say so itself: from the run and the panel's numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.readout.paper_figure import Table, spec_of_table
from stdpbench.runs.changes import in_short
from stdpbench.runs.held_out_series import PERCENT, USUAL, percentages
from stdpbench_gui.session import RunSession

Spec = dict[str, Any]
_GAP = 1
_BINS = 20


def figure_of(key: str, session: RunSession, table: Table | None) -> Spec | None:
    """The spec of a panel's figure; see `stdpbench.readout.paper_figure`.

    Parameters
    ----------
    key : str
        Which panel.
    session : RunSession
        The run that it shows.
    table : tuple, optional
        The panel's numbers.
    """
    make = _MAKERS.get(key)
    if make is not None:
        return make(session, table)
    return None if table is None else spec_of_table(table)


def mosaic(w: NDArray[np.floating[Any]], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Receptive fields side by side by number, NaN between them.

    Parameters
    ----------
    w : ndarray, float, (n_input, n_exc)
        Weights.
    shape : tuple of int
        Height and width of a field.
    """
    height, width = shape
    n = w.shape[1]
    columns = int(np.ceil(np.sqrt(n * height / width)))
    rows = -(-n // columns)
    picture = np.full((rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP), np.nan)
    for number in range(n):
        row, column = divmod(number, columns)
        top, left = row * (height + _GAP), column * (width + _GAP)
        picture[top : top + height, left : left + width] = w[:, number].reshape(shape)
    return picture


def _weight_map(session: RunSession, table: Table | None) -> Spec | None:
    live = session.live
    if "w" not in live.network or live.started is None:
        return None
    w = live.network["w"]
    top = float(np.quantile(w[w > 0], 0.995)) if (w > 0).any() else 1.0
    return {
        "kind": "image",
        "image": mosaic(w, live.started.shape),
        "label": "weight",
        "levels": (0.0, top),
        "title": f"Receptive fields of {w.shape[1]} exc neurons",
        "n": f"one run, after {live.network['position']} presentations",
    }


def _neuron(session: RunSession, table: Table | None) -> Spec | None:
    live, neuron = session.live, session.selection.neuron
    if "w" not in live.network or live.started is None or not 0 <= neuron < live.network["w"].shape[1]:
        return None
    field = {
        "kind": "image",
        "image": np.asarray(live.network["w"][:, neuron]).reshape(live.started.shape),
        "label": "weight",
        "title": f"Exc neuron {neuron}",
    }
    courses = None if table is None else spec_of_table(table)
    if courses is None:
        return field
    return {
        "kind": "stack",
        "parts": [field, courses],
        "title": f"Exc neuron {neuron}: receptive field, and time courses in one presentation",
        "n": "one neuron, one presentation",
    }


def _curves(session: RunSession, table: Table | None) -> Spec | None:
    live = session.live
    if not live.blocks:
        return None
    ends = np.array(sorted(live.blocks), np.float64)
    blocks = [live.blocks[int(end)] for end in ends]
    accuracy = []
    for name in ("vote", "proportion", "confidence"):
        values = np.array([100 * block.accuracy.get(name, np.nan) for block in blocks])
        known = np.isfinite(values)
        if known.any():
            accuracy.append({"x": ends[known], "y": values[known], "label": name})
    plots: list[dict[str, Any]] = [{"label": "running accuracy (%)", "lines": accuracy}] if accuracy else []
    for label, series in (
        ("exc spikes per image", [float(np.mean(block.spikes)) for block in blocks]),
        ("mean theta (mV)", [block.mean_theta for block in blocks]),
        ("|Δw| per synapse", [block.weight_change for block in blocks]),
    ):
        plots.append({"label": label, "lines": [{"x": ends, "y": np.array(series), "label": ""}]})
    measured = percentages(live)
    held_out = [
        {"x": measured[name][0], "y": measured[name][1], "label": PERCENT[name].removesuffix(" (%)")}
        for name in USUAL
        if name in measured and len(measured[name][0])
    ]
    if held_out:
        plots.insert(len(plots) - 3, {"label": "held-out pictures (%)", "lines": held_out})
    marks = [(position, in_short(changes)) for position, changes in live.changes]
    return {
        "kind": "lines",
        "x_label": "training presentations",
        "plots": plots,
        "marks": marks,
        "n": f"one run; each point is a block of {len(blocks[0].spikes)} presentations{_of_held_out(session)}",
    }


def _of_held_out(session: RunSession) -> str:
    """How many pictures the points of held-out measures are of."""
    images = sorted({fact.images for fact in session.live.held_out.values()})
    return f", or {' or '.join(map(str, images))} held-out pictures" if images else ""


def _confusion(session: RunSession, table: Table | None) -> Spec | None:
    if table is None or not table[1]:
        return None
    names, rows = table
    answers = [k for k, name in enumerate(names) if name.startswith("answered ") or name == "no answer"]
    counts = np.array([[float(str(row[k])) for k in answers] for row in rows])
    totals = counts.sum(axis=1, keepdims=True)
    return {
        "kind": "image",
        "image": np.divide(100 * counts, totals, out=np.zeros_like(counts), where=totals > 0),
        "label": "share of the true class (%)",
        "levels": (0.0, 100.0),
        "x_label": "answer",
        "y_label": "true class",
        "x_ticks": [names[k].removeprefix("answered ").replace("no answer", "none") for k in answers],
        "y_ticks": [str(row[0]) for row in rows],
        "title": "Confusion matrix",
        "n": f"{int(counts.sum())} pictures, one run",
    }


def _thresholds(session: RunSession, table: Table | None) -> Spec | None:
    theta = session.live.network.get("theta")
    if theta is None or not len(theta):
        return None
    counts, edges = np.histogram(np.asarray(theta) * 1e3, _BINS)
    return {
        "kind": "bars",
        "x": (edges[:-1] + edges[1:]) / 2,
        "x_label": "theta (mV)",
        "y_label": "exc neurons",
        "series": [{"values": counts}],
        "title": "Adaptive thresholds",
        "n": f"{len(theta)} exc neurons of one run",
    }


def _nothing(session: RunSession, table: Table | None) -> Spec | None:
    return None


_MAKERS: dict[str, Callable[[RunSession, Table | None], Spec | None]] = {
    "weight-map": _weight_map,
    "neuron": _neuron,
    "curves": _curves,
    "confusion": _confusion,
    "thresholds": _thresholds,
    "log": _nothing,
    "parameters": _nothing,
}
