"""What the weight map says and exports of a projection: a line about it, a table, and the figure of a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.units import thousands
from stdpbench.results.figures.paper import Table
from stdpbench.runs.analysis.weight_views import WeightView
from stdpbench_gui.panels.weights.levels import LevelBar
from stdpbench_gui.panels.weights.matrix_plot import MatrixPlot
from stdpbench_gui.panels.weights.weight_sources import Weights
from stdpbench_gui.session.neuron_selection import NeuronSelection


def about(view: WeightView, selection: NeuronSelection, matrix: MatrixPlot, order: str) -> str:
    """Describe what is shown of a projection and how; empty for fields of all to all, which say it themselves.

    Parameters
    ----------
    view : WeightView
        The form in which it is drawn.
    selection : NeuronSelection
        What is on display.
    matrix : MatrixPlot
        The matrix, if it is drawn as one.
    order : str
        The chosen order, such as ``"by theta"``.
    """
    if view.synapses is None and view.form == "fields" and selection.learns:
        return ""
    ends = f"{thousands(view.n_source)} {selection.source} → {thousands(view.n_target)} {selection.population}"
    parts = [f"{ends} neurons, {thousands(view.n_weights)} synapses"]
    if view.form == "patches":
        place = f" at their {view.grid[0]} × {view.grid[1]} places, a block per unit" if order == "by number" else ""
        parts.append(f"patches of {view.shape[0]} × {view.shape[1]}{place}")
    elif view.form == "matrix":
        parts += [f"sorted by {_basis(view, matrix, order)}", matrix.about()]
    if view.form != "patches" and (view.synapses is not None or view.group):
        sampled = view.form == "matrix" and matrix.bins is not None and matrix.bins.every > 1
        parts.append("tinted: no synapse of the sample" if sampled else "tinted: no synapse")
    if not selection.learns:
        parts.append("does not learn: as drawn from the seed")
        projection = None if selection.graph is None else selection.graph.projections[view.projection]
        if projection is not None and projection.scale is not None:
            parts.append("without the factor scale")
    return " · ".join(filter(None, parts))


def extent(values: NDArray[np.floating[Any]], different: bool, delays: bool) -> str:
    """Return the range of values, such as ``"weights 0 to 0.81"``."""
    unit, what = (" ms", "axonal delays") if delays else ("", "weights")
    if different:
        return f"{what} differ by {float(np.abs(values).max()):.2g}{unit}"
    low = f"{float(values.min()):.2f}" if delays else "0"
    return f"{what} {low} to {values.max():.2f}{unit}"


def _basis(view: WeightView, matrix: MatrixPlot, order: str) -> str:
    """Return what the orders of a matrix follow from."""
    sources, targets, wanted = matrix.sources.basis, matrix.targets.basis, order.removeprefix("by ")
    if not view.recurrent and sources != targets:
        return f"{sources} (rows) and {targets} (columns)"
    return f"{targets}, since {wanted} is not known" if wanted not in ("preference", targets) else targets


def table_of(
    selection: NeuronSelection,
    view: WeightView,
    shown: Weights,
    labels: NDArray[np.int64],
    different: NDArray[Any] | None,
) -> Table:
    """Return class, theta and largest weight of each neuron; with a difference, its largest value as well."""
    n, sparse, (factor, _) = view.n_target, view.synapses is not None, selection.theta_shown_as
    columns = [
        range(n),
        labels.tolist() if len(labels) == n else [""] * n,
        _or_empty(shown.theta * factor, 3),
        *([view.n_incoming().tolist()] if sparse else []),
        _or_empty(view.largest(shown.w), 4),
        *([] if different is None else [_or_empty(view.largest(different), 6)]),
    ]
    names = ["neuron", "label", selection.theta_label, *(["synapses"] if sparse else []), "largest weight"]
    names += [] if different is None else ["largest difference"]
    return names, list(zip(*columns, strict=True))


def matrix_figure(
    matrix: MatrixPlot, ends: tuple[str, str], levels: tuple[float, float], about: str, when: str, label: str
) -> dict[str, Any] | None:
    """Return the visible window of a matrix as a figure; None if nothing is drawn.

    Parameters
    ----------
    matrix : MatrixPlot
        The matrix.
    ends : tuple of str
        Names of source and target.
    levels : tuple of float
        Values of the first and the last colour.
    about, when : str
        What is shown, and at which presentation.
    label : str
        What values are.
    """
    image, view = matrix.image(), matrix.view
    if image is None or view is None:
        return None
    different, delays = "difference" in label, "delay" in label
    what = "delays" if delays else "weights"
    return {
        "kind": "image",
        "image": np.asarray(image, np.float64),
        "label": label,
        "map": "diverging" if levels[0] < 0 else "sequential",
        "levels": levels,
        "x_label": f"to {ends[1]}",
        "y_label": f"from {ends[0]}",
        "title": f"{f'Differences of {what}' if different else what.capitalize()} of {view.projection}",
        "n": f"one run, {when}; {about}{matrix.window()}",
    }


def fields_figure(
    image: NDArray[np.floating[Any]], title: str, levels: LevelBar, about: str, label: str
) -> dict[str, Any]:
    """Return receptive fields as a figure.

    Parameters
    ----------
    image : ndarray
        The fields as they are placed.
    title : str
        What they are, and of how many neurons.
    levels : LevelBar
        Colours of the map.
    about : str
        When, and in which order.
    label : str
        What values are.
    """
    return {
        "kind": "image",
        "image": image,
        "label": label,
        "map": "diverging" if levels.centred else "sequential",
        "levels": levels.levels,
        "title": title,
        "n": f"one run, {about}",
    }


def _or_empty(values: NDArray[np.floating[Any]], digits: int) -> list[object]:
    """Return rounded values for a table; empty texts for those that are not known."""
    return [value if np.isfinite(value) else "" for value in np.asarray(values, np.float64).round(digits).tolist()]
