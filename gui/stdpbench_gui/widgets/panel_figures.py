"""Figure specifications of panels that do not define their own, made from the run and the panel's numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.units import thousands
from stdpbench.results.figures.paper import Table, spec_of_table
from stdpbench.results.readout import READOUTS
from stdpbench.runs.analysis.curves import PERCENT, Points, percentages, series
from stdpbench.runs.analysis.fields import tile
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench_gui.session.run_session import RunSession

Spec = dict[str, Any]
_RUNNING = (
    "Running accuracy is that of read-outs on training labels while the network learns: each block labels the neurons "
    "for the next one. It is not a result."
)


def figure_of(key: str, session: RunSession, table: Table | None) -> Spec | None:
    """Return the specification of a panel's figure; see `stdpbench.results.figures.paper`.

    Parameters
    ----------
    key : str
        Key of the panel.
    session : RunSession
        The run it shows.
    table : tuple, optional
        The panel's numbers.
    """
    make = _MAKERS.get(key)
    if make is not None:
        return make(session, table)
    return None if table is None else spec_of_table(table)


def mosaic(
    w: NDArray[np.floating[Any]],
    shape: tuple[int, int],
    order: NDArray[np.int64] | None = None,
    columns: int = 0,
) -> NDArray[np.float32]:
    """Return receptive fields side by side, separated by NaN.

    Parameters
    ----------
    w : ndarray, float, (n_input, n_exc)
        Weights.
    shape : tuple of int
        Height and width of a field.
    order : ndarray, int64, optional
        The neuron of each place, -1 for none. Default: the order of neurons.
    columns : int
        Fields per row; default: those that make the picture about as wide as high.
    """
    order = np.arange(w.shape[1]) if order is None else order
    columns = columns or int(np.ceil(np.sqrt(len(order) * shape[0] / shape[1])))
    return tile(np.where(order >= 0, w[:, order], np.nan), shape, columns)[:-1, :-1]


def _neuron(session: RunSession, table: Table | None) -> Spec | None:
    live, neuron, selection = session.live, session.selection.neuron, session.selection
    w = selection.weights_shown()
    view = selection.view_for(w)
    if w is None or view is None or live.started is None or not 0 <= neuron < view.n_target:
        return None
    population = session.selection.population
    name = population[:1].upper() + population[1:]
    moment = "" if selection.moment is None else f", weights at {thousands(selection.moment.position)}"
    field = {
        "kind": "image",
        "image": np.asarray(view.incoming(w, neuron)).reshape(selection.field_shape),
        "label": "weight",
        "title": f"{name} neuron {neuron}{moment}",
    }
    if table is None or not table[1]:
        return field
    time, v, threshold, ge, gi = np.array(table[1], np.float64).T
    in_mv = table[0][1].endswith("(mV)")
    plots = [
        {
            "label": "mV" if in_mv else "potential",
            "lines": [_line((time, v), "potential"), _line((time, threshold), "threshold")],
        },
        {
            "label": "conductance (1/leak)" if in_mv else "input",
            "lines": [_line((time, ge), "exc"), _line((time, gi), "inh")],
        },
    ]
    courses = {"kind": "lines", "x_label": "time in presentation (ms)", "plots": plots, "x_range": (0, time[-1])}
    return {
        "kind": "stack",
        "parts": [field, courses],
        "title": f"{name} neuron {neuron}: receptive field{moment}, and time courses in one presentation",
        "n": "one neuron, one presentation",
    }


def curves(session: RunSession, others: Sequence[tuple[str, LiveRun]], measures: Sequence[str]) -> Spec | None:
    """Return the specification of curves over training.

    Parameters
    ----------
    session : RunSession
        The current run.
    others : sequence of (str, LiveRun)
        Names and states of the other runs in the plots.
    measures : sequence of str
        Measures on held-out pictures; if there are other runs, only the first is drawn.
    """
    live = session.live
    if not live.blocks:
        return None
    names = [session.folder.path.name if session.folder is not None else "this run", *(name for name, _ in others)]
    runs = list(zip(_short(names), [live, *(other for _, other in others)], strict=True))
    accuracy = [
        _line(series(run.blocks)[name], f"{who}, {name}".removeprefix(", "))
        for number, (who, run) in enumerate(runs)
        for name in (READOUTS if not number else READOUTS[:1])
    ]
    drawn = list(measures[:1] if others else measures)
    held_out = [
        _line(percentages(run)[name], f"{who}, {PERCENT[name].removesuffix(' (%)')}".removeprefix(", "))
        for who, run in runs
        for name in drawn
        if name in percentages(run)
    ]
    selection = session.selection
    of = selection.others
    plots = [("running accuracy (%)", accuracy), ("held-out pictures (%)", held_out)]
    for name, label in (
        ("spikes", f"{selection.population} spikes per stimulus"),
        *([("theta", f"mean {selection.theta_label}")] if selection.adapts else []),
        *([("change", "|Δw| per synapse")] if selection.learns else []),
    ):
        plots.append((label, [_line(series(run.blocks, **of)[name], who) for who, run in runs]))
    kept = [{"label": label, "lines": some} for label, lines in plots if (some := [x for x in lines if len(x["x"])])]
    n = f"{len(runs)} runs, {', '.join(names)}" if others else "one run"
    block = len(next(iter(live.blocks.values())).spikes)
    each = f"each point is a block of {block} presentations" if block > 1 else "each point is one presentation"
    return {
        "kind": "lines",
        "x_label": "training presentations",
        "plots": kept,
        "marks": list(live.marks),
        "title": "Course of training" if others else "",
        "n": f"{n}; {each}{_of_held_out(session)}",
        "about": _RUNNING if accuracy else "",
        **({"errors": "none, each line is a single run"} if others else {}),
    }


def _short(names: Sequence[str]) -> list[str]:
    """Return names without the leading hyphenated parts that all share; a single name becomes empty."""
    if len(names) == 1:
        return [""]
    parts = [name.split("-") for name in names]
    shared = next((i for i, same in enumerate(zip(*parts, strict=False)) if len(set(same)) > 1), 0)
    return ["-".join(some[shared:]) or name for some, name in zip(parts, names, strict=True)]


def _line(points: Points, label: str) -> Spec:
    return {"x": np.asarray(points[0], np.float64), "y": np.asarray(points[1], np.float64), "label": label}


def _of_held_out(session: RunSession) -> str:
    """Return the number of pictures behind each held-out measure, as a clause of the caption."""
    images = sorted({fact.images for fact in session.live.held_out.values()})
    return f", or {' or '.join(map(str, images))} held-out pictures" if images else ""


def _nothing(session: RunSession, table: Table | None) -> Spec | None:
    return None


_MAKERS: dict[str, Callable[[RunSession, Table | None], Spec | None]] = {
    "neuron": _neuron,
    "log": _nothing,
    "parameters": _nothing,
}
