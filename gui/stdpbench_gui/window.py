"""The window: for now it says what to use until the app is there."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QLabel, QMainWindow, QWidget

from stdpbench import __version__

MESSAGE = "The app is not there yet. Until it is, train from the command line with: stdpbench run digits"


class MainWindow(QMainWindow):
    """The app's only window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"stdpbench {__version__}")
        self.setAccessibleName("stdpbench")
        self.setAccessibleDescription(MESSAGE)

        self.message = QLabel(MESSAGE)
        self.message.setObjectName("message")
        self.message.setAccessibleName("What to use until the app is there")
        self.message.setAccessibleDescription(MESSAGE)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.message.setMargin(24)
        # the command is there to be copied, by keyboard too
        self.message.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setCentralWidget(self.message)

        self.quit_action = QAction("&Quit", self)
        # spelled out: QKeySequence.StandardKey.Quit is empty on Windows
        self.quit_action.setShortcut(QKeySequence("Ctrl+Q"))
        self.quit_action.setMenuRole(QAction.MenuRole.QuitRole)
        self.quit_action.triggered.connect(self.close)
        menu_bar = self.menuBar()
        assert menu_bar is not None  # Qt makes one when it is asked for
        menu_bar.setAccessibleName("Menu")
        menu = menu_bar.addMenu("&File")
        assert menu is not None
        menu.setAccessibleName("File")
        menu.addAction(self.quit_action)
        self.setMinimumSize(400, 200)
        self.resize(640, 320)
