"""The shape of the input that the data of an experiment give."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject

from stdpbench.experiment import Experiment
from stdpbench.runs.catalog.forecast import Size
from stdpbench_gui.session.run_session import RunSession


class InputShape(QObject):
    """Finds out the shape of the input in a thread: pictures whose size is not published are read.

    Parameters
    ----------
    session : RunSession
        Provides the thread; outlives this object.
    found : callable
        Called once the shape is known, unless it was known at once.
    parent : QObject
        The form.

    Attributes
    ----------
    shape : tuple of int
        Height and width; empty: not known, since data are being read or cannot be.
    """

    def __init__(self, session: RunSession, found: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._found = session, found
        self._of: tuple[object, object] | None = None
        self.shape: tuple[int, ...] = ()

    def show_for(self, experiment: Experiment) -> None:
        """Find out the shape for an experiment, which may contradict itself."""
        of = experiment.data, experiment.encoding
        if of == self._of:
            return
        self._of, self.shape = of, ()

        def take(shape: tuple[int, ...]) -> None:
            if self._of == of:
                self.shape = shape
                self._found()

        def look() -> tuple[int, ...]:
            return Size.of_experiment(experiment).input_shape(experiment)

        if getattr(experiment.data, "published", None) is not None:
            self.shape = look()
        else:
            self._session.work(look, take, failed=lambda _: None, owner=self)
