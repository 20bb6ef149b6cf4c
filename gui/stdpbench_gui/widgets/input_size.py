"""The number of inputs that the data of an experiment give."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject

from stdpbench.experiment import Experiment
from stdpbench.runs.catalog.forecast import Size
from stdpbench_gui.session.run_session import RunSession


class InputSize(QObject):
    """Finds out the number of inputs in a thread: pictures whose size is not published are read.

    Parameters
    ----------
    session : RunSession
        Provides the thread; outlives this object.
    found : callable
        Called once the number is known, unless it was known at once.
    parent : QObject
        The form.

    Attributes
    ----------
    n_input : int
        The number; 0: not known, since data are being read or cannot be.
    """

    def __init__(self, session: RunSession, found: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._found = session, found
        self._of: tuple[object, object] | None = None
        self.n_input = 0

    def show_for(self, experiment: Experiment) -> None:
        """Find out the number for an experiment, which may contradict itself."""
        of = experiment.data, experiment.encoding
        if of == self._of:
            return
        self._of, self.n_input = of, 0

        def take(n_input: int) -> None:
            if self._of == of:
                self.n_input = n_input
                self._found()

        def look() -> int:
            return Size.of_experiment(experiment).n_input(experiment)

        if getattr(experiment.data, "published", None) is not None:
            self.n_input = look()
        else:
            self._session.work(look, take, failed=lambda _: None, owner=self)
