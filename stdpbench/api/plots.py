"""Plot runs, and stimuli of an experiment, with matplotlib.

Receptive fields and confusion matrices are complete figures unless axes are passed: drawn without pyplot, and
displayed immediately in a notebook. Curves can share axes. In a notebook, and if a script has imported pyplot, new
axes are created with pyplot, so that they are displayed at the end of the cell or by ``pyplot.show()``; otherwise
pyplot is not used.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from stdpbench.api.display import display, in_notebook
from stdpbench.api.tables import NamedArrays, curve_arrays
from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.experiment.dry_run import shown_numbers, shown_stimulus
from stdpbench.results.figures.confusion import confusion, confusion_on
from stdpbench.results.figures.drawing import curve, new_figure
from stdpbench.results.figures.fields import Mosaic, fields_on, receptive_fields
from stdpbench.results.figures.saving import NARROW, Width, at_width, millimetres
from stdpbench.results.figures.stream_figures import stream_figure
from stdpbench.results.readout import READOUTS, Score
from stdpbench.results.readout.held_out import MEASURES
from stdpbench.runs.analysis.curves import held_out_columns
from stdpbench.runs.analysis.fields import fields_of
from stdpbench.runs.analysis.stream_series import pattern_answers, stream_columns
from stdpbench.runs.preparation.start import load_split
from stdpbench.runs.protocol.live_run import LiveRun

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT = 800, 400  # pixels at 100 dpi


@dataclass(frozen=True)
class PlotTarget:
    """Target of a plot: existing axes, or a new figure.

    Attributes
    ----------
    ax : matplotlib.axes.Axes or None
        The user's axes; None: a new figure.
    width : float or None
        Width of a new figure in mm; None: a width for the screen.
    """

    ax: Axes | None = None
    width: float | None = None

    @classmethod
    def of(cls, ax: Axes | None, width: Width | None) -> PlotTarget:
        """Create the target from the arguments of a plot.

        Raises
        ------
        StdpbenchError
            If the width is invalid, or axes are passed as well.
        """
        if ax is not None and width is not None:
            raise StdpbenchError(
                "width sets the size of a new figure: leave it out with ax, whose figure already has a size"
            )
        return cls(ax, None if width is None else millimetres(width))

    def axes(self) -> Axes:
        """Return the axes; create new ones if needed, with pyplot in a notebook or if it is already imported."""
        if self.ax is not None:
            return self.ax
        if in_notebook() or "matplotlib.pyplot" in sys.modules:
            pyplot = import_module("matplotlib.pyplot")
            axes: Axes = pyplot.subplots(figsize=(_WIDTH / 100, _HEIGHT / 100), layout="constrained")[1]
            return axes
        return new_figure(_WIDTH, _HEIGHT, constrained=True).add_subplot()


def plot_weights(
    weights: NamedArrays,
    experiment: Experiment,
    live: LiveRun,
    labels: NDArray[np.int64] | None,
    name: str,
    target: PlotTarget,
) -> Axes:
    """Draw receptive fields; see `stdpbench.results.figures.fields.receptive_fields`."""
    if live.started is None:
        raise StdpbenchError(f"{name} has no network yet")
    names = live.started.class_names or None
    if experiment.missing_kinds:  # the structure of the network is unknown
        w, shape = np.asarray(weights), live.started.shape
        source_name, target_name = "", "neurons"
    else:
        graph = experiment.graph(*live.started.shape)
        shown = graph.projections[graph.shown]
        w, shape = fields_of(graph, graph.shown, weights[graph.shown])
        if w.ndim != 2:
            raise StdpbenchError(f"the projection {graph.shown} has one weight per neuron, so there are no fields")
        source_name, target_name = f"{shown.source} ", f"{shown.target} {'units' if shown.shared else 'neurons'}"
        labels = labels if shown.target == graph.read and not shown.shared else None
    title = f"{name}: {source_name}weights of {w.shape[1]} {target_name}"
    if target.ax is not None:
        fields_on(target.ax, Mosaic.of(w, shape, labels), names)
        return target.ax
    return _displayed(receptive_fields(w, shape, labels, class_names=names, title=title, width=target.width))


def plot_confusion(
    metrics: Mapping[str, Any], readout: str, live: LiveRun, name: str, word: str, target: PlotTarget
) -> Axes:
    """Draw a confusion matrix; see `stdpbench.results.figures.confusion.confusion`."""
    scores = metrics.get("accuracy", {})
    if not scores or live.started is None:
        raise StdpbenchError(f"{name} has no answers to labelled pictures yet")
    if readout not in scores:
        raise StdpbenchError(f"{name} has no read-out {readout!r}; {suggestion(readout, scores)}")
    title = f"{name}, {', '.join(dict.fromkeys(filter(None, (word, '' if 'supervised' in metrics else readout))))}"
    noun = str(metrics.get("noun", "picture"))
    score, names = Score.from_mapping(scores[readout]), live.started.class_names
    if target.ax is not None:
        confusion_on(target.ax, score, names)
        return target.ax
    return _displayed(confusion(score, names, title=title, noun=noun, width=target.width))


def plot_accuracy(live: LiveRun, target: PlotTarget, readout: str | None, label: str) -> Axes:
    """Draw the running accuracy of one read-out, or of all, over training."""
    if readout is not None and readout not in READOUTS:
        raise StdpbenchError(f"there is no read-out {readout!r}; {suggestion(readout, READOUTS)}")
    arrays, ax = curve_arrays(live), target.axes()
    for name in READOUTS if readout is None else (readout,):
        values = 100 * arrays[f"accuracy_{name}"]
        curve(ax, arrays["position"], values, len(ax.lines), f"{label}: {name}")
    return _labelled(ax, "running accuracy\non training labels (%)", target)


def plot_curve(live: LiveRun, column: str, quantity: str, target: PlotTarget, label: str) -> Axes:
    """Draw one column of the history over training."""
    arrays, ax = curve_arrays(live), target.axes()
    curve(ax, arrays["position"], arrays[column], len(ax.lines), label)
    return _labelled(ax, quantity, target)


def plot_held_out(live: LiveRun, measure: str, target: PlotTarget, label: str) -> Axes:
    """Draw one measure on held-out pictures over training."""
    if measure not in MEASURES:
        raise StdpbenchError(f"there is no measure {measure!r}; {suggestion(measure, MEASURES)}")
    columns, ax = held_out_columns(live), target.axes()
    values = columns.get(measure, np.full(len(columns["position"]), np.nan))
    unit = MEASURES[measure].unit
    if measure.startswith("accuracy"):  # as the running accuracy
        values, unit = 100 * values, "%"
    curve(ax, columns["position"], values, len(ax.lines), label)
    return _labelled(
        ax, f"{MEASURES[measure].title}, held-out pictures{'' if unit == 'share' else f' ({unit})'}", target
    )


def plot_stream(live: LiveRun, seconds: float, name: str, target: PlotTarget) -> Axes:
    """Draw the measures of a stream; see `stdpbench.results.figures.stream_figures.stream_figure`."""
    if not live.pieces:
        raise StdpbenchError(f"{name} has no complete piece of a stream")
    columns, answers = stream_columns(live.pieces, seconds), pattern_answers(live.pieces.values())
    return _displayed(stream_figure(columns, answers, title=name, width=target.width))


def _labelled(ax: Axes, quantity: str, target: PlotTarget) -> Axes:
    """Label axes; the user's own axes keep their font sizes."""
    size: dict[str, Any] = {"fontsize": 11} if target.ax is None else {}
    ax.set_xlabel("training presentations", **size)
    ax.set_ylabel(quantity, **size)
    if target.ax is None:
        from matplotlib.ticker import MaxNLocator

        ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        narrow = target.width is not None and target.width < NARROW  # a legend would hide the curves
        above: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0)} if narrow else {}
        ax.legend(fontsize=9, **above)
        at_width(cast("Figure", ax.figure), target.width)
    else:
        ax.legend()
        ax.tick_params(labelsize=import_module("matplotlib").rcParams["xtick.labelsize"])
    return ax


def _displayed(figure: Figure) -> Axes:
    if in_notebook():
        image = io.BytesIO()
        figure.savefig(image, format="png", dpi=figure.dpi)
        display(import_module("IPython.display").Image(data=image.getvalue()))
    return figure.axes[0]


def stimulus_figure(
    experiment: Experiment | str | PathLike[str], number: int = 0, *, width: Width | None = None
) -> Figure:
    """Draw a training stimulus and its spikes, as in its first presentation by a run.

    Parameters
    ----------
    experiment : Experiment, str or path
        An experiment, the name of a shipped one, or a TOML file.
    number : int
        Number of the training stimulus, or of the piece of a stream.
    width : float or str, optional
        Width for a paper: in mm, or as in ``"3.5 in"``. Default: a width for the screen.

    Returns
    -------
    matplotlib.figure.Figure
        See `stdpbench.results.figures.stimulus_figure.stimulus_figure`; in a notebook, it is also displayed.

    Raises
    ------
    StdpbenchError
        If the data cannot be read, there is no such stimulus, or the width is invalid.
    """
    from stdpbench.results.figures.stimulus_figure import stimulus_figure as draw

    resolved, mm = _experiment(experiment), None if width is None else millimetres(width)
    shown = shown_stimulus(resolved, load_split(resolved, validation=False), number)
    figure = draw(shown, title=f"{resolved.name}: {shown.name}", width=mm)
    _displayed(figure)
    return figure


def stimulus_numbers(experiment: Experiment | str | PathLike[str], sample: int | None = None) -> dict[str, Any]:
    """Return statistics of the stimuli of an experiment: inputs, durations, spikes, and losses.

    Parameters
    ----------
    experiment : Experiment, str or path
        See `stimulus_figure`.
    sample : int, optional
        Number of training stimuli whose spikes are counted; default: 100, or 20 pieces of a stream.

    Returns
    -------
    dict
        The attributes of `stdpbench.experiment.dry_run.Numbers`; ``duration_ms`` and ``spikes`` with min, mean, max.

    Raises
    ------
    StdpbenchError
        If the data cannot be read, or a stimulus cannot be encoded.
    """
    resolved = _experiment(experiment)
    return shown_numbers(resolved, load_split(resolved, validation=False), sample).to_mapping()


def _experiment(source: Experiment | str | PathLike[str]) -> Experiment:
    return source if isinstance(source, Experiment) else read_experiment(str(source))
