"""Figure of training layers with a surrogate gradient: accuracy, gradients, and silent or saturated neurons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.figures.drawing import OKABE_ITO
from stdpbench.results.figures.paper import figure_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Columns = Mapping[str, NDArray[np.float64]]
"""Curves of a run, from `stdpbench.runs.analysis.curves.taught_columns`."""
_SHARES = {"dead": "neurons without a spike (%)", "always": "neurons that always fire (%)"}
_STYLES = ("-", "--", ":", "-.")


def layers_with_gradients(columns: Columns) -> list[str]:
    """Return the names of the layers with gradients, from the first to the output."""
    return [name.removesuffix(".gradient") for name in columns if name.endswith(".gradient")]


def passes_of(columns: Columns, n_pictures: int) -> dict[str, NDArray[np.float64]]:
    """Return curves with one value per completed pass.

    Parameters
    ----------
    columns : mapping of str to ndarray, float64, (n_parts,)
        ``"position"``, the end of each part of the training in pictures, and the measures of the parts.
    n_pictures : int
        Pictures of a pass.

    Returns
    -------
    dict of str to ndarray, float64, (n_passes,)
        ``"pass"``, from 1; shares of neurons, at the end of the pass; for all other measures, means over the pass.
    """
    number = np.ceil(columns["position"] / n_pictures).astype(np.int64)
    done = [int(n) for n in np.unique(number) if columns["position"][number == n][-1] == n * n_pictures]
    result = {"pass": np.array(done, float)}
    for name, values in columns.items():
        if name != "position":
            last = name.endswith(tuple(f".{share}" for share in _SHARES))
            by_pass = (values[number == n] for n in done)
            result[name] = np.array([part[-1] if last else part.mean() for part in by_pass])
    return result


def surrogate_training_figure(
    series: Mapping[str, Sequence[Columns]], title: str = "", width: float | None = None
) -> Figure:
    """Draw accuracy, gradients of each layer, and shares of dead and of always active neurons over passes.

    Parameters
    ----------
    series : mapping of str to sequence of Columns
        Label, such as a slope -> results of `passes_of` for the runs of its seeds, whose mean is drawn.
    title : str
        Name of the network and the pictures; "supervised" is added.
    width : float, optional
        Width in mm, for a paper. Default: a width for the screen.

    Returns
    -------
    matplotlib.figure.Figure
        Plots of the accuracy while training, of the length of the gradient with respect to the weights of each layer,
        and of each share of hidden neurons, with a colour per entry of `series` and a line style per layer.
    """
    all_runs = [run for runs in series.values() for run in runs]
    layers = list(dict.fromkeys(name for run in all_runs for name in layers_with_gradients(run)))
    accuracy, gradients = list[dict[str, Any]](), list[dict[str, Any]]()
    shares: dict[str, list[dict[str, Any]]] = {name: [] for name in _SHARES}
    for number, (label, runs) in enumerate(series.items()):
        colour = {"colour": OKABE_ITO[number % len(OKABE_ITO)]}
        accuracy += _mean(runs, "accuracy", 100.0, {**colour, "style": "-", "label": label})
        for layer_number, layer in enumerate(layers):
            style = {**colour, "style": _STYLES[layer_number % len(_STYLES)], "label": "" if number else layer}
            gradients += _mean(runs, f"{layer}.gradient", 1.0, style)
            for share, lines in shares.items() if layer != layers[-1] else ():
                lines += _mean(runs, f"{layer}.{share}", 100.0, style)
    plots = [
        {"label": "accuracy while training (%)", "lines": accuracy},
        {"label": "length of the gradient", "log": True, "lines": gradients},
        *({"label": _SHARES[share], "range": (-2, 102), "lines": lines} for share, lines in shares.items()),
    ]
    heading = f"{title} (supervised)" if title else "Supervised"
    return figure_of({"kind": "lines", "title": heading, "x_label": "passes", "plots": plots}, width)


def _mean(runs: Sequence[Columns], name: str, factor: float, style: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the line of the mean over runs, up to the shortest run; empty if none has the measure."""
    known = [run for run in runs if name in run]
    if not known:
        return []
    n = min(len(run["pass"]) for run in known)
    values = np.mean([run[name][:n] for run in known], axis=0) * factor
    return [{"x": known[0]["pass"][:n], "y": values, **style}]
