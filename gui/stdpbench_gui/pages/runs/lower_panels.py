"""The panels below the history, of which one is shown: the comparison or the scatter."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QStackedWidget, QTabBar, QWidget

from stdpbench_gui.look import theme
from stdpbench_gui.pages.runs.comparison import ComparisonPanel
from stdpbench_gui.pages.runs.explore import ExplorePanel
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox


class LowerPanels(QWidget):
    """Tabs, and the panel of the current one.

    Attributes
    ----------
    turned : signal
        Another panel is shown.
    """

    turned = pyqtSignal()

    def __init__(self, comparison: ComparisonPanel, explore: ExplorePanel) -> None:
        super().__init__()
        self.comparison, self.explore = comparison, explore
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName("Panels below the history")
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for name, tip in (
            (comparison.title, "Curves, results and differences of the ticked runs"),
            (explore.title, "A point for each run, over two parameters or results"),
        ):
            self.tabs.setTabToolTip(self.tabs.addTab(name), tip)
        self._stack = QStackedWidget()
        self._stack.addWidget(comparison)
        self._stack.addWidget(explore)
        vbox(hbox(self.tabs, STRETCH), (self._stack, 1), within=self, spacing=theme.GRID // 2)
        self.tabs.currentChanged.connect(self._turn)

    @property
    def shown(self) -> ComparisonPanel | ExplorePanel:
        """The panel that is shown."""
        return self.explore if self.tabs.currentIndex() else self.comparison

    def turn_to(self, title: str) -> None:
        """Show the panel with a title."""
        titles = [self.tabs.tabText(number) for number in range(self.tabs.count())]
        self.tabs.setCurrentIndex(titles.index(title))

    def _turn(self, number: int) -> None:
        self._stack.setCurrentWidget(self.shown)
        if number:
            self.explore.refresh()
        self.turned.emit()
