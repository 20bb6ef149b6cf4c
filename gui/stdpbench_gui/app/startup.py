"""The start of the app: sentences instead of aborts where it cannot open."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from stdpbench.cli.doctor import display
from stdpbench.signals import handled

_SETTLED_MS = 1500
_PATIENCE = 5.0  # s for work in threads, such as the start of a run, to end after the window is closed


def main(argv: Sequence[str] | None = None, runs: Path | None = None, shown: Path | None = None) -> int:
    """Open the app's window and wait until it is closed.

    Parameters
    ----------
    argv : sequence of str, optional
        As ``sys.argv``, the program's name first; Qt picks out what is meant for it.
    runs : Path, optional
        The runs folder; by default `stdpbench.paths.runs_folder`.
    shown : Path, optional
        A run folder, an experiment file or pictures to open at once.

    Returns
    -------
    int
        Exit status: 0, or 1 after a sentence on standard error that says why there is no window.
    """
    draw_in_one_thread()
    screen = display()
    if screen.state != "ok":
        return _refuse(f"the display is {screen.detail}; what helps: {screen.fix}")
    try:
        from PyQt6.QtCore import QMessageLogContext, QTimer, QtMsgType, qInstallMessageHandler
        from PyQt6.QtWidgets import QApplication

        from stdpbench_gui.app.window import MainWindow
        from stdpbench_gui.session import background, crash
    except ImportError as error:
        return _refuse(f"Qt cannot be loaded ({error}); `stdpbench doctor` says what to install")

    def at_start(kind: QtMsgType, context: QMessageLogContext, message: str | None) -> None:
        # Qt aborts the process after a fatal message, and a core dump is no sentence
        if kind == QtMsgType.QtFatalMsg:
            _refuse(f"Qt cannot open a window ({' '.join((message or '').split())}); see `stdpbench doctor`")
            sys.stderr.flush()
            os._exit(1)

    previous_handler = qInstallMessageHandler(at_start)
    try:
        app = QApplication.instance() or QApplication(list(argv or ["stdpbench"]))
    finally:
        qInstallMessageHandler(previous_handler)
    # Qt's loop runs no Python, which would make Ctrl+C in the terminal wait for the next event
    with handled(signal.SIG_DFL, signal.SIGINT):
        try:
            window = MainWindow(runs=runs)
            crash.install(window.show_message)
            window.show()
            if shown is not None:
                QTimer.singleShot(0, lambda: window.services.open_path(shown))
            QTimer.singleShot(_SETTLED_MS, settle)
            status = app.exec()
            background.finish(_PATIENCE)
            return status
        finally:
            sys.excepthook = sys.__excepthook__
            threading.excepthook = threading.__excepthook__


def draw_in_one_thread() -> None:
    """Have Qt draw by the thread of the window alone; to be called before there is a `QApplication`.

    It would draw larger images by several threads at a time, which push a run aside that is at work, and save the
    window nothing that could be seen.
    """
    os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")


def settle() -> None:
    """Have what there is now, which stays, left out of the search for garbage, which would hold up the window."""
    gc.collect()
    gc.freeze()


def _refuse(reason: str) -> int:
    print(f"The app cannot open: {reason}.", file=sys.stderr)
    return 1
