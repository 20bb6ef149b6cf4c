"""Figures of a run folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from stdpbench.runs.analysis.curves import Curves
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.process import figures
from stdpbench.stimuli import Images


@pytest.mark.parametrize("wanted", [True, False])
def test_the_figure_of_training_shows_what_was_changed_according_to_the_journal(
    wanted: bool, tmp_path: Path, make_run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STDPBENCH_FIGURES", str(int(wanted)))
    changes = {"plasticity.nu_post": (0.01, 0.02), "exc.tau_m": ("100 ms", "80 ms")}
    folder = RunFolder.open(make_run(tmp_path, "changed", changes=changes))
    drawn = {}
    monkeypatch.setattr(figures, "save", lambda figure, path: drawn.setdefault(path.name, figure))
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
    assert figure.get_supxlabel() == "1: from 7 on, nu_post → 0.02, tau_m → 80 ms"
    assert [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_linestyle() == ":"] == [7]
