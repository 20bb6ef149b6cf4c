"""Longest event of the app's thread, in ms of its CPU time, for each of the things that a user does.

Prints one line of JSON. It measures this one process, in which each thing is done for the first time unless its name
says otherwise; `app.py --still` starts it several times. With the path of a stdpbench checkout as argument it measures
that one instead, so that two versions can be measured in turns.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path[:0] = [part for checkout in sys.argv[1:] for part in (checkout, f"{checkout}/gui")]

from PyQt6 import sip  # noqa: E402
from PyQt6.QtCore import QEvent, QSettings  # noqa: E402
from PyQt6.QtWidgets import QApplication  # noqa: E402

from stdpbench_gui.app.startup import draw_in_one_thread, settle  # noqa: E402
from stdpbench_gui.app.window import MainWindow  # noqa: E402
from stdpbench_gui.session.timeline import Timeline  # noqa: E402

_PAGES = ("train", "rules", "evaluate", "runs", "start")
_DIALOGS = ("palette", "shortcuts", "problem", "own-data", "draw", "network", "explain")
_MOUSE_S = 0.008  # between two events of a mouse that is moved
_OF_A_RUN = ("edit-network", "branch-shown", "neurons", "hardware", "runs-bin")


def main() -> None:
    """Measure, and print the result."""
    with tempfile.TemporaryDirectory(prefix="stdpbench-app-") as folder:
        runs = [finished_run(Path(folder) / "runs", n_exc) for n_exc in (100, 400)]
        draw_in_one_thread()
        gc.disable()  # as the app does until its pages exist
        app = QApplication(["stdpbench"])
        settings = QSettings(f"{folder}/settings.ini", QSettings.Format.IniFormat)
        print(json.dumps(Events(app, settings, Path(folder) / "runs").measure(*runs)), flush=True)
        os._exit(0)


def finished_run(folder: Path, n_exc: int) -> Path:
    """Train a small network on digits, and return the run folder."""
    from stdpbench.experiment import read_experiment
    from stdpbench.runs.preparation.creation import create_run
    from stdpbench.runs.protocol.options import Options

    schedule = {"passes": 1, "train_images": 300, "label_images": 200, "test_images": 100}
    changes = {f"schedule.{key}": value for key, value in schedule.items()}
    experiment = read_experiment("digits").override({"name": f"digits-{n_exc}", "network.n_exc": n_exc, **changes})
    path = create_run(experiment, folder, Options(workers=1, baselines=False)).path
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    worker = [sys.executable, "-m", "stdpbench.runs.process.worker", str(path)]
    subprocess.run(worker, check=True, capture_output=True, env=environment)
    return path


class Events:
    """A window, and the longest event of each thing that is done with it."""

    def __init__(self, app: Any, settings: QSettings, runs: Path) -> None:
        self.app = app
        self.window = MainWindow(settings, runs)
        self.window.resize(1280, 800)
        self.window.show()
        self.longest: dict[str, float] = {}

    def measure(self, first: Path, second: Path) -> dict[str, float]:
        """Do all things once; ms of CPU time."""
        window = self.window

        def do(key: str) -> Callable[[], object]:
            return window.actions_[key].trigger

        self.note("pages made after the first paint", self.turn, 12)
        settle()
        for name in _PAGES:
            self.note(f"page {name}", lambda name=name: window.go_to(name))
        for name in ("dark", "light"):
            self.note(f"theme {name}", lambda name=name: window.set_theme(name))
        for name in ("first form", "second form"):
            self.note(name, do("new-run"), 3)
            self.close_dialogs()
        for key in _DIALOGS:
            self.note(key, do(key), 2)
            self.close_dialogs()
        self.note("finished run", lambda: window.open_run(first), 4)
        self.note("another run", lambda: window.open_run(second), 4)
        self.longest["moment on the timeline, until all panels are drawn (median)"] = self.drag()
        for key in _OF_A_RUN:
            self.note(key, do(key), 3)
            self.close_dialogs()
        for name in ("inspect", "present", "learn", "watch"):
            self.note(f"layout {name}", do(f"layout-{name}"))
        for name in ("dark", "light"):
            self.note(f"theme {name} with a run", lambda name=name: window.set_theme(name), 2)
        self.note("evaluation", do("evaluate-shown"), 20)
        for key in ("lessons", "lesson-synapse"):
            self.note(key, do(key), 2)
        self.note("lesson closed", window.help.lessons.pane.close)
        self.note("console", window.console.toggle, 10)
        window.console.end()
        return self.longest

    def drag(self) -> float:
        """Show each moment of a run; return the median time until all visible panels are drawn, in ms."""
        self.window.go_to("train")
        timeline, times, read = Timeline.of(self.window.session), list[float](), list[float]()
        self.window.session.selection.moment_changed.connect(lambda: read.append(time.perf_counter()))
        panels = [panel for panel in self.window.train.panels.values() if panel.isVisible()]
        for position in timeline.positions:
            begun, n = time.perf_counter(), len(read)
            timeline.go(position)
            seen = [panel for panel in panels if not panel.visibleRegion().isEmpty()]
            while len(read) == n or any(panel.drawn_at < read[-1] for panel in seen):
                self.turn()
            times.append(1e3 * (time.perf_counter() - begun))
        drawn, begun = set[float](), time.perf_counter()
        for move in range(250):  # as a mouse does that is dragged, without waiting
            timeline.go(timeline.positions[move % len(timeline.positions)])
            until = time.perf_counter() + _MOUSE_S
            while time.perf_counter() < until:
                self.turn()
                drawn.add(self.window.train.panels["weight-map"].drawn_at)
        self.longest["weight map while the handle is dragged (frames per second)"] = round(
            (len(drawn) - 1) / (time.perf_counter() - begun), 1
        )
        timeline.go(None)
        return round(median(times), 1)

    def turn(self) -> None:
        """Deliver the events that are waiting."""
        self.app.processEvents()
        self.app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def note(self, name: str, begin: Callable[[], object], seconds: float = 1.5) -> None:
        """Do something, and note the longest event within the time after it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            before = time.thread_time()
            begin()
            took = 1e3 * (time.thread_time() - before)
            self.longest[name] = round(max(took, self.longest.get(name, 0.0)), 1)
            begin = self.turn
            time.sleep(0.003)

    def close_dialogs(self) -> None:
        """Close what is open beside the window."""
        dialog = self.window.services.dialog
        if dialog is not None and not sip.isdeleted(dialog):
            dialog._closing = True
            dialog.reject()
        for widget in self.app.topLevelWidgets():
            if not sip.isdeleted(widget) and widget is not self.window and widget.isVisible():
                widget.close()
        self.note("dialogs closed", self.turn, 0.5)


if __name__ == "__main__":
    main()
