"""Figure of the training of layers by a surrogate gradient: what grows, vanishes and falls silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.figures.drawing import GRID_COLOUR, MARKERS, OKABE_ITO, new_figure
from stdpbench.results.figures.saving import NARROW, at_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Columns = Mapping[str, NDArray[np.float64]]
"""Curves of a run, as `stdpbench.runs.analysis.taught_series.taught_columns` returns them."""
_SHARES = {"dead": "neurons without a spike (%)", "always": "neurons that always fire (%)"}
_STYLES = ("-", "--", ":", "-.")


def layers_with_gradients(columns: Columns) -> list[str]:
    """Return the names of the layers whose gradients are known, from the first to the output."""
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
        ``"pass"``, from 1 on; shares of neurons since the beginning of the pass, as they are at its end; means over
        the parts of the pass of all others.
    """
    number = np.ceil(columns["position"] / n_pictures).astype(np.int64)
    done = [int(each) for each in np.unique(number) if columns["position"][number == each][-1] == each * n_pictures]
    found = {"pass": np.array(done, float)}
    for name, values in columns.items():
        if name != "position":
            last = name.endswith(tuple(f".{share}" for share in _SHARES))
            of_pass = (values[number == each] for each in done)
            found[name] = np.array([each[-1] if last else each.mean() for each in of_pass])
    return found


def surrogate_training_figure(
    series: Mapping[str, Sequence[Columns]], title: str = "", width: float | None = None
) -> Figure:
    """Draw accuracy, gradients of each layer, and shares of dead and of always active neurons over passes.

    Parameters
    ----------
    series : mapping of str to sequence of Columns
        What is compared, such as slopes -> the runs of its seeds, of which the mean is drawn; from `passes_of`.
    title : str
        Names the network and the pictures; "supervised" is added.
    width : float, optional
        Width in mm, for a paper. Default: that of a screen.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for the accuracy while training, one for the length of the gradient with respect to the weights of each
        layer, and one for each share, of hidden neurons: a colour per entry of `series`, a line style per layer.
    """
    from matplotlib import rcParams

    every = [run for runs in series.values() for run in runs]
    layers = list(dict.fromkeys(name for run in every for name in layers_with_gradients(run)))
    columns, size = (2, (700, 860)) if width is not None and width < NARROW else (4, (1320, 430))
    figure = new_figure(*size, constrained=True)
    figure.suptitle(f"{title} (supervised)" if title else "Supervised", fontsize=10)
    panels = figure.subplots(4 // columns, columns).ravel()
    for number, (label, runs) in enumerate(series.items()):
        colour = OKABE_ITO[number % len(OKABE_ITO)]
        marker = "" if len(series) <= len(OKABE_ITO) else MARKERS[number // len(OKABE_ITO) % len(MARKERS)]
        style: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 3.5, "linewidth": 1.4}
        _draw(panels[0], runs, "accuracy", 100.0, {**style, "label": label})
        for place, layer in enumerate(layers):
            dashed = {**style, "linestyle": _STYLES[place % len(_STYLES)]}
            _draw(panels[1], runs, f"{layer}.gradient", 1.0, dashed)
            if layer != layers[-1]:
                for axes, share in zip(panels[2:], _SHARES, strict=True):
                    _draw(axes, runs, f"{layer}.{share}", 100.0, dashed)
    panels[0].set_ylabel("accuracy while training (%)")
    panels[1].set_ylabel("length of the gradient")
    panels[1].set_yscale("log")
    for axes, label in zip(panels[2:], _SHARES.values(), strict=True):
        axes.set(ylabel=label, ylim=(-2, 102))
    for axes in panels:
        axes.set_xlabel("passes")
        axes.grid(color=GRID_COLOUR)
    handles = list(panels[0].get_lines()) if len(series) > 1 else []
    for place, layer in enumerate(layers):
        handles += panels[1].plot(
            [], [], color=rcParams["text.color"], linestyle=_STYLES[place % len(_STYLES)], label=layer
        )
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=min(len(handles), 10 * columns // 4),
        fontsize=8,
        frameon=False,
    )
    return at_width(figure, width)


def _draw(axes: Axes, runs: Sequence[Columns], name: str, factor: float, style: Mapping[str, Any]) -> None:
    """Draw the mean over runs, as far as all of them have come."""
    known = [run for run in runs if name in run]
    if not known:
        return
    n = min(len(run["pass"]) for run in known)
    values = np.mean([run[name][:n] for run in known], axis=0) * factor
    axes.plot(known[0]["pass"][:n], values, **style)
