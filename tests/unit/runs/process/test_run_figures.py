"""Figures of a run folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from harness import Driven, new_run

from stdpbench.engine.simulators import find_compiler
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.process import figures
from stdpbench.runs.protocol.facts import Remarked


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
    monkeypatch.setenv("STDPBENCH_FIGURES", "1")
    folder = new_run(tmp_path / "runs", baselines=False)
    (tmp_path / "elsewhere").mkdir()
    (folder.path / "figures").symlink_to(tmp_path / "elsewhere")
    Driven(folder).run()
    assert folder.read_json("run.json")["state"] == "finished"
    remarks = [record.fact.text for record in read_journal(folder.path) if isinstance(record.fact, Remarked)]
    missing = [text for text in remarks if text.startswith("A figure is missing, since it cannot be drawn: ")]
    assert [text.endswith("figures is a link.") for text in missing] == [True, True]
    assert not list((tmp_path / "elsewhere").iterdir())
