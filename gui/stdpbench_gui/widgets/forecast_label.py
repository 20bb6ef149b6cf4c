"""A label with the forecast duration of a run."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtWidgets import QSizePolicy

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network.costs import costs, costs_sentence
from stdpbench.experiment import Experiment, NetworkDraft
from stdpbench.runs.catalog.forecast import Size, forecast
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import Label

_Wanted = tuple[Experiment, Size | None, bool, int]


class ForecastLabel(Label):
    """The forecast (`stdpbench.runs.catalog.forecast`), computed in a thread because it may read run folders.

    Parameters
    ----------
    runs : Path
        The runs folder.
    session : RunSession
        Provides the thread; outlives this label.

    Attributes
    ----------
    busy : bool
        Whether a forecast is being computed.
    """

    def __init__(self, runs: Path, session: RunSession) -> None:
        super().__init__()
        self.setObjectName("faint")
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.setAccessibleName("Expected duration and memory")
        self.busy = False
        self._runs, self._session = runs, session
        self._wanted: _Wanted | None = None

    def show_for(
        self, experiment: Experiment | None, size: Size | None = None, *, trust: bool = False, done: int = 0
    ) -> None:
        """Show the forecast of an experiment; nothing for None. See `stdpbench.runs.catalog.forecast.forecast`."""
        self._wanted = None if experiment is None else (experiment, size, trust, done)
        if self._wanted is None:
            self.setText("")
        elif not self.busy:
            if not self.text():
                self.setText("Estimating time and memory …")
            self._ask()

    def _ask(self) -> None:
        assert self._wanted is not None
        wanted, runs = self._wanted, self._runs
        experiment, size, trust, done = wanted
        self.busy = True

        def look() -> str:
            known = size or Size.of_experiment(experiment)
            sentence = forecast(experiment, runs, known, trust=trust, done=done)
            return f"{sentence} {_memory(experiment, known)}".strip()

        def take(sentence: str) -> None:
            self._take(wanted, sentence)

        # unreadable pictures are reported when the run starts
        self._session.work(look, take, failed=lambda _: take(""), owner=self)

    def _take(self, wanted: _Wanted, sentence: str) -> None:
        """Show the forecast, unless another one was requested meanwhile."""
        self.busy = False
        if self._wanted is wanted:
            self.setText(sentence)
        elif self._wanted is not None:
            self._ask()


def _memory(experiment: Experiment, size: Size) -> str:
    """Say how many synapses the network has, and the memory that they take; empty if it is not known."""
    try:
        graph = NetworkDraft(experiment).graph(*size.input_shape(experiment))
    except StdpbenchError:  # the data do not fit the network, which the form says
        return ""
    return "" if graph.file is not None else costs_sentence(costs(graph), len(graph.projections))
