"""A run that is evaluated again: with the parameters of its end, whatever became of its checkpoints."""

from __future__ import annotations

import json
import shutil

from harness import N_TRAIN, drive, new_run, set_

from stdpbench.runs.process.reevaluate import evaluate_run
from stdpbench.runs.protocol.options import Options


def test_the_parameters_are_those_of_the_end(tmp_path):
    folder = new_run(tmp_path, baselines=False)
    drive(folder, at={N_TRAIN - 1: [set_(encoding__intensity=6.0, schedule__min_spikes=0)]})
    before = json.loads((folder.path / "metrics.json").read_text())
    shutil.rmtree(folder.path / "checkpoints")
    list(evaluate_run(folder.path, Options(workers=1, baselines=False)))
    after = json.loads((folder.path / "metrics.json").read_text())
    assert before["spikes_per_test_image"] > 0
    assert after["spikes_per_test_image"] == before["spikes_per_test_image"]
    assert after["accuracy"] == before["accuracy"]
