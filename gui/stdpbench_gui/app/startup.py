"""Startup of the app, with a readable error message if it cannot open."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from stdpbench.base.paths import SAFE
from stdpbench.base.signals import handled
from stdpbench.engine.doctor import display

_ICON = Path(__file__).parent.parent / "assets" / "stdpbench.png"
_AT_LATEST_MS = 30_000
_PATIENCE = 5.0  # s to wait for work in threads, such as the start of a run, after the window is closed


def main(argv: Sequence[str] | None = None, runs: Path | None = None, shown: Path | None = None) -> int:
    """Open the main window and wait until it is closed.

    Parameters
    ----------
    argv : sequence of str, optional
        Like ``sys.argv``, starting with the program name; Qt takes its own options from it.
    runs : Path, optional
        The runs folder; default `stdpbench.base.paths.runs_folder`.
    shown : Path, optional
        A run folder, an experiment file or pictures to open on start.

    Returns
    -------
    int
        Exit status: 0, or 1 if the window cannot open; the reason is printed to standard error.
    """
    os.environ.update(SAFE)
    draw_in_one_thread()
    screen = display()
    if screen.state != "ok":
        return _refuse(f"the display is {screen.detail}. To fix this: {screen.fix}")
    try:
        from PyQt6.QtCore import QMessageLogContext, Qt, QTimer, QtMsgType, qInstallMessageHandler
        from PyQt6.QtGui import QIcon
        from PyQt6.QtWidgets import QApplication

        from stdpbench_gui.app.window import MainWindow
        from stdpbench_gui.session import background, crash
        from stdpbench_gui.widgets.basic import not_none
    except ImportError as error:
        return _refuse(f"cannot load Qt ({error}); `stdpbench doctor` lists what to install")

    def at_start(kind: QtMsgType, context: QMessageLogContext, message: str | None) -> None:
        # Qt aborts the process after a fatal message: print a sentence instead of a core dump
        if kind == QtMsgType.QtFatalMsg:
            _refuse(f"Qt cannot open a window ({' '.join((message or '').split())}); see `stdpbench doctor`")
            sys.stderr.flush()
            os._exit(1)

    previous_handler = qInstallMessageHandler(at_start)
    try:
        app = QApplication.instance() or QApplication(list(argv or ["stdpbench"]))
        assert isinstance(app, QApplication)
        app.setWindowIcon(QIcon(str(_ICON)))
        app.setDesktopFileName("stdpbench")  # by which a desktop finds the icon of the window
        # a menu that opens under the mouse at the press would take the release as a choice
        not_none(app.styleHints()).setContextMenuTrigger(Qt.ContextMenuTrigger.Release)
    finally:
        qInstallMessageHandler(previous_handler)
    # Qt's event loop runs no Python code, so Ctrl+C in the terminal would wait for the next event
    with handled(signal.SIG_DFL, signal.SIGINT):
        try:
            gc.disable()  # a collection would stall the window while its pages are being made
            window = MainWindow(runs=runs)
            window.finished.connect(settle)
            QTimer.singleShot(_AT_LATEST_MS, settle)  # pages are made once the window is painted
            crash.install(window.show_message)
            window.show()
            if shown is not None:
                window.open_first(shown)
            status = app.exec()
            background.finish(_PATIENCE)
            return status
        finally:
            gc.enable()
            sys.excepthook = sys.__excepthook__
            threading.excepthook = threading.__excepthook__


def draw_in_one_thread() -> None:
    """Make Qt draw in the main thread only; call it before creating a `QApplication`.

    Qt would draw larger images with several threads, which slows down active runs without a visible gain.
    """
    os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")


def settle() -> None:
    """Collect garbage from now on, but leave out what exists already and lives long, which would stall the window.

    What the start left behind is not collected: that would stall the window, too, and is little.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _refuse(reason: str) -> int:
    print(f"The app cannot start: {reason}.", file=sys.stderr)
    return 1
