"""The selected neuron, and the population and projection on display, shared by all panels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, pyqtSignal

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import label
from stdpbench.declare.learned_names import weights_of
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph, Projection
from stdpbench.runs.analysis.fields import field_shape
from stdpbench.runs.analysis.frame_spikes import Pairs, spikes_in
from stdpbench.runs.analysis.slow_motion import not_replayed
from stdpbench.runs.analysis.weight_views import WeightView, has_view, is_quick, static_weights, view_of
from stdpbench.runs.folder.history import Moment
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench_gui.session.sentences import as_sentence

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
    view : WeightView or None
        How the weights of the projection are drawn; None if there is no projection, the network is not known, or
        until synapses are drawn in a thread.
    moment : Moment or None
        The earlier moment of the run whose weights and thresholds are shown; None: the newest.
    trouble : str
        Why weights that do not learn are not known, a clause; empty if they are.
    neuron_changed : signal of int
        Another neuron was selected.
    shown_changed : signal
        Another population or projection is shown.
    choice_changed : signal
        `projections` has changed.
    moment_changed : signal
        Another moment of the run is shown.
    item_changed : signal of str
        Another population or projection was chosen in a diagram.
    view_changed : signal
        `view` is ready, or weights that do not learn are.
    """

    neuron_changed = pyqtSignal(int)
    shown_changed = pyqtSignal()
    choice_changed = pyqtSignal()
    item_changed = pyqtSignal(str)
    moment_changed = pyqtSignal()
    view_changed = pyqtSignal()

    def __init__(
        self,
        session: QObject,
        live: Callable[[], LiveRun],
        experiment: Callable[[], Experiment | None],
        work: Callable[..., object],
    ) -> None:
        super().__init__(session)
        self._live, self._experiment, self._work = live, experiment, work
        self.view: WeightView | None = None
        self._view_of: object = None
        self._static: NDArray[np.float32] | None = None
        self._static_of: tuple[object, str] = None, ""
        self.trouble = ""
        self.moment: Moment | None = None
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
        """Names of the projections whose weights can be shown: not those of all to all with one constant weight."""
        graph = self.graph
        return () if graph is None else tuple(name for name in graph.projections if has_view(graph, name))

    @property
    def learns(self) -> bool:
        """Whether the projection on display has a rule, or is trained with labels, as far as known."""
        return self.graph is None or self.projection in (*self.graph.plastic, *self.graph.trained)

    @property
    def not_replayed(self) -> str:
        """Why slow motion cannot recompute the weights on display; empty if it can, or it is not known yet."""
        made, experiment, graph = self._made, self._experiment(), self.graph
        if made is None or graph is None or made.plasticity is None:
            return "" if self.projection and made is None else "The weights on display do not learn."
        graph = graph if experiment is None else experiment.graph()
        return as_sentence(not_replayed(graph, graph.projections.get(self.projection, made)))

    @property
    def _made(self) -> Projection | None:
        """The projection on display, as far as known."""
        return None if self.graph is None else self.graph.projections.get(self.projection)

    @property
    def has_delays(self) -> bool:
        """Whether each synapse of the projection on display has its own delay, as far as known."""
        return self._made is not None and self._made.delays_differ

    @property
    def learns_delays(self) -> bool:
        """Whether the delays of the projection on display learn."""
        return self._made is not None and self._made.delay_plasticity is not None

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
        projection = "" if self.projection in (self.graph.shown, "") else self.projection
        return {"population": "" if self.is_read else self.population, "projection": projection}

    @property
    def adapts(self) -> bool:
        """Whether the neurons of the population have an adaptive threshold, as far as known."""
        neuron = None if self.graph is None else self.graph.populations[self.population].neuron
        return neuron is None or any(variable.name == "theta" for variable in neuron.variables)

    @property
    def theta_shown_as(self) -> tuple[float, str]:
        """Factor from SI units with which thresholds of the population are shown, and their unit; maybe empty."""
        return (1e3, "mV") if self.graph is None else self.graph.shown_as(self.population)

    @property
    def theta_label(self) -> str:
        """Name and unit of the thresholds of the population, for axes and columns."""
        return label("theta", self.theta_shown_as[1])

    def theta_text(self, theta: float) -> str:
        """Return a threshold, given in SI units, as text."""
        factor, unit = self.theta_shown_as
        return f"theta {theta * factor:.2f} {unit}".rstrip()

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
            return field_shape(tuple(started.shape))  # one row of channels is folded into a rectangle
        return field_shape(self.graph.populations[self.source].shape if self.graph is not None else (1,))

    def spikes(self, frame: Mapping[str, Any]) -> Pairs:
        """Return the spikes of the population in a frame of ``presentation``, as (index, bin)."""
        return spikes_in(frame, frame["read"] if self.graph is None else self.population)

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
        names = dict.fromkeys([*self.graph.plastic, *self.projections])  # those that learn are chosen first
        into = [projection for projection in names if each[projection].target == name]
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
            first = graph.shown or next(iter(self.projections), "")
            self._show(graph.projections[first].target if first else graph.read, first)
        self._make_view()
        if self.projections != before:
            self.choice_changed.emit()

    def view_for(self, w: NDArray[np.floating[Any]] | None) -> WeightView | None:
        """Return how weights of the projection are drawn; None if there are none, or it is not known yet."""
        view = self.view
        if w is None:
            return None
        if w.ndim == 1:
            return view if view is not None and view.synapses is not None and view.n_weights == len(w) else None
        if view is not None and (view.n_source, view.n_target) == w.shape:
            return view
        return WeightView(
            self.projection, "fields", w.shape[0], w.shape[1], self.field_shape
        )  # of a network that is not known

    def show_moment(self, moment: Moment | None) -> None:
        """Show the weights and thresholds of an earlier moment of the run; None: the newest."""
        if moment is not self.moment:
            self.moment = moment
            self.moment_changed.emit()

    def learned(self, name: str) -> Any:
        """Return a learned array at the moment that is shown; None if it is not known."""
        return self._live().learned(name) if self.moment is None else self.moment.learned.get(name)

    def per_synapse(self, w: NDArray[Any] | None) -> NDArray[Any] | None:
        """Return weights of the projection on display, those that synapses share repeated for each synapse."""
        graph = None if self._made is None else self.graph
        return w if w is None or graph is None else graph.per_synapse(self.projection, w)

    def weights_shown(self) -> NDArray[np.float32] | None:
        """Return the weights of the projection on display at the moment that is shown; None if not known (yet).

        A run publishes weights that learn. Others follow from the experiment, and are drawn in a thread.
        """
        if self.learns:
            return self.per_synapse(self.learned(self.weights))
        experiment, started, name = self._experiment(), self._live().started, self.projection
        if experiment is None or started is None or not name:
            return None
        if self._static_of[0] is not experiment or self._static_of[1] != name:
            self._static_of, self._static, self.trouble = (experiment, name), None, ""
            shape, wanted = started.shape, self._static_of

            def take(w: NDArray[np.float32] | None, reason: str = "") -> None:
                if self._static_of is wanted:
                    self._static, self.trouble = w, reason
                    self.view_changed.emit()

            self._work(
                lambda: static_weights(experiment.graph(*shape), name),
                take,
                failed=lambda reason: take(None, reason.rstrip(".")),
                owner=self,
            )
        return self._static

    def _make_view(self) -> None:
        """Find out how the projection on display is drawn, in a thread if its synapses have to be drawn first."""
        graph, name = self.graph, self.projection
        wanted = (graph, name)
        if self._view_of == wanted:
            return
        self._view_of, self.view = wanted, None
        if graph is None or name not in self.projections:
            return
        shape = self.field_shape

        def take(view: WeightView) -> None:
            if self._view_of == wanted:
                self.view = view
                self.view_changed.emit()

        if is_quick(graph, name):
            self.view = view_of(graph, name, shape)
        else:
            self._work(lambda: view_of(graph, name, shape), take, f"Cannot draw the synapses of {name}", owner=self)

    def _show(self, population: str, projection: str) -> None:
        if (population, projection) == (self.population, self.projection):
            return
        another, self.item = population != self.population, ""
        self.population, self.projection = population, projection
        if another:
            self.select_neuron(-1)
        self._make_view()
        self.shown_changed.emit()
