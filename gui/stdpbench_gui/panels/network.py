"""The Network panel: populations and projections of the run, and how fast neurons fire."""

from __future__ import annotations

from typing import Any

from stdpbench.base.units import thousands
from stdpbench.declare.learned_names import listed
from stdpbench.engine.network.description import population_rows, projection_rows
from stdpbench.results.figures.diagram import diagram_spec
from stdpbench.results.figures.paper import Table
from stdpbench.runs.analysis.recent_answers import RecentRates
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.layouts import vbox
from stdpbench_gui.widgets.network_diagram import NetworkDiagram, rate_text


class NetworkPanel(Panel):
    """Panel with a diagram of the network."""

    key = "network"
    title = "Network"
    topics = frozenset({"network", "presentation", "parameters", "state"})
    frames = frozenset({"presentation"})
    most_per_second = 4.0
    carries_over = True
    help_text = (
        "Boxes are populations of neurons, with their size, the kind of their neurons, and the mean rate of a neuron "
        "while a stimulus is shown, over the last received presentations; without a rate, none has been received. "
        "Arrows are projections, with their name and the rule by which their weights learn, or “static”. A triangle "
        "excites, a disc inhibits, an open triangle means that the neuron model does not specify it; thick lines "
        "learn. The strip at the left of a box has the colour of the population in the raster. Click a box or an "
        "arrow, or press Enter on it, to show this population or projection in the other panels; arrow keys and Tab "
        "move between them. Point at one for its synapses, memory, weights and delays. (Template diehl-cook: Diehl "
        "&amp; Cook 2015, figure 1; doi:10.3389/fncom.2015.00099)"
    )
    empty_text = (
        "The populations and projections of the network appear here once it is ready: start a run, or open one."
    )

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self.diagram = NetworkDiagram()
        self.recent = RecentRates()
        vbox(self.diagram, within=self.body, spacing=0)
        self.diagram.chosen.connect(session.selection.choose_item)
        session.selection.shown_changed.connect(self.mark_dirty)
        session.selection.item_changed.connect(lambda _: self.mark_dirty())

    def reset(self) -> None:
        """Discard the previous run."""
        self.recent.reset()

    def restyle(self) -> None:
        """Apply the colours and the font of the theme."""
        self.diagram.restyle()
        self.mark_dirty()

    def has_content(self) -> bool:
        """Return whether the network is known."""
        return self.session.selection.graph is not None

    def refresh(self) -> None:
        """Show the network, the rates, and what is selected."""
        self.collect()
        selection = self.session.selection
        self.diagram.show_graph(selection.graph)
        now = selection.moment is None
        self.diagram.show_rates(self.recent.rates if now else {}, self._over() if now else "")
        self.diagram.select(selection.marked)

    def collect(self) -> None:
        """Add a new presentation to the rates."""
        graph, experiment = self.session.selection.graph, self.session.experiment
        frame = self.session.live.presentation
        if graph is not None and experiment is not None and frame:
            self.recent.take(frame, graph, graph.dt)

    def _over(self) -> str:
        """Describe the presentations that rates are means of."""
        graph = self.session.selection.graph
        what = "piece" if graph is not None and graph.stream else "presentation"
        return f"mean of {_number(self.recent.n, f'received {what}')}, to {thousands(self.recent.last)}"

    def nothing(self) -> str:
        """Return the text of the empty panel: what will appear, or why nothing will."""
        experiment = self.session.experiment
        if experiment is not None and experiment.missing_kinds:
            return f"The network is not known here: {' and '.join(experiment.missing_kinds)}."
        return self.empty_text

    # -- summary and export ---------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Describe what is shown."""
        graph = self.session.selection.graph
        if graph is None:
            return self.nothing()
        rates = self.recent.rates
        cells = [f"{name} {rate_text(rates[name])}" if name in rates else name for name in graph.populations]
        learn = f"{listed(list(graph.plastic))} learn{'s' if len(graph.plastic) == 1 else ''}" if graph.plastic else ""
        marked = [name for name in (*graph.populations, *graph.projections) if name in self.session.selection.marked]
        return (
            f"{_number(len(graph.populations), 'population')}: {listed(cells)}; "
            f"{_number(len(graph.projections), 'projection')}, {learn or 'none of which learns'}; "
            f"selected: {listed(marked)}."
        )

    def table(self) -> Table | None:
        """Return what each population and projection is."""
        graph = self.session.selection.graph
        if graph is None:
            return None
        rows: list[tuple[object, ...]] = []
        for name in graph.populations:
            rows += [("population", name, what, text) for what, text in population_rows(graph, name)]
            if name in self.recent.rates:
                rows.append(("population", name, f"rate (Hz), {self._over()}", round(self.recent.rates[name], 4)))
        for name in graph.projections:
            rows += [("projection", name, what, text) for what, text in projection_rows(graph, name)]
        return ("part", "name", "property", "value"), rows

    def figure(self) -> dict[str, Any] | None:
        """Return the diagram."""
        graph = self.session.selection.graph
        if graph is None:
            return None
        over = f"; rates: {self._over()}" if self.recent.rates else ""
        n = f"{_number(len(graph.populations), 'population')}, {_number(len(graph.projections), 'projection')}{over}"
        return {**diagram_spec(graph, self.recent.rates), "title": "Network", "n": n}


def _number(n: int, what: str) -> str:
    return f"{thousands(n)} {what}{'' if n == 1 else 's'}"
