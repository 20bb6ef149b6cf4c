"""How fast the Rules page redraws while a slider moves, and whether its window ever blocks.

The real page, without a screen (Qt's offscreen platform still draws to memory), with its real process. A
slider is moved as a hand does, a step every few milliseconds; the time counts from a step until a curve with that
step's value, or a newer one's, is painted, in the first plot and in all three. Gaps between two turns of the event
loop are recorded meanwhile. For comparison, the time of a single step with all redrawing is measured, with
its processor time, which other processes affect little; and so is each protocol alone, in this process.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import inputs
import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
KINDS = ("diehl-cook-triplet", "pair-additive", "triplet", "bcm", "custom")
_TURN_MS = 2
_STEP_MS = 16


def main() -> None:
    """Measure, and print the figures."""
    options = arguments()
    from PyQt6.QtCore import QSettings
    from PyQt6.QtWidgets import QApplication

    from stdpbench_gui.app.startup import settle
    from stdpbench_gui.app.window import MainWindow

    app = QApplication(["stdpbench"])
    with tempfile.TemporaryDirectory(prefix="stdpbench-lab-") as scratch:
        settings = QSettings(str(Path(scratch) / "settings.ini"), QSettings.Format.IniFormat)
        window = MainWindow(settings, Path(scratch) / "runs")
        window.resize(1920, 1080)
        window.show()
        window.complete()
        settle()
        hand = Hand(app, window.lab)
        begun = time.perf_counter()
        window.go_to("lab")
        hand.wait(60, hand.all_drawn)
        figures: dict[str, Any] = {"first_curves_after_s": round(time.perf_counter() - begun, 2)}
        hand.wait(3)
        for kind in options.kinds.split(","):
            figures[kind] = hand.measure(kind, options.steps)
        window.habits._may_close = True
        window.close()
    figures["protocol_alone_ms"] = alone()
    inputs.report(figures, options.json)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--kinds", default=",".join(KINDS), help="rules, with commas")
    options.add_argument("--steps", type=int, default=150, help="of the slider, for each rule")
    options.add_argument("--json", action="store_true", help="print one line of JSON only")
    return options.parse_args()


class Hand:
    """Moves a slider of the page, and looks when curves are painted."""

    def __init__(self, app: Any, page: Any) -> None:
        from PyQt6.QtCore import Qt, QTimer

        self.app, self.page = app, page
        self.turns: list[float] = []
        self.painted: list[tuple[float, int, float]] = []
        self.parameter = ""
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TURN_MS)
        self._timer.timeout.connect(lambda: self.turns.append(time.perf_counter()))
        self._timer.start()
        for plot in page.plots:
            plot.drawn.connect(lambda plot=plot: self._on_drawn(plot))

    def _on_drawn(self, plot: Any) -> None:
        plot.plot.viewport().repaint()  # so that painting counts
        value = getattr(plot._results[-1].rule, self.parameter, float("nan"))
        self.painted.append((time.perf_counter(), plot.place, value))

    def wait(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Let Qt's own event loop run."""
        from PyQt6.QtCore import QEventLoop, QTimer

        loop, looking = QEventLoop(), QTimer()
        looking.setInterval(1)
        looking.timeout.connect(lambda: loop.quit() if until() else None)
        looking.start()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def all_drawn(self) -> bool:
        """Whether every plot has a curve, and nothing waits."""
        return not self.page.curves.busy and all(-1 in plot._results for plot in self.page.plots)

    def measure(self, kind: str, steps: int) -> dict[str, Any]:
        """Milliseconds from a step of the slider to curves that show it."""
        page = self.page
        page.choose(kind)
        self.wait(60, self.all_drawn)
        self.wait(1)
        rows = page.values.rows
        self.parameter = next(name for name in rows if name not in ("w_max", "kind"))
        slider = rows[self.parameter].slider
        # once up and down, so that what takes long is known
        slider.setSliderDown(True)
        for place in (150, 250, 200):
            slider.setValue(place)
            self.wait(60, lambda: not page.curves.busy)
        worked = self._worked()
        once = [self._once(slider, 100 + k) for k in range(20)]
        work = [1e3 * (after - before) / len(once) for before, after in zip(worked, self._worked(), strict=True)]
        moved: list[tuple[float, float]] = []
        self.turns.clear()
        self.painted.clear()
        for step in range(steps):
            slider.setValue(120 + (step * 7) % 160)
            moved.append((time.perf_counter(), float(slider.chosen)))
            self.wait(_STEP_MS / 1e3)
        self.wait(60, lambda: not page.curves.busy)
        self.wait(0.3)
        gaps = 1e3 * np.diff(self.turns)
        painted = [one for one in self.painted if one[0] > moved[0][0]]
        slider.setSliderDown(False)
        slider.committed.emit()
        self.wait(60, self.all_drawn)
        first, every = self._delays(moved, painted, {0}), self._delays(moved, painted, {0, 1, 2})
        return {
            "parameter": self.parameter,
            "protocols": [plot._of for plot in page.plots],
            "first_plot_ms": percentiles(first),
            "all_plots_ms": percentiles(every),
            "one_step_all_plots_ms": percentiles(once),
            "one_step_work_ms": {"curves": round(work[1], 1), "window": round(work[0], 1)},
            "curves_per_s": round(len(painted) / (painted[-1][0] - painted[0][0]), 1) if len(painted) > 1 else 0,
            "longest_gap_ms": round(float(gaps.max()), 1),
            "gaps_over_50_ms": int((gaps > 50).sum()),
        }

    def _worked(self) -> tuple[float, float]:
        """Seconds that a processor has worked for the window, and for its process; nan if not reported."""
        process = self.page.curves.process._process
        try:
            fields = Path(f"/proc/{process.processId()}/stat").read_text().rpartition(")")[2].split()
            theirs = sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            theirs = float("nan")
        return time.process_time(), theirs

    def _once(self, slider: Any, place: int) -> float:
        """One step, with all that it redraws waited for."""
        self.painted.clear()
        begun = time.perf_counter()
        slider.setValue(place)
        self.wait(60, lambda: not self.page.curves.busy)
        self.wait(5, lambda: not any(plot._tick.isActive() for plot in self.page.plots))
        return 1e3 * (max(at for at, _, _ in self.painted) - begun)

    def _delays(self, moved: Any, painted: Any, places: set[int]) -> list[float]:
        """From each step to the moment at which all of these plots show it, or a later step; some never follow."""
        order = {value: number for number, (_, value) in enumerate(moved)}
        following = {place for _, place, _ in painted} & places
        found = []
        for number, (at, _) in enumerate(moved):
            shown = [
                next((t for t, p, v in painted if p == place and t > at and order.get(v, -1) >= number), None)
                for place in following
            ]
            if all(each is not None for each in shown) and shown:
                found.append(1e3 * (max(shown) - at))
        return found


def percentiles(values: list[float]) -> dict[str, float]:
    """Median and 90 %."""
    if not values:
        return {}
    return {"median": round(float(np.median(values)), 1), "90 %": round(float(np.percentile(values, 90)), 1)}


def alone() -> dict[str, float]:
    """The three usual protocols by themselves, with other values each time."""
    from stdpbench import lab

    found = {}
    for name in ("pair_window", "frequency", "weight_dependence"):
        times = []
        for k in range(12):
            begun = time.perf_counter()
            getattr(lab, name)("pair-additive", set={"a_plus": 0.01 + 0.001 * k})
            times.append(1e3 * (time.perf_counter() - begun))
        found[name] = round(float(np.median(times[2:])), 1)
    return found


if __name__ == "__main__":
    main()
