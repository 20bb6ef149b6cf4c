"""What lessons see of the app, and the signals after which they look again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from stdpbench_gui.panels.base import Panel
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.panels.neuron.slow_motion import SlowMotionPanel

if TYPE_CHECKING:
    from stdpbench_gui.app.window import MainWindow
    from stdpbench_gui.pages.evaluate.page import EvaluatePage
    from stdpbench_gui.pages.rules.page import RulesPage


class Sight(QObject):
    """The app as checks see it.

    Attributes
    ----------
    changed : signal
        Something that a check may depend on has changed.
    """

    changed = pyqtSignal()

    def __init__(self, app: MainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._app = app
        self.session = app.session
        self._following = False

    def follow(self) -> None:
        """Connect the signals, which creates the pages that they come from; only the first call has an effect."""
        if self._following:
            return
        self._following = True
        emit = self.changed.emit
        self._app.pages.currentChanged.connect(lambda _: emit())
        self.session.opened.connect(emit)
        self.session.changed.connect(lambda _: emit())
        self.session.selection.neuron_changed.connect(lambda _: emit())
        for panel in self.panels.values():
            panel.visibilityChanged.connect(lambda _: emit())
        self.slow_motion.player.moved.connect(lambda _: emit())
        self.curves.overlays.changed.connect(emit)
        self.rules.state.changed.connect(lambda _: emit())
        self.rules.editor.checked.connect(emit)
        self.evaluate.state.changed.connect(lambda _: emit())

    @property
    def page_name(self) -> str:
        """Name of the page that is shown; empty if it is not known."""
        shown, app = self._app.pages.currentWidget(), self._app
        return next((name for name in app.page_names if app.page(name) is shown), "")

    @property
    def run_name(self) -> str:
        """Name of the experiment of the current run; empty before its network is ready."""
        started = self.session.live.started
        return "" if started is None else str(started.experiment.get("name", ""))

    @property
    def panels(self) -> dict[str, Panel]:
        """The panels of the Train page."""
        return self._app.train.panels

    @property
    def slow_motion(self) -> SlowMotionPanel:
        """The slow motion panel."""
        panel = self.panels["slow-motion"]
        assert isinstance(panel, SlowMotionPanel)
        return panel

    @property
    def curves(self) -> Curves:
        """The curves panel."""
        panel = self.panels["curves"]
        assert isinstance(panel, Curves)
        return panel

    @property
    def rules(self) -> RulesPage:
        """The Rules page."""
        return self._app.lab

    @property
    def evaluate(self) -> EvaluatePage:
        """The Evaluate page."""
        return self._app.evaluate
