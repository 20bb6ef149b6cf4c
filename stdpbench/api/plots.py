"""Plots of a run, as matplotlib axes.

Receptive fields and confusion matrices are complete figures, unless axes are given: drawn without pyplot, and shown
at once in a notebook. Curves can share axes. In a notebook, and if a script has imported pyplot, new axes are created
with pyplot, so that they are displayed at the end of the cell or by ``pyplot.show()``; otherwise pyplot is not used.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from stdpbench.api.display import display, in_notebook
from stdpbench.api.tables import history_arrays
from stdpbench.api.view import RunView
from stdpbench.base import units
from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.results.figures.confusion import confusion, confusion_on
from stdpbench.results.figures.drawing import curve, new_figure
from stdpbench.results.figures.fields import Mosaic, fields_on, receptive_fields
from stdpbench.results.figures.saving import NARROW, Width, at_width, millimetres
from stdpbench.results.figures.stream_figures import stream_figure
from stdpbench.results.readout import READOUTS, Score
from stdpbench.results.readout.held_out import MEASURES
from stdpbench.runs.analysis.curves import held_out_columns
from stdpbench.runs.analysis.fields import field_shape
from stdpbench.runs.analysis.stream_series import pattern_answers, stream_columns
from stdpbench.runs.catalog.comparison import read_population
from stdpbench.runs.folder.notes import title_of
from stdpbench.runs.folder.weights_origin import origin_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT = 800, 400  # pixels at 100 dpi


class DrawnRun(RunView):
    """A run, drawn: as figures for the screen, as figures of a width for a paper, or into given axes."""

    def plot_weights(self, ax: Axes | None = None, *, width: Width | None = None) -> Axes:
        """Draw the receptive field of every exc neuron, with its class if it has one.

        Of a network of another kind, these are the weights of a projection that learns: if possible, one from the
        input to the population that is read. Weights from another population are drawn in its shape.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw into, which give some room to a colour bar. Default: a new figure.
        width : float or str, optional
            Width of a new figure for a paper: in mm, or as in ``"3.5 in"``. Default: as the screen needs.
        """
        mm, live = _millimetres(ax, width), self._live()
        if live.started is None:
            raise StdpbenchError(f"{self.name} has no network yet")
        names, labels = live.started.class_names or None, self._labels()
        if self.experiment.missing_kinds:  # the network is not known
            w, shape = np.asarray(self.weights), live.started.shape
            of, whose = "", "neurons"
        else:
            graph = self.experiment.graph(*live.started.shape)
            w, shown = self.weights[graph.shown], graph.projections[graph.shown]
            if w.ndim != 2:
                raise StdpbenchError(f"the projection {graph.shown} has one weight per neuron, so there are no fields")
            shape, of = field_shape(graph.populations[shown.source].shape), f"{shown.source} "
            whose, labels = f"{shown.target} neurons", labels if shown.target == graph.read else None
        if ax is not None:
            fields_on(ax, Mosaic.of(w, shape, labels), names)
            return ax
        title = f"{self.name}: {of}weights of {w.shape[1]} {whose}"
        return _displayed(receptive_fields(w, shape, labels, class_names=names, title=title, width=mm))

    def plot_confusion(self, readout: str = "vote", ax: Axes | None = None, *, width: Width | None = None) -> Axes:
        """Draw the confusion matrix of a read-out on the test pictures.

        Parameters
        ----------
        readout : str
            The read-out.
        ax, width
            As in `plot_weights`.

        Raises
        ------
        StdpbenchError
            If the run has not been tested, or not with this read-out.
        """
        mm, live = _millimetres(ax, width), self._live()
        stored = (self.path / "metrics.json").is_file()
        metrics = self._folder.read_json("metrics.json") if stored else {}
        scores = metrics.get("accuracy", {})
        if not scores or live.started is None:
            raise StdpbenchError(f"{self.name} has no answers to labelled pictures yet")
        if readout not in scores:
            raise StdpbenchError(f"{self.name} has no read-out {readout!r}; {suggestion(readout, scores)}")
        score, names = Score.from_mapping(scores[readout]), live.started.class_names
        if ax is not None:
            confusion_on(ax, score, names)
            return ax
        words = (origin_of(self.path).word, "" if "supervised" in metrics else readout)
        title, noun = f"{self.name}, {', '.join(filter(None, words))}", str(metrics.get("noun", "picture"))
        return _displayed(confusion(score, names, title=title, noun=noun, width=mm))

    def plot_accuracy(
        self,
        ax: Axes | None = None,
        *,
        readout: str | None = None,
        label: str | None = None,
        width: Width | None = None,
    ) -> Axes:
        """Draw running accuracy on training labels over training.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw into, for instance those that another plot returned. Default: new axes.
        readout : str, optional
            A single read-out, such as ``"vote"``. Default: all.
        label : str, optional
            Label in the legend. Default: the title of the run, or its name.
        width : float or str, optional
            As in `plot_weights`.
        """
        if readout is not None and readout not in READOUTS:
            raise StdpbenchError(f"there is no read-out {readout!r}; {suggestion(readout, READOUTS)}")
        arrays = history_arrays(self._live())
        names = READOUTS if readout is None else (readout,)
        curves = {f": {name}": 100 * arrays[f"accuracy_{name}"] for name in names}
        quantity = "running accuracy\non training labels (%)"
        return self._curves(arrays["position"], curves, quantity, ax, label, width)

    def plot_held_out(
        self,
        measure: str = "accuracy_vote",
        ax: Axes | None = None,
        *,
        label: str | None = None,
        width: Width | None = None,
    ) -> Axes:
        """Draw a measure on held-out pictures over training; see `plot_accuracy`.

        Parameters
        ----------
        measure : str
            A column of `held_out`.
        ax, label, width
            As in `plot_accuracy`.

        Raises
        ------
        StdpbenchError
            If the measure does not exist.
        """
        if measure not in MEASURES:
            raise StdpbenchError(f"there is no measure {measure!r}; {suggestion(measure, MEASURES)}")
        columns, unit = held_out_columns(self._live()), MEASURES[measure].unit
        values = columns.get(measure, np.full(len(columns["position"]), np.nan))
        quantity = units.label(f"{MEASURES[measure].title}, held-out pictures", "" if unit == "share" else unit)
        return self._curves(columns["position"], {"": values}, quantity, ax, label, width)

    def plot_stream(self, *, width: Width | None = None) -> Axes:
        """Draw the measures of a stream: rates, irregularity, synchrony, latencies and weights over time.

        Parameters
        ----------
        width : float or str, optional
            As in `plot_weights`.

        Raises
        ------
        StdpbenchError
            If the run shows pictures, or no piece is complete.
        """
        pieces = self._live().pieces
        if not pieces:
            raise StdpbenchError(f"{self.name} has no complete piece of a stream")
        columns, answers = (
            stream_columns(pieces, self.experiment.schedule.piece or 1.0),
            pattern_answers(pieces.values()),
        )
        return _displayed(stream_figure(columns, answers, title=self.name, width=_millimetres(None, width)))

    def plot_theta(self, ax: Axes | None = None, *, label: str | None = None, width: Width | None = None) -> Axes:
        """Draw the mean adaptive threshold of the neurons that are read over training; see `plot_accuracy`."""
        graph = self.experiment.graph()
        return self._curve("mean_theta", units.label("mean theta", graph.shown_as(graph.read)[1]), ax, label, width)

    def plot_spikes(self, ax: Axes | None = None, *, label: str | None = None, width: Width | None = None) -> Axes:
        """Draw spikes of the population that is read, per picture, over training; see `plot_accuracy`."""
        quantity = f"{read_population(self.experiment)} spikes per picture".lstrip()
        return self._curve("spikes_per_image", quantity, ax, label, width)

    def plot_weight_change(
        self, ax: Axes | None = None, *, label: str | None = None, width: Width | None = None
    ) -> Axes:
        """Draw the mean change of weights per block of training presentations; see `plot_accuracy`."""
        return self._curve("weight_change", "mean change of a weight", ax, label, width)

    def _curve(self, column: str, quantity: str, ax: Axes | None, label: str | None, width: Width | None) -> Axes:
        arrays = history_arrays(self._live())
        return self._curves(arrays["position"], {"": arrays[column]}, quantity, ax, label, width)

    def _curves(
        self,
        position: NDArray[np.int64],
        curves: Mapping[str, NDArray[np.float64]],
        quantity: str,
        ax: Axes | None,
        label: str | None,
        width: Width | None,
    ) -> Axes:
        """Draw curves over training; in axes of the user's, with their font sizes."""
        mm, axes = _millimetres(ax, width), ax or _new_axes()
        for ending, values in curves.items():
            curve(axes, position, values, len(axes.lines), f"{label or title_of(self.path) or self.name}{ending}")
        size: dict[str, Any] = {"fontsize": 11} if ax is None else {}
        axes.set_xlabel("training presentations", **size)
        axes.set_ylabel(quantity, **size)
        if ax is not None:
            axes.legend()
            axes.tick_params(labelsize=import_module("matplotlib").rcParams["xtick.labelsize"])
            return axes
        from matplotlib.ticker import MaxNLocator

        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        narrow = mm is not None and mm < NARROW  # a legend would hide the curves
        above: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0)} if narrow else {}
        axes.legend(fontsize=9, **above)
        at_width(cast("Figure", axes.figure), mm)
        return axes


def _millimetres(ax: Axes | None, width: Width | None) -> float | None:
    """Return the width of a new figure in mm; None: as the screen needs."""
    if ax is not None and width is not None:
        raise StdpbenchError(
            "width sets the size of a new figure: leave it out with ax, whose figure already has a size"
        )
    return None if width is None else millimetres(width)


def _new_axes() -> Axes:
    """Return new axes: with pyplot only in a notebook or if it is already imported."""
    if in_notebook() or "matplotlib.pyplot" in sys.modules:
        pyplot = import_module("matplotlib.pyplot")
        axes: Axes = pyplot.subplots(figsize=(_WIDTH / 100, _HEIGHT / 100), layout="constrained")[1]
        return axes
    return new_figure(_WIDTH, _HEIGHT, constrained=True).add_subplot()


def _displayed(figure: Figure) -> Axes:
    if in_notebook():
        image = io.BytesIO()
        figure.savefig(image, format="png", dpi=figure.dpi)
        display(import_module("IPython.display").Image(data=image.getvalue()))
    return figure.axes[0]
