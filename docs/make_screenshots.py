"""Make the screenshots in docs/images from a real run: every page, panel and dialog, light and dark, in two sizes.

    python docs/make_screenshots.py [FOLDER]

Trains 100 exc neurons on the digits of scikit-learn, which takes some minutes, without a display (Qt's offscreen
platform). Pages are saved as ``<page>-<theme>-<width>.png``, panels and dialogs as ``<panel>-<theme>.png``. Each
picture waits until what it shows is complete, however busy the machine is; one that does not become complete is
named, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QApplication, QPushButton, QWidget
from screenshot_camera import LONGEST, Camera

from stdpbench.base.lessons import lessons
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.experiment.starting_points import start_from
from stdpbench.kinds.plasticity import rules
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.notes import change_notes
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.lineage.branches import branch
from stdpbench.runs.preparation.creation import create_run
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State
from stdpbench.runs.queue.new_run import NewRun
from stdpbench.runs.queue.run_queue import Queue
from stdpbench.studies.lab.data_sets import PUBLISHED
from stdpbench.studies.report.views import Chosen
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.dialogs import figure_export
from stdpbench_gui.dialogs.neuron_spikes import NeuronSpikes
from stdpbench_gui.dialogs.own_data import OwnDataDialog
from stdpbench_gui.panels.neuron.slow_motion import SlowMotionPanel

MOST = 4_000_000
"""Maximum size of all screenshots, in bytes."""
THREE = [(0.3, 0.2), (0.43, 0.15), (0.57, 0.15), (0.68, 0.22), (0.69, 0.33), (0.6, 0.43), (0.46, 0.48)]
THREE += [(0.6, 0.51), (0.71, 0.6), (0.72, 0.72), (0.62, 0.82), (0.47, 0.85), (0.3, 0.8)]


def experiment() -> Experiment:
    """Return the experiment of the main run."""
    return read_experiment("digits").override(
        {"network.n_exc": 100, "schedule.passes": 3, "schedule.label_images": 600, "schedule.test_images": 300}
    )


def while_it_trains(camera: Camera) -> None:
    """Save the Train page in its layouts, and every panel."""
    window, session = camera.window, camera.window.session
    session.selection.select_neuron(37)
    for layout in window.train.layouts:
        camera.in_all_looks(f"train-{layout.lower()}", lambda layout=layout: window.train.arrange(layout), learns=True)
    window.train.arrange("Watch")
    for key in window.train.panels:
        if key not in ("slow-motion", "confusion"):
            one_panel(camera, key)
    slow = window.train.panels["slow-motion"]
    assert isinstance(slow, SlowMotionPanel)
    slow.show()
    slow.raise_()
    slow.hunt.click()
    camera.wait(LONGEST, lambda: slow.moment is not None and slow.player.playing)
    slow.player.stop()
    if slow.moment is not None and len(slow.moment.output):
        slow.player.go(int(slow.moment.output[-1]) + 3)  # just after its last spike
    one_panel(camera, "slow-motion")
    session.request("resume")
    window.train.arrange("Watch")


def one_panel(camera: Camera, key: str) -> None:
    """Save a panel of the Train page."""
    panel = camera.window.train.panels[key]

    def shown() -> QWidget:
        panel.show()
        panel.raise_()
        return panel

    camera.in_both_themes(f"panel-{key}", shown)


def drawing(camera: Camera) -> None:
    """Save the drawing pad with an answer."""
    pad = camera.window.services.draw()
    camera.wait(LONGEST, lambda: pad.ready)
    if not pad.pad.strokes:
        pad.pad.add_stroke(THREE)
        camera.wait(LONGEST, lambda: pad.answer is not None)
    camera.in_both_themes("draw-a-digit", lambda: pad)
    pad.hide()


def dialogs(camera: Camera, data: Path) -> None:
    """Save the forms and dialogs for runs, own pictures, networks, export and numbers, and the command palette."""
    window = camera.window
    opened: list[QWidget] = []

    def fresh(make: Callable[[], QWidget | None]) -> Callable[[], QWidget]:
        def open_it() -> QWidget:
            while opened:
                opened.pop().close()
            widget = make()
            assert widget is not None
            opened.append(widget)
            return widget

        return open_it

    def own() -> QWidget:
        dialog: OwnDataDialog = window.services.choose_data(data)
        camera.wait(LONGEST, lambda: dialog.experiment is not None)
        return dialog

    def new_run() -> QWidget:
        form = window.services.forms.new_run(NewRun.of(read_experiment("digits"), "digits"))
        form.set_value("network.n_exc", 200)
        form.set_value("plasticity.nu_post", 0.02)
        form.set_value("run.seeds", "0-4")
        camera.wait(LONGEST, lambda: "synapses" in form.time.text() and not form.preview.busy)
        return form

    def network() -> QWidget:
        editor = window.services.edit_network(start_from("stack", read_experiment("digits")))
        camera.wait(LONGEST, lambda: bool(editor.groups))
        editor.tree.choose("network.projections.upward")
        editor.resize(1500, 800)  # room for all of the diagram
        return editor

    curves = window.train.panels["curves"]
    camera.in_both_themes("own-pictures", fresh(own))
    camera.in_both_themes("new-run", fresh(new_run))
    camera.in_both_themes("network-editor", fresh(network))
    camera.in_both_themes("export-figure", fresh(lambda: figure_export.export(curves)))
    camera.in_both_themes("numbers", fresh(lambda: figure_export.show_numbers(curves)))
    camera.in_both_themes("command-palette", fresh(window.open_palette))
    fresh(QWidget)()
    opened.pop().close()


def own_pictures(folder: Path) -> Path:
    """Write a folder of dark-on-light pictures with one subfolder per class."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    for number, (image, label) in enumerate(zip(digits.images[:300], digits.target[:300], strict=True)):
        place = folder / ("even" if label % 2 == 0 else "odd")
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray((255 - image * 15.9).astype("uint8")).resize((48, 48)).save(place / f"{number}.png")
    return folder


def several_runs(camera: Camera) -> None:
    """Make further runs to compare (a branch, and a run with another seed), and fill the queue."""
    window, first = camera.window, camera.window.session.folder
    assert first is not None
    small = {"network.n_exc": 100, "schedule.passes": 3, "schedule.label_images": 600, "schedule.test_images": 300}
    other = create_run(read_experiment("digits").override({**small, "seed": 1}), window.runs, Options(baselines=False))
    for folder in (branch(first, 2000, {"plasticity.nu_post": 0.03}), other):
        window.session.start(folder)
        camera.wait(6 * LONGEST, lambda folder=folder: window.session.folder is not None and state_is_final(folder))
    queue = Queue(window.runs)
    for seed in (2, 3):
        queue.add(read_experiment("digits").override({**small, "seed": seed}), Options())
    queue.hold([queue.items()[-1].number])


def state_is_final(folder: RunFolder) -> bool:
    """Return whether a run has ended."""
    return state_of(folder)[0] in (State.FINISHED, State.FAILED, State.STOPPED) and not has_process(folder.path)


def start_page(camera: Camera) -> None:
    """Save the Start page with its recent runs."""
    window = camera.window

    def listed() -> bool:
        return bool(window.start.recent.findChildren(QPushButton))

    camera.in_all_looks("start", lambda: window.go_to("start"), listed)


def runs_page(camera: Camera) -> None:
    """Save the Runs page with a comparison of runs."""
    window, page = camera.window, camera.window.runs_page
    window.go_to("runs")
    camera.wait(LONGEST, lambda: page.model.n_all > 2)
    noted = page.model.entries[0]
    change_notes(noted.path, lambda notes: notes.with_title("stronger").with_tags(["paper"]).with_star(True))
    camera.wait(LONGEST, lambda: any(entry.starred for entry in page.model.entries))
    page.selection.tick([entry.name for entry in page.model.entries])
    page.table.choose([page.model.entries[0].name])
    camera.wait(LONGEST, lambda: page.selection.comparison is not None)
    camera.in_all_looks("runs", lambda: window.go_to("runs"))


def many_runs(camera: Camera) -> None:
    """Save many small runs in one plot: the scatter of the Runs page."""
    window, page, before = camera.window, camera.window.runs_page, len(camera.window.runs_page.model.entries)
    chosen = [(n_exc, nu_post) for n_exc in (20, 50, 100) for nu_post in (0.003, 0.01, 0.03)]
    for n_exc, nu_post in chosen:
        small = experiment().override(
            {"network.n_exc": n_exc, "plasticity.nu_post": nu_post, "schedule.passes": 1, "seed": 1}
        )
        folder = create_run(small, window.runs, Options(baselines=False))
        window.session.start(folder)
        camera.wait(2 * LONGEST, lambda folder=folder: state_is_final(folder))
    window.go_to("runs")
    camera.wait(LONGEST, lambda: len(page.model.entries) == before + len(chosen))
    page.below.turn_to(page.explore.title)
    camera.in_both_themes("runs-scatter", lambda: page.below, lambda: len(page.explore.shown_axes()) > 1)
    page.below.turn_to(page.comparison.title)


def console(camera: Camera, run: Path) -> None:
    """Save the Python console below a finished run."""
    window = camera.window
    window.go_to("train")
    window.open_run(run)
    camera.wait(LONGEST, lambda: window.session.folder is not None and window.session.folder.path == run)
    window.console.toggle()
    camera.wait(LONGEST, lambda: window.console.is_ready)
    shown = window.console.widget_
    lines = ('run.weights["feed"].shape', "app.select(37)", "list(app.actions())[:4]")
    for number, line in enumerate(lines, 2):
        shown.execute(line)
        camera.wait(LONGEST, lambda number=number: f"In [{number}]:" in shown._control.toPlainText())
    camera.in_both_themes("console", lambda: window, lambda: "In [4]:" in shown._control.toPlainText())
    window.console.toggle()


def lesson(camera: Camera) -> None:
    """Save a step of a lesson beside the page that it is about."""
    window = camera.window
    window.help.lessons.open(next(one for one in lessons() if one.name == "synapse"))
    window.help.lessons.show_place()
    camera.in_both_themes("lesson", lambda: window, lambda: not window.lab.curves.busy)
    assert window.help.lessons.pane is not None
    window.help.lessons.pane.close()


def several_neurons(camera: Camera) -> None:
    """Save the window with the spikes of several neurons of the finished run."""
    opened: list[NeuronSpikes] = []

    def fresh() -> QWidget:
        while opened:
            opened.pop().close()
        made = camera.window.services.compare_neurons()
        assert made is not None
        opened.append(made)
        return made

    camera.in_both_themes("neurons", fresh, lambda: len(opened[0].drawn) > 1)
    opened.pop().close()


def evaluate_page(camera: Camera) -> None:
    """Save the Evaluate page with a selected class."""
    window, page = camera.window, camera.window.evaluate
    path = min(entry.path for entry in window.runs_page.model.entries if entry.state == State.FINISHED)
    page.evaluate(path)

    def whole() -> bool:
        state = page.state
        return state.plane is not None and state.clustering is not None and bool(state.over_time) and not state.missing

    camera.wait(3 * LONGEST, whole)
    page.state.choose(Chosen("class", (3,)))
    camera.in_all_looks("evaluate", lambda: window.go_to("evaluate"), whole)


def rules_page(camera: Camera) -> None:
    """Save the Rules page with two rules and experimental data points, and with an error in a custom rule."""
    window, page = camera.window, camera.window.lab
    window.go_to("rules")

    def show(rule: dict[str, object]) -> None:
        page.state.show(rules.build(rule, "rule"))
        camera.wait(LONGEST, lambda: not page.curves.busy)

    def settled() -> bool:
        return page.equations.settled and not page.curves.busy

    show({"kind": "pair-additive", "a_plus": 0.005, "a_minus": 0.00525})
    page.keep()
    page.draw_points(next(iter(PUBLISHED)))
    show({"kind": "triplet"})
    camera.in_all_looks("rules", lambda: None, settled)
    page.state.points.clear()
    page.state.kept.clear()
    show({"kind": "diehl-cook-power-law"})
    page.edit()
    camera.wait(LONGEST, lambda: not page.curves.busy)
    page.editor.fields["on_input_spike"].edit.setPlainText("w = clip(w - eta*y, 0, w_max)")
    camera.in_both_themes("rules-custom", lambda: window, settled)


def main(folder: Path) -> int:
    """Make all screenshots; return the exit status."""
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication.instance() or QApplication(["stdpbench"])
    assert isinstance(app, QApplication)
    app.setCursorFlashTime(0)
    with tempfile.TemporaryDirectory(prefix="stdpbench-screenshots-") as scratch:
        # a temporary home folder, so that the screenshots show nothing of this machine
        os.environ.update(HOME=scratch, USERPROFILE=scratch)
        settings = QSettings(str(Path(scratch) / "settings.ini"), QSettings.Format.IniFormat)
        settings.setValue("closing", "stop")
        window = MainWindow(settings, Path(scratch) / "runs")
        window.show()
        window.complete()
        camera = Camera(app, window, folder)
        session = window.session
        window.run_experiment(experiment())
        camera.wait(LONGEST, lambda: len(session.live.blocks) > 10)
        session.request("pace", seconds=0.05)  # leaves time for all screenshots
        camera.wait(30, lambda: len(session.live.held_out) > 1)
        assert session.folder is not None
        main_run = session.folder.path
        while_it_trains(camera)
        dialogs(camera, own_pictures(Path(scratch) / "pictures"))
        session.request("pace", seconds=0.0)
        camera.wait(6 * LONGEST, lambda: not session.connected)
        one_panel(camera, "confusion")
        window.train.arrange("Watch")
        print(f"The run is {session.state}.")
        drawing(camera)
        several_runs(camera)
        start_page(camera)
        runs_page(camera)
        evaluate_page(camera)
        lesson(camera)
        rules_page(camera)
        several_neurons(camera)
        many_runs(camera)
        console(camera, main_run)
        window.close()
        camera.wait(1)
        print(f"{len(list(folder.glob('*.png')))} screenshots, {camera.bytes / 1e6:.2f} MB, in {folder}")
        return 0 if session.state is State.FINISHED and not camera.incomplete and camera.bytes < MOST else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    there = Path(__file__).parent / "images"
    parser.add_argument("folder", nargs="?", type=Path, default=there, help="folder for the pictures (docs/images)")
    sys.exit(main(parser.parse_args().folder))
