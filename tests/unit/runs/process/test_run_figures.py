"""Figures of a run folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from harness import Driven, new_run

from stdpbench.data.stimuli import Images
from stdpbench.engine.simulators import find_compiler
from stdpbench.runs.analysis.curves import Curves
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.process import figures
from stdpbench.runs.protocol.facts import Remarked


@pytest.mark.parametrize("wanted", [True, False])
def test_the_figure_of_training_shows_what_was_changed_according_to_the_journal(
    wanted: bool, tmp_path: Path, make_run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STDPBENCH_FIGURES", str(int(wanted)))
    changes = {"plasticity.nu_post": (0.01, 0.02), "exc.tau_m": ("100 ms", "80 ms")}
    folder = RunFolder.open(make_run(tmp_path, "changed", changes=changes))
    drawn = {}
    monkeypatch.setattr(figures, "write_figure", lambda figure, path: drawn.setdefault(path.name, figure))
    curves = Curves(60, None, 0)
    curves.points, curves.mean_theta, curves.spikes_per_image = [20, 40], [20.0, 21.0], [9.0, 8.0]
    curves.accuracy = {name: [np.nan, 0.5] for name in curves.accuracy}
    split = SimpleNamespace(train=Images(np.zeros((3, 2, 2), np.uint8), None), class_names=())
    figures.draw_training(folder, folder.experiment, split, np.ones((4, 5)), curves)  # type: ignore[arg-type]
    if not wanted:
        assert not drawn
        assert not (folder.path / "figures").exists()
        return
    figure = drawn["accuracy_over_time.png"]
    last = figure.axes[-1].get_xlabel().splitlines()[-1]
    assert last == "1: from 7 on, nu_post → 0.02, tau_m → 80 ms"
    assert any(list(line.get_xdata()) == [7, 7] for line in figure.axes[0].lines)


def test_the_figure_of_gradients_is_drawn_of_two_passes_or_more(
    tmp_path: Path, make_run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STDPBENCH_FIGURES", "1")
    folder = RunFolder.open(make_run(tmp_path, "taught"))
    columns = {"position": np.array([20.0, 40.0]), "accuracy": np.ones(2)}
    measures, layers = ("gradient", "dead", "always"), ("hidden", "output")
    known = {f"{layer}.{name}": np.ones(2) for layer in layers for name in measures}
    file = folder.path / "figures" / "surrogate_training.png"
    for found, n_pictures in ((columns, 20), (columns | known, 40)):  # no gradients; one pass
        figures.draw_surrogate_training(folder, folder.experiment, n_pictures, found)
        assert not file.exists()
    figures.draw_surrogate_training(folder, folder.experiment, 20, columns | known)
    assert file.read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")
def test_a_figure_that_cannot_be_drawn_is_a_remark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("no such font\nat all")

    monkeypatch.setenv("STDPBENCH_FIGURES", "1")
    monkeypatch.setattr(figures, "receptive_fields", fails)
    folder = new_run(tmp_path, baselines=False)
    Driven(folder).run()
    assert folder.read_json("run.json")["state"] == "finished"
    remarks = [record.fact.text for record in read_journal(folder.path) if isinstance(record.fact, Remarked)]
    assert remarks.count("A figure is missing, since it cannot be drawn: no such font at all.") == 2
