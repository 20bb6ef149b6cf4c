"""Speed at which the Rules page redraws while a slider moves, and gaps of its event loop.

The real page runs without a screen (Qt's offscreen platform still draws to memory), with its real process. A slider
moves as by hand, one step every few milliseconds. The delay is measured from a step until a curve with its value, or
a newer one, is painted, in the first plot and in all three. Gaps between iterations of the event loop are recorded at
the same time. For comparison, a single step with all its redrawing is measured, including its CPU time, which other
processes affect little; and each protocol alone, in this process.
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
    """Run the benchmark and print the results."""
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
        window.go_to("rules")
        hand.wait(60, hand.all_drawn)
        figures: dict[str, Any] = {"first_curves_after_s": round(time.perf_counter() - begun, 2)}
        hand.wait(3)
        for kind in options.kinds.split(","):
            figures[kind] = hand.measure(kind, options.steps)
        window.close()
    figures["protocol_alone_ms"] = alone()
    inputs.report(figures, options.json)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--kinds", default=",".join(KINDS), help="rules, separated by commas")
    options.add_argument("--steps", type=int, default=150, help="steps of the slider for each rule")
    options.add_argument("--json", action="store_true", help="print one line of JSON only")
    return options.parse_args()


class Hand:
    """Moves a slider of the page, and records when curves are painted."""

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
        plot.plot.viewport().repaint()  # so that painting is included
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
        """Return whether every plot has a curve and no request is pending."""
        return not self.page.curves.busy and all(-1 in plot._results for plot in self.page.plots)

    def measure(self, kind: str, steps: int) -> dict[str, Any]:
        """Measure the ms from a step of the slider until curves show it."""
        page = self.page
        page.choose(kind)
        self.wait(60, self.all_drawn)
        self.wait(1)
        rows = page.values.rows
        self.parameter = next(name for name in rows if name not in ("w_max", "kind"))
        slider = rows[self.parameter].slider
        # once up and down, so that the page knows which protocols are slow
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
        """Return the CPU time of the window and of its process, in seconds; nan if it is not reported."""
        client = self.page.curves.process._client
        try:
            fields = Path(f"/proc/{client._helper.pid}/stat").read_text().rpartition(")")[2].split()
            theirs = sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            theirs = float("nan")
        return time.process_time(), theirs

    def _once(self, slider: Any, place: int) -> float:
        """Take one step and wait for all redrawing; return the time in ms."""
        self.painted.clear()
        begun = time.perf_counter()
        slider.setValue(place)
        self.wait(60, lambda: not self.page.curves.busy)
        self.wait(5, lambda: not any(plot._tick.isActive() for plot in self.page.plots))
        return 1e3 * (max(at for at, _, _ in self.painted) - begun)

    def _delays(self, moved: Any, painted: Any, places: set[int]) -> list[float]:
        """Return the delays from each step until these plots show it or a later step; some plots never follow."""
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
    """Return the median and the 90th percentile."""
    if not values:
        return {}
    return {"median": round(float(np.median(values)), 1), "90 %": round(float(np.percentile(values, 90)), 1)}


def alone() -> dict[str, float]:
    """Time the three usual protocols alone, with other values each time."""
    from stdpbench.studies import lab

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
