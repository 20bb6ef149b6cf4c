"""Longest times that the Evaluate page blocks the window while it evaluates a run.

The real page, without a screen, evaluates a copy of a finished run several times; accesses to labels are logged in the
copy. Iterations of the event loop are measured in CPU time of its thread, so that other processes do not count.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import inputs
import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def main() -> None:
    """Run the benchmark and print the longest iterations."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("run", type=Path, help="a finished run")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--json", action="store_true", help="print one line of JSON only")
    options = options.parse_args()
    from PyQt6.QtCore import QSettings
    from PyQt6.QtWidgets import QApplication

    from stdpbench_gui.app.startup import settle
    from stdpbench_gui.app.window import MainWindow

    _app = QApplication(["stdpbench"])
    with tempfile.TemporaryDirectory(prefix="stdpbench-app-") as scratch:
        run = Path(scratch) / "runs" / options.run.resolve().name
        shutil.copytree(options.run, run)
        settings = QSettings(str(Path(scratch) / "settings.ini"), QSettings.Format.IniFormat)
        window = MainWindow(settings, run.parent)
        window.resize(1920, 1080)
        window.show()
        window.complete()
        settle()
        watch = Watch()
        watch.wait(1)
        figures: dict[str, Any] = {"run": run.name, "size": "1920 × 1080"}
        page = window.evaluate
        for number in range(options.rounds):
            watch.turns.clear()
            page.evaluate(run)
            for done in (lambda: page.state.look is not None, lambda: page.state.clustering is not None):
                watch.wait(300, done)
            watch.wait(1)
            longest = np.sort(1e3 * np.diff(watch.turns))[::-1][:3]
            figures["first time" if not number else f"again, {number}"] = {
                "longest_turns_ms": [round(float(turn), 1) for turn in longest]
            }
        window.close()
    inputs.report(figures, options.json)


class Watch:
    """Recorder of the iterations of the event loop."""

    def __init__(self) -> None:
        from PyQt6.QtCore import Qt, QTimer

        self.turns: list[float] = []
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(1)
        self._timer.timeout.connect(lambda: self.turns.append(time.thread_time()))
        self._timer.start()

    def wait(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Let Qt's own event loop run."""
        from PyQt6.QtCore import QEventLoop, QTimer

        loop, looking, end = QEventLoop(), QTimer(), time.monotonic() + seconds
        looking.setInterval(20)
        looking.timeout.connect(lambda: loop.quit() if until() or time.monotonic() > end else None)
        looking.start()
        loop.exec()


if __name__ == "__main__":
    main()
