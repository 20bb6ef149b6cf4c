"""Cost of the desktop app for a run on display, and gaps of its event loop.

The real app, without a screen (Qt's offscreen platform still draws to memory), shows a real run in a separate
process, while gaps between iterations of the event loop and the drawing rates of panels are recorded. The cost for
training is measured by alternately detaching from the run and attaching again. The run does not stop, so other
influences affect both conditions equally. The speed of a shared machine varies by more than the app costs; therefore,
on Linux, the time that the simulating thread waited for a processor is also measured, which varies little.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import inputs
import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
WITHOUT, USUAL, ALL = "without the app", "usual layout", "all panels"
_TURN_MS = 2
_SETTLE_S = 1.0


def main() -> None:
    """Run the benchmark and print the results."""
    options = arguments()
    if options.still:
        from stdpbench_gui.app.startup import draw_in_one_thread

        draw_in_one_thread()
        inputs.report(still(), options.json)
        return
    from PyQt6.QtCore import QSettings
    from PyQt6.QtWidgets import QApplication

    from stdpbench_gui.app.startup import draw_in_one_thread, settle
    from stdpbench_gui.app.window import MainWindow

    draw_in_one_thread()
    app = QApplication(["stdpbench"])
    with tempfile.TemporaryDirectory(prefix="stdpbench-app-") as scratch:
        settings = QSettings(str(Path(scratch) / "settings.ini"), QSettings.Format.IniFormat)
        settings.setValue("closing", "stop")
        window = MainWindow(settings, Path(scratch) / "runs")
        window.resize(1920, 1080)
        window.show()
        window.complete()
        settle()
        watch = Watch(app, window)
        window.session.start_new(lambda: new_run(Path(scratch), options))
        watch.wait(180, lambda: len(window.session.live.blocks) > 3)
        assert window.session.folder is not None
        run = window.session.folder.path
        window.session.selection.select_neuron(37)
        try:
            figures = {"n_exc": options.n_exc, "size": "1920 × 1080"}
            if options.minutes:
                figures |= memory(watch, run, options)
            else:
                figures |= conditions(watch, run, options)
        finally:
            if not window.session.connected:
                window.session.open(run)
                watch.wait(10, lambda: window.session.connected)
            window.session.request("stop")
            watch.wait(60, lambda: not window.session.connected)
            window.close()
    inputs.report(figures, options.json)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--n-exc", type=int, default=400, help="excitatory neurons")
    options.add_argument("--seconds", type=float, default=4.0, help="duration of each measurement")
    options.add_argument("--rounds", type=int, default=10, help="rounds of all conditions")
    options.add_argument("--minutes", type=float, default=0.0, help="measure memory over this many minutes instead")
    options.add_argument("--per-second", type=float, default=0.0, help="pictures per second with --minutes; 0: all")
    options.add_argument("--still", action="store_true", help="measure start-up and drawing instead, without a run")
    options.add_argument("--data", type=Path, help="folder with MNIST; otherwise synthetic pictures are shown")
    options.add_argument("--json", action="store_true", help="print one line of JSON only")
    return options.parse_args()


def new_run(folder: Path, options: argparse.Namespace) -> Any:
    """Create the folder of a run that lasts longer than the benchmark."""
    from stdpbench.experiment import Experiment
    from stdpbench.runs.preparation.creation import create_run
    from stdpbench.runs.protocol.options import Options

    pixels, _ = inputs.images(3000, options.data)
    np.savez(folder / "pictures.npz", images=pixels, labels=np.arange(len(pixels)) % 10)
    experiment = Experiment.from_mapping(
        {
            "name": "app",
            "data": {"kind": "npz", "path": str(folder / "pictures.npz")},
            "network": {"n_exc": options.n_exc, "inhibition": "direct-undelayed"},
            "schedule": {"between": "carry", "passes": 1000, "test_images": 500},
        }
    )
    return create_run(experiment, folder / "runs", Options(workers=1, baselines=False))


class Watch:
    """Recorder of the iterations of the app's event loop and of the drawing rates of its panels."""

    def __init__(self, app: Any, window: Any) -> None:
        from PyQt6.QtCore import Qt, QTimer

        self.app, self.window = app, window
        self.turns: list[float] = []
        self.drawn: Counter[str] = Counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TURN_MS)
        self._timer.timeout.connect(lambda: self.turns.append(time.perf_counter()))
        self._timer.start()
        for panel in window.train.panels.values():
            self._count(panel)

    def _count(self, panel: Any) -> None:
        draw = panel._draw

        def counted() -> None:
            self.drawn[panel.key] += 1
            draw()

        panel._draw = counted

    def wait(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Let Qt's own event loop run."""
        from PyQt6.QtCore import QEventLoop, QTimer

        loop, looking = QEventLoop(), QTimer()
        looking.setInterval(50)
        looking.timeout.connect(lambda: loop.quit() if until() else None)
        looking.start()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def show(self, condition: str, run: Path) -> None:
        """Bring the app into a condition, and let it settle."""
        session, page = self.window.session, self.window.train
        if condition == WITHOUT:
            session.leave()
        else:
            if not session.connected:
                session.open(run)
                self.wait(20, lambda: session.connected)
            page.arrange("Watch")
            if condition == ALL:
                columns = np.array_split(np.array(list(page.panels)), 4)
                rows = {str(number): [[str(key)] for key in keys] for number, keys in enumerate(columns)}
                page._place(rows, (480,) * 4, {column: [300] * len(keys) for column, keys in rows.items()})
        self.wait(_SETTLE_S)


def conditions(watch: Watch, run: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Measure images per second in each condition, relative to no app in the same round; gaps and frame rates."""
    speeds: dict[str, list[float]] = {WITHOUT: [], USUAL: [], ALL: []}
    waits: dict[str, list[float]] = {WITHOUT: [], USUAL: [], ALL: []}
    work: dict[str, list[float]] = {WITHOUT: [], USUAL: [], ALL: []}
    gaps: dict[str, list[float]] = {USUAL: [], ALL: []}
    drawn: dict[str, Counter[str]] = {USUAL: Counter(), ALL: Counter()}
    shares: dict[str, list[float]] = {USUAL: [], ALL: []}
    looked: dict[str, float] = {USUAL: 0.0, ALL: 0.0}
    for number in range(options.rounds):
        order = list(speeds)
        for condition in order[number % 3 :] + order[: number % 3]:  # no condition always comes first
            watch.show(condition, run)
            watch.turns.clear()
            watch.drawn.clear()
            images_per_s, waited, worked = speed(watch, run, options.seconds)
            speeds[condition].append(images_per_s)
            waits[condition].append(waited)
            work[condition].append(worked)
            if condition != WITHOUT:
                gaps[condition] += list(1e3 * np.diff(watch.turns))
                drawn[condition] += watch.drawn
                looked[condition] += watch.turns[-1] - watch.turns[0]
                shares[condition].append(watch.window.session.drawing_share)
    common = {
        condition: {
            "images_per_s": round(float(np.median(speeds[condition])), 1),
            "waited_for_a_processor_ms_per_s": inputs.median(waits[condition]),
            "processor_time_of_the_window_ms_per_s": inputs.median(work[condition]),
        }
        for condition in speeds
    }
    figures: dict[str, Any] = {WITHOUT: common[WITHOUT]}
    for condition in (USUAL, ALL):
        ratios = np.array(speeds[WITHOUT]) / np.array(speeds[condition])
        figures[condition] = common[condition] | {
            "time_against_no_app": inputs.median(ratios.tolist()),
            "standard_error": round(float(ratios.std(ddof=1) / len(ratios) ** 0.5), 4),
            "longest_gap_ms": round(max(gaps[condition]), 1),
            "gaps_over_50_ms": int((np.array(gaps[condition]) > 50).sum()),
            "gap_ms_99th_percentile": round(float(np.percentile(gaps[condition], 99)), 1),
            "drawing_share": round(float(np.median(shares[condition])), 3),
            "frames_per_s": {key: round(n / looked[condition], 1) for key, n in drawn[condition].most_common()},
        }
    return figures


def speed(watch: Watch, run: Path, seconds: float) -> tuple[float, float, float]:
    """Return images per second, from the progress file of the run, and two times in ms per second.

    The times are those that the simulating thread waited for a processor, and the CPU time of this process.
    """
    pid = int(json.loads((run / "run.json").read_text(encoding="utf-8"))["pid"])
    begun, first = mark(watch, run)
    waited, worked = waited_ms(pid), time.process_time()
    watch.wait(seconds)
    ended, last = mark(watch, run)
    passed = ended - begun
    worked = 1e3 * (time.process_time() - worked)
    return (last - first) / passed, (waited_ms(pid) - waited) / passed, worked / passed


def waited_ms(process: int) -> float:
    """Return the time that the first thread of a process has waited for a processor; 0 if it is not reported."""
    with suppress(OSError):
        return int(Path(f"/proc/{process}/task/{process}/schedstat").read_text().split()[1]) / 1e6
    return 0.0


def mark(watch: Watch, run: Path) -> tuple[float, int]:
    """Wait until the progress file is written; return that time and the position in the file."""
    path, before = run / "progress.json", 0
    with suppress(OSError):
        before = path.stat().st_mtime_ns
    found: list[tuple[float, int]] = []

    def written() -> bool:
        with suppress(OSError, ValueError):
            after = path.stat().st_mtime_ns
            if after != before:
                found.append((after / 1e9, int(json.loads(path.read_text(encoding="utf-8"))["position"])))
        return bool(found)

    watch.wait(30, written)
    if not found:
        sys.exit("the run no longer reports its progress")
    return found[0]


def still() -> dict[str, Any]:
    """Measure the start of the app, what is opened in it, and the drawing of a raster and a weight map."""
    begun = [float(in_a_new_app(_START)) for _ in range(5)]
    events = (Path(__file__).parent / "app_events.py").read_text(encoding="utf-8")
    opened = [json.loads(in_a_new_app(events)) for _ in range(3)]
    drawn, moved = raster(100_000)
    return {
        "painted_after_s": inputs.median(begun),
        "longest_event_ms_of_cpu": {what: inputs.median([each[what] for each in opened]) for what in opened[0]},
        "raster_of_100_000_spikes_drawn_ms": inputs.median(drawn),
        "raster_of_100_000_spikes_moved_ms": inputs.median(moved),
        "map_smoothed_ms": {f"{bits} bits": inputs.median(smoothed(bits)) for bits in (8, 32)},
    }


def in_a_new_app(script: str) -> str:
    """Carry out a script in a separate process with settings of its own; return the last line that it prints."""
    with tempfile.TemporaryDirectory(prefix="stdpbench-app-") as home:
        environment = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "BEGUN": repr(time.time())}
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


_START = """
import os, time
from PyQt6.QtCore import QEvent, QObject, QTimer
from PyQt6.QtWidgets import QApplication
from stdpbench_gui.app.startup import main

class Eye(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and type(watched).__name__ == "MainWindow":
            QTimer.singleShot(0, self.finish)  # once the whole window is painted
        return False

    def finish(self):
        print(time.time() - float(os.environ["BEGUN"]), flush=True)
        os._exit(0)

app = QApplication(["stdpbench"])
eye = Eye()
app.installEventFilter(eye)
main()
"""


def raster(n_spikes: int) -> tuple[list[float], list[float]]:
    """Time in ms to redraw and paint a raster of 760 × 520 pixels, and to paint it after scrolling."""
    from PyQt6.QtWidgets import QApplication

    from stdpbench_gui.panels.raster.strips import Strip
    from stdpbench_gui.panels.raster.view import RasterView

    app = QApplication.instance() or QApplication(["stdpbench"])
    rng, each = np.random.default_rng(0), 2300
    view = RasterView()
    view.show_layers({"input": 784, "exc": 400, "inh": 400}, {name: name for name in ("input", "exc", "inh")}, "exc")
    view.resize(760, 520)
    view.show()
    strips: list[Strip] = []
    for number in range(-(-n_spikes // each)):
        spikes = {}
        for layer, n, count in (("input", 784, each - 32), ("exc", 400, 16), ("inh", 400, 16)):
            spikes[layer] = rng.integers(0, n, count, np.int32), np.sort(rng.integers(0, 700, count, np.int32))
        frame = {"presentation": number, "image": number, "attempts": 1, "spikes": spikes, "read": "exc"}
        frame |= {"n_bins": 1000, "stimulus_bins": 700, "spike_counts": np.zeros(400)}
        strip = Strip.of(frame, 0.5)
        if strips:
            strip.follow(strips[-1])
        strips.append(strip)
    view.strips, view.span = strips, strips[-1].end
    times: dict[bool, list[float]] = {True: [], False: []}
    for step in range(120):
        fresh = step % 2 == 0
        if fresh:
            view.film.forget()
        view.right = strips[-1].end - 60 + step / 2
        begun = time.perf_counter()
        view.render_spikes()
        view.repaint()
        app.processEvents()
        times[fresh].append(1e3 * (time.perf_counter() - begun))
    view.close()
    return times[True][5:], times[False][5:]


def smoothed(bits: int) -> list[float]:
    """Time in ms to paint 579 × 579 values as 600 × 600 smoothed pixels: 8 bits with a colour table, or 32 bits."""
    from PyQt6.QtCore import QRectF
    from PyQt6.QtGui import QImage, QPainter

    n, rng = 579, np.random.default_rng(0)
    kind = QImage.Format.Format_Indexed8 if bits == 8 else QImage.Format.Format_RGB32
    image = QImage(rng.integers(0, 256, n * n * bits // 8, np.uint8).tobytes(), n, n, n * bits // 8, kind)
    if bits == 8:
        image.setColorTable([0xFF000000 | 0x010101 * grey for grey in range(256)])
    screen, times = QImage(900, 900, QImage.Format.Format_RGB32), []
    for _ in range(60):
        begun = time.perf_counter()
        painter = QPainter(screen)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(10.3, 10.2, 600, 600), image)
        painter.end()
        times.append(1e3 * (time.perf_counter() - begun))
    return times[5:]


def memory(watch: Watch, run: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Measure the resident size of the app and of the run's process every minute, with all panels open."""
    watch.show(ALL, run)
    if options.per_second:
        watch.window.session.request("pace", seconds=1 / options.per_second)
    pid = int(json.loads((run / "run.json").read_text(encoding="utf-8"))["pid"])
    sizes: dict[str, dict[str, float | None]] = {"app": {}, "run": {}}
    longest = 0.0
    for minute in range(round(options.minutes) + 1):
        watch.turns.clear()
        if minute:
            watch.wait(60)
            longest = max(longest, float(1e3 * np.diff(watch.turns).max()))
        for name, process in (("app", "self"), ("run", str(pid))):
            sizes[name][str(minute)] = resident_mb(process)
    return {
        "presentations": watch.window.session.live.position,
        "resident_mb_after_minutes": sizes,
        "longest_gap_ms": round(longest, 1),
    }


def resident_mb(process: str) -> float | None:
    """Resident size of a process; None if the system does not report it."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return round(int(line.split()[1]) / 1024, 1)
    return None


if __name__ == "__main__":
    main()
