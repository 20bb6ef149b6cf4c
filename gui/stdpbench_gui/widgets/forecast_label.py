"""A label with the forecast duration of a run."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtWidgets import QDialog, QLabel, QSizePolicy

from stdpbench.experiment import Experiment
from stdpbench.runs.catalog.forecast import Size, forecast
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import grow


class ForecastLabel(QLabel):
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
        self.setAccessibleName("Expected duration")
        self.busy = False
        self._runs, self._session = runs, session
        self._wanted: tuple[Experiment, Size | None, bool] | None = None

    def show_for(self, experiment: Experiment | None, size: Size | None = None, *, trust: bool = False) -> None:
        """Show the forecast of an experiment; nothing for None. See `stdpbench.runs.catalog.forecast.forecast`."""
        self._wanted = None if experiment is None else (experiment, size, trust)
        if self._wanted is None:
            self.setText("")
        elif not self.busy:
            self._ask()

    def _ask(self) -> None:
        assert self._wanted is not None
        wanted, runs = self._wanted, self._runs
        experiment, size, trust = wanted
        self.busy = True

        def look() -> str:
            return forecast(experiment, runs, size, trust=trust).sentence

        def take(sentence: str) -> None:
            self._take(wanted, sentence)

        # unreadable pictures are reported when the run starts
        self._session.work(look, take, failed=lambda _: take(""), owner=self)

    def _take(self, wanted: tuple[Experiment, Size | None, bool], sentence: str) -> None:
        """Show the forecast, unless another one was requested meanwhile."""
        self.busy = False
        if self._wanted is wanted:
            self.setText(sentence)
            window = self.window()
            if isinstance(window, QDialog):
                grow(window)
        elif self._wanted is not None:
            self._ask()
