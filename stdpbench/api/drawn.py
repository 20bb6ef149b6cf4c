"""Plots of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stdpbench.api import plots
from stdpbench.api.plots import Place
from stdpbench.api.view import RunView
from stdpbench.base import units
from stdpbench.results.figures.saving import Width
from stdpbench.runs.catalog.comparison import read_population
from stdpbench.runs.folder.notes import title_of
from stdpbench.runs.folder.weights_origin import origin_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
        place = Place.of(ax, width)
        return plots.plot_weights(self.weights, self.experiment, self._live(), self._labels(), self.name, place)

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
        path = self.path / "metrics.json"
        metrics = self._folder.read_json("metrics.json") if path.is_file() else {}
        word = origin_of(self.path).word
        return plots.plot_confusion(metrics, readout, self._live(), self.name, word, Place.of(ax, width))

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
        return plots.plot_accuracy(self._live(), Place.of(ax, width), readout, self._called(label))

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
        return plots.plot_held_out(self._live(), measure, Place.of(ax, width), self._called(label))

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
        live, experiment = self._live(), self.experiment
        return plots.plot_stream(live, experiment.schedule.piece or 1.0, self.name, Place.of(None, width))

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
        return plots.plot_curve(self._live(), column, quantity, Place.of(ax, width), self._called(label))

    def _called(self, label: str | None) -> str:
        return label or title_of(self.path) or self.name
