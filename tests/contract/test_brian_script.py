"""The plain Brian2 script of an experiment fires the same spikes and learns the same weights."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import start_arrays
from stdpbench.engine.simulators import find_compiler, open_simulator
from stdpbench.experiment import Experiment, input_shape, read_experiment
from stdpbench.experiment.shipped import shipped_experiments
from stdpbench.runs.preparation.start import load_split
from stdpbench.runs.process.script_export import ScriptExport, export_script
from stdpbench.runs.process.training import Training

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")

RUN = """
import runpy, sys
import brian2, numpy as np
import stdpbench.resident
brian2.prefs.codegen.target = "numpy"
brian2.set_device("resident")
names = runpy.run_path(sys.argv[1])
found = {}
for name, monitor in names["monitors"].items():
    found["spikes " + name] = np.stack([np.rint(np.asarray(monitor.t_) / float(names["time_step"])), monitor.i])
for name, group in names.items():
    for variable in ("w", "d", "theta") if isinstance(group, (brian2.NeuronGroup, brian2.Synapses)) else ():
        if variable in group.variables:
            found[f"{name}.{variable}"] = np.asarray(group.state(variable, use_units=False)[:])
np.savez(sys.argv[2], **found)
"""


def of_script(script: Path) -> dict[str, Any]:
    results = script.with_name("results.npz")
    command = [sys.executable, "-c", RUN, str(script), str(results)]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return dict(np.load(results))


def of_workbench(experiment: Experiment, written: ScriptExport) -> dict[str, Any]:
    """Spikes as (step, neuron) over all presentations, and learned arrays at the end."""
    exact = experiment.override({"simulator.precision": "float64"})
    split = load_split(exact, validation=False)
    simulator, _ = open_simulator(exact, input_shape(exact, split.train))
    simulator.set_learned(start_arrays(exact, split.train))
    lengths, starts = np.load(written.arrays)["n_steps"], []
    cells = [name for name in simulator.graph.populations if name != simulator.graph.input]
    found: dict[str, Any] = {f"spikes {name}": [] for name in cells}
    training, present = Training(simulator, exact, split.train), simulator.present

    def noted(*arguments: Any, **options: Any) -> Any:
        response = present(*arguments, **options)
        start = int(lengths[: len(starts)].sum())
        starts.append(start)
        for name in cells:
            spikes = response.spikes[name]
            found[f"spikes {name}"].append(np.stack([start + spikes.bin, spikes.index]))
        return response

    training.sample()
    simulator.present = noted
    while len(starts) < len(lengths):
        training.step()
    training.close()
    learned = {name: np.array(simulator.array(name)) for name in simulator.layout.learned}
    simulator.close()
    return {name: np.concatenate(parts, axis=1) for name, parts in found.items()} | learned


def check(experiment: Experiment, folder: Path, n: int | None) -> ScriptExport:
    written = export_script(experiment, folder / "mine.py", presentations=n)
    expected, found = of_workbench(experiment, written), of_script(written.script)
    compared = set()
    for name, value in expected.items():
        if name.startswith("spikes "):
            assert sorted(map(tuple, found[name].T.tolist())) == sorted(map(tuple, value.T.tolist())), name
            continue
        owner, _, variable = name.partition(".")
        for group in (owner, f"{owner}_", f"{owner}_kernel", f"{owner}_{variable}"):
            array = found.get(f"{group}.{variable}")
            if array is not None and array.size == value.size:
                largest = np.abs(value).max(initial=0)
                np.testing.assert_allclose(array, value.ravel(), rtol=1e-12, atol=1e-12 * largest, err_msg=name)
                compared.add(name)
    assert compared, "no weights were compared"
    assert found[f"spikes {written.population}"].shape[1] == written.spikes
    assert len(written.script.read_text(encoding="utf-8").splitlines()) <= 300
    return written


def test_digits_with_a_triplet_rule_and_repeated_pictures(tmp_path: Path) -> None:
    experiment = read_experiment("digits").override({"network.n_exc": 20, "schedule.min_spikes": 45})
    written = check(experiment, tmp_path, 2)
    assert written.presentations > 2  # some are shown again


def test_smoothed_traces_wins_and_a_reset(tmp_path: Path) -> None:
    check(read_experiment("best-digits").override({"network.n_exc": 20}), tmp_path, 3)


def test_shared_weights_pools_winners_and_shared_thresholds(tmp_path: Path) -> None:
    check(read_experiment("conv-digits").override({"network.n_exc": 20, "network.units": 8}), tmp_path, 2)


def test_a_stream_with_delays_noise_and_a_periodic_rule(tmp_path: Path) -> None:
    check(read_experiment("polychrony-2006"), tmp_path, 2)


def test_noise_with_several_spikes_in_a_step(tmp_path: Path) -> None:
    check(read_experiment("song-abbott-2000"), tmp_path, 1)


def test_delays_that_learn(tmp_path: Path) -> None:
    check(read_experiment("order"), tmp_path, 20)


def test_what_a_script_cannot_say_is_refused_by_name(tmp_path: Path) -> None:
    for name, sentence in (("surrogate-digits", "surrogate-digits is a reference that labels train"),):
        with refused(sentence):
            export_script(read_experiment(name), tmp_path / "mine.py")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", shipped_experiments())
def test_shipped_experiments(name: str, tmp_path: Path) -> None:
    experiment = read_experiment(name)
    if experiment.reference.trains or "6400" in name or "1600" in name:
        pytest.skip("refused by name, or the network of another one with more neurons")
    try:
        experiment.data.prepare()
    except StdpbenchError as error:
        pytest.skip(str(error))
    check(experiment, tmp_path, None)
