"""The selected neuron, and the population and projection on display, shared by all panels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.graph import Graph
from stdpbench.learned_names import weights_of
from stdpbench.runs.analysis.fields import field_shape
from stdpbench.runs.analysis.frame_spikes import Pairs, spikes_in
from stdpbench.runs.protocol.live_run import LiveRun

_NOT_KNOWN = "exc", "feed"
"""Population and projection on display where the network is not known, as with a kind that is not installed."""


class NeuronSelection(QObject):
    """The selected neuron, and the population and projection that panels show which can only show one of each.

    Attributes
    ----------
    neuron : int
        Its index; -1 if none is selected.
    population, projection : str
        Names of the population that the neuron is one of, and of the projection whose weights are shown; no
        projection if none learns.
    item : str
        The population or projection that was chosen in a diagram of the network; empty if none, or if another
        projection was chosen elsewhere since.
    graph : Graph or None
        The network of the run on display; None before it is known.
    neuron_changed : signal of int
        Another neuron was selected.
    shown_changed : signal
        Another population or projection is shown.
    choice_changed : signal
        `projections` has changed.
    item_changed : signal of str
        Another population or projection was chosen in a diagram.
    """

    neuron_changed = pyqtSignal(int)
    shown_changed = pyqtSignal()
    choice_changed = pyqtSignal()
    item_changed = pyqtSignal(str)

    def __init__(
        self, session: QObject, live: Callable[[], LiveRun], experiment: Callable[[], Experiment | None]
    ) -> None:
        super().__init__(session)
        self._live, self._experiment = live, experiment
        self.neuron = -1
        self.item = ""
        self.graph: Graph | None = None
        self.population, self.projection = _NOT_KNOWN
        self._started: object = None

    @property
    def weights(self) -> str:
        """Name of the learned array with the weights of the projection."""
        return weights_of(self.projection)

    @property
    def thresholds(self) -> str:
        """Name of the learned array with the thresholds of the population."""
        return f"{self.population}.theta"

    @property
    def projections(self) -> tuple[str, ...]:
        """Names of the projections whose weights can be shown: those that learn and connect all with all."""
        if self.graph is None:
            return ()
        each = self.graph.projections
        return tuple(name for name in self.graph.plastic if each[name].connect.storage == "dense")

    @property
    def only_neurons(self) -> bool:
        """Whether no projection to the population on display has weights that can be shown, though others do."""
        return bool(self.projections) and not self.projection

    @property
    def marked(self) -> frozenset[str]:
        """Names of the population and the projection that a diagram marks: what was chosen, and what panels show."""
        if self.graph is None:
            return frozenset()
        arrow = self.item if self.item in self.graph.projections else self.projection
        return frozenset({self.population, arrow, self.item} - {""})

    @property
    def read(self) -> str:
        """Name of the population that is read: counted, labelled and scored."""
        return _NOT_KNOWN[0] if self.graph is None else self.graph.read

    @property
    def is_read(self) -> bool:
        """Whether the population on display is the one that is read."""
        return self.population == self.read

    @property
    def others(self) -> dict[str, str]:
        """What curves are of if not of what is read and shown by default: arguments of `block_series.series`."""
        if self.graph is None:
            return {}
        projection = "" if self.projection == self.graph.shown else self.projection
        return {"population": "" if self.is_read else self.population, "projection": projection}

    @property
    def adapts(self) -> bool:
        """Whether the neurons of the population have an adaptive threshold, as far as known."""
        neuron = None if self.graph is None else self.graph.populations[self.population].neuron
        return neuron is None or any(variable.name == "theta" for variable in neuron.variables)

    @property
    def source(self) -> str:
        """Name of the population that the shown weights come from; empty if not known."""
        if self.graph is None or not self.projection:
            return ""
        return self.graph.projections[self.projection].source

    @property
    def field_shape(self) -> tuple[int, int]:
        """Height and width in which the shown weights of a neuron are drawn: those from the input like pictures."""
        started = self._live().started
        if started is not None and (self.graph is None or self.source in ("", self.graph.input)):
            return started.shape
        return field_shape(self.graph.populations[self.source].shape if self.graph is not None else (1,))

    def spikes(self, frame: Mapping[str, Any]) -> Pairs:
        """Return the spikes of the population in a frame of ``presentation``, as (index, bin)."""
        found: Pairs = frame["exc"] if self.graph is None else spikes_in(frame, self.graph, self.population)
        return found

    def select_neuron(self, neuron: int) -> None:
        """Select a neuron; -1 for none."""
        if neuron != self.neuron:
            self.neuron = neuron
            self.neuron_changed.emit(neuron)

    def select_read_neuron(self, neuron: int) -> None:
        """Select a neuron of the population that is read; if another is on display, show weights of that one first."""
        if not self.is_read and self.graph is not None:
            self._show_population(self.read)
        if self.is_read:
            self.select_neuron(neuron)

    def choose(self, projection: str) -> None:
        """Show the weights of another projection, and its target."""
        if self.graph is not None and projection in self.projections:
            self._show(self.graph.projections[projection].target, projection)

    def choose_item(self, name: str) -> None:
        """Choose a population or projection, as a click in a diagram does.

        Panels then show the population, or the target of the projection, with the projection if its weights can be
        shown, else with one that ends there. The input has no neurons to show: panels keep what they show.
        """
        graph = self.graph
        if graph is None or (name not in graph.populations and name not in graph.projections):
            return
        if name in graph.projections:
            if name in self.projections:
                self.choose(name)
            else:
                self._show_population(graph.projections[name].target)
        elif graph.populations[name].neuron is not None:
            self._show_population(name)
        self.item = name
        self.item_changed.emit(name)

    def _show_population(self, name: str) -> None:
        """Show a population, with a projection to it: the usual one, else the first whose weights can be shown."""
        if name == self.population or self.graph is None:
            return
        each = self.graph.projections
        into = [projection for projection in self.projections if each[projection].target == name]
        self._show(name, self.graph.shown if self.graph.shown in into else next(iter(into), ""))

    def reset(self) -> None:
        """Forget the network, before another one is known, and the selected neuron."""
        self.select_neuron(-1)
        self._started = None
        self._follow(None)

    def look(self) -> None:
        """Follow the network of the run once it is known."""
        started = self._live().started
        if started is None or started is self._started:
            return
        self._started = started
        try:
            experiment = self._experiment()
            known = experiment is not None and not experiment.missing_kinds
            self._follow(experiment.graph(*started.shape) if experiment is not None and known else None)
        except StdpbenchError:  # of a plugin that has changed; the run itself reports it
            self._follow(None)

    def _follow(self, graph: Graph | None) -> None:
        """Show a network; the projection on display stays if the one before had it as well."""
        known, before = self.graph is not None, self.projections
        self.graph = graph
        if graph is None or (self.item not in graph.populations and self.item not in graph.projections):
            self.item = ""
        if graph is None:
            self._show(*_NOT_KNOWN)
        elif known and self.projection in self.projections:
            self._show(graph.projections[self.projection].target, self.projection)
        else:
            dense = graph.shown if graph.shown in self.projections else next(iter(self.projections), "")
            self._show(graph.projections[dense].target if dense else graph.read, dense)
        if self.projections != before:
            self.choice_changed.emit()

    def _show(self, population: str, projection: str) -> None:
        if (population, projection) == (self.population, self.projection):
            return
        another, self.item = population != self.population, ""
        self.population, self.projection = population, projection
        if another:
            self.select_neuron(-1)
        self.shown_changed.emit()
