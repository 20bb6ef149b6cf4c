"""The user's own signals, events and tables: dropping, preview, making an experiment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from parts_of_window import dialog_of
from pytestqt.qtbot import QtBot
from waiting import waits

from stdpbench.experiment import Experiment, read_experiment
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.dialogs.own_data import OwnDataDialog, is_own_data
from stdpbench_gui.dialogs.own_stimuli import OwnStimuliDialog
from stdpbench_gui.widgets.basic import not_none


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write signals, events and a table, each with two classes."""
    root, random = tmp_path_factory.mktemp("stimuli"), np.random.default_rng(0)
    values = np.sin(np.arange(50) / 8 * (1 + np.arange(12) % 2)[:, None])[:, None, :]
    np.savez(root / "waves.npz", values=values, labels=list("ab" * 6), rate=200.0)
    time = np.sort(random.random((12, 400)) * 0.1, axis=1).reshape(-1)
    first, label = np.arange(0, 4800, 400), np.arange(12) % 2
    np.savez(root / "spikes.npz", index=random.integers(0, 20, 4800), time=time, first=first, label=label)
    rows = "\n".join(f"{n % 2 + random.random():.3f},{random.random():.3f},{'xy'[n % 2]}" for n in range(30))
    (root / "rows.csv").write_text("width,height,class\n" + rows)
    return root


def opened(window: MainWindow, qtbot: QtBot, path: Path) -> OwnStimuliDialog:
    window.services.open_dropped([path])
    dialog = dialog_of(window, qtbot, OwnStimuliDialog)
    settled(dialog, qtbot)
    return dialog


def settled(dialog: OwnStimuliDialog, qtbot: QtBot) -> None:
    waits(qtbot, lambda: dialog.problem.text() or (dialog.experiment is not None and not dialog.preview.busy))


@pytest.mark.shared_window
@pytest.mark.parametrize(
    ("name", "sentence", "encoder"),
    [
        ("waves.npz", "10 training and 2 test signals of 1 channel, 250 ms long, in 2 classes: a, b.", "delta"),
        ("spikes.npz", "10 training and 2 test recordings of 20 channels, ", "events"),
        ("rows.csv", "24 training and 6 test rows of 2 features, in 2 classes: x, y.", "population"),
    ],
)
def test_what_is_dropped_is_previewed(
    window: MainWindow, qtbot: QtBot, files: Path, name: str, sentence: str, encoder: str
) -> None:
    assert is_own_data(files / name)
    dialog = opened(window, qtbot, files / name)
    assert dialog.problem.text() == ""
    assert dialog.status.text().startswith(sentence)
    made = not_none(dialog.experiment)
    assert (made.name, made.encoding.kind, made.network.n_exc) == (name.partition(".")[0], encoder, 20)
    assert dialog.preview.shown is not None
    assert "not tuned for your data" in dialog.plan.text()
    assert dialog.start_button.isEnabled()
    dialog.reject()


@pytest.mark.shared_window
def test_settings_act_live_and_are_saved(window: MainWindow, qtbot: QtBot, files: Path, tmp_path: Path) -> None:
    dialog = opened(window, qtbot, files / "waves.npz")
    dialog.set_value("network.n_exc", "7")
    dialog.set_value("network.encoding", "direct")
    dialog.set_value("data.scale", False)
    waits(qtbot, lambda: dialog.experiment is not None and dialog.experiment.network.n_exc == 7)
    settled(dialog, qtbot)
    made = not_none(dialog.experiment)
    assert made.encoding.kind == "direct"
    assert "scale" in made.to_mapping()["data"]
    dialog.save(tmp_path / "waves.toml")
    assert read_experiment(tmp_path / "waves.toml") == made
    started = list[Experiment]()
    dialog.chosen.disconnect()  # the window would start it
    dialog.chosen.connect(started.append)
    dialog.start_button.click()
    assert started == [made]


@pytest.mark.shared_window
def test_what_cannot_be_read_is_one_sentence(window: MainWindow, qtbot: QtBot, files: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.h5").write_bytes(b"no recordings")
    dialog = opened(window, qtbot, tmp_path / "broken.h5")
    assert "broken.h5 is damaged, or not an HDF5 file" in dialog.problem.text()
    assert not dialog.start_button.isEnabled()
    dialog.take(files / "rows.csv")
    waits(qtbot, lambda: dialog.experiment is not None)
    assert dialog.problem.text() == ""
    dialog.reject()


@pytest.mark.shared_window
def test_the_dialogs_hand_paths_to_each_other(window: MainWindow, qtbot: QtBot, files: Path, tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 90, (20, 8, 8), np.uint8)
    np.savez(tmp_path / "pictures.npz", images=images, labels=np.arange(20) % 2)
    dialog = opened(window, qtbot, files / "rows.csv")
    dialog.take(tmp_path / "pictures.npz")
    pictures = dialog_of(window, qtbot, OwnDataDialog)
    waits(qtbot, lambda: pictures.experiment is not None)
    pictures.take(files / "spikes.npz")
    other = dialog_of(window, qtbot, OwnStimuliDialog)
    settled(other, qtbot)
    assert other.experiment is not None
    other.reject()
