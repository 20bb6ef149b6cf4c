"""Responses as files of other tools, read back by these."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from harness import Driven, experiment, new_run

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.studies.report.recordings import Recorded, stored_responses, write_neo, write_nwb
from stdpbench.studies.report.replayed import replay

N_STIMULI, DURATION, DT = 20, 0.03, 0.5e-3


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    made = experiment(schedule__test_images=N_STIMULI, network__inhibition="layer")
    folder = new_run(tmp_path_factory.mktemp("runs"), made)
    Driven(folder).run()
    return folder


@pytest.fixture(scope="module")
def again(finished: RunFolder) -> Recorded:
    *_, found = replay(finished, {"": [2, 0], "inh": [1]}, 6)
    assert isinstance(found, Recorded)
    return found


def test_spikes_lie_on_one_axis(finished: RunFolder) -> None:
    found = stored_responses(finished)
    (counts,) = finished.read_arrays("test.npz", "spike_counts")
    assert found.duration == pytest.approx(N_STIMULI * DURATION)
    edges = np.append(found.starts, found.duration) - DT / 2
    for neuron, times in enumerate(found.times("exc")):
        assert (np.diff(times) > 0).all()
        assert np.histogram(times, edges)[0].tolist() == counts[:, neuron].tolist()
    some = stored_responses(finished, 5)
    assert len(some.durations) == 5
    assert [len(times) for times in some.times("exc")] == counts[:5].sum(axis=0).tolist()


def test_stimuli_presented_again_evoke_the_same_spikes(finished: RunFolder, again: Recorded) -> None:
    for mine, theirs in zip(again.times("exc"), stored_responses(finished, 6).times("exc"), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert set(again.trains) == {"input", "exc", "inh"}
    assert sum(map(len, again.times("input"))) > 0
    course = again.courses["exc"]
    assert course.neurons == (2, 0)
    assert course.values.shape == (6 * 60, 2)
    # a neuron is at its reset potential at the end of the step in which it fires
    for column, neuron in enumerate(course.neurons):
        steps = np.rint(again.times("exc")[neuron] / DT).astype(int)
        np.testing.assert_allclose(course.values[steps, column], -65e-3)
    assert again.courses["inh"].values.shape == (6 * 60, 1)


def test_what_cannot_be_recorded_is_refused(finished: RunFolder, tmp_path: Path) -> None:
    for neurons, message in (
        ({"exz": [0]}, "no population 'exz' with potentials; did you mean 'exc'"),
        ({"exc": [4]}, "exc has neurons 0 to 3, and no neuron 4"),
    ):
        with pytest.raises(StdpbenchError, match=message):
            list(replay(finished, neurons))
    with pytest.raises(StdpbenchError, match="has not been started yet"):
        stored_responses(new_run(tmp_path))


def test_neo_reads_what_was_written(again: Recorded, tmp_path: Path) -> None:
    neo = pytest.importorskip("neo")
    pytest.importorskip("nixio")
    path = tmp_path / "responses ü.nix"
    again = replace(again, trains={name: again.trains[name] for name in ("exc", "inh")})  # few: NIX takes long
    write_neo(again, path)
    with neo.io.NixIO(str(path), "ro") as file:
        block = file.read_block()
    (segment,) = block.segments
    assert block.annotations["digest"] == again.about["digest"]
    assert block.annotations["supervised"] == "no"
    assert "[network]" in block.annotations["experiment_toml"]
    trains = {(each.annotations["population"], int(each.annotations["neuron"])): each for each in segment.spiketrains}
    for population in again.trains:
        for neuron, times in enumerate(again.times(population)):
            np.testing.assert_allclose(trains[population, neuron].rescale("s").magnitude, times)
    (stimuli,) = segment.epochs
    np.testing.assert_allclose(stimuli.times.rescale("s").magnitude, again.starts)
    signals = {each.annotations["population"]: each for each in segment.analogsignals}
    np.testing.assert_allclose(signals["exc"].rescale("V").magnitude, again.courses["exc"].values)
    assert signals["exc"].sampling_period.rescale("s").magnitude == pytest.approx(DT)


def test_pynwb_reads_what_was_written(again: Recorded, tmp_path: Path) -> None:
    pynwb = pytest.importorskip("pynwb")
    path = tmp_path / "responses.nwb"
    write_nwb(again, path)
    assert pynwb.validate(path=str(path)) == []
    with pynwb.NWBHDF5IO(str(path), "r") as file:
        found = file.read()
        assert again.about["digest"] in found.identifier
        assert "learning without labels" in found.keywords[:]
        assert found.trials["start_time"][:] == pytest.approx(again.starts)
        units = list(zip(found.units["population"][:], found.units["neuron"][:], strict=True))
        for population in again.trains:
            for neuron, times in enumerate(again.times(population)):
                number = units.index((population, neuron))
                np.testing.assert_allclose(found.units.get_unit_spike_times(number), times)
        potentials = found.acquisition["v_exc"]
        np.testing.assert_allclose(potentials.data[:], again.courses["exc"].values)
        assert (potentials.unit, potentials.rate) == ("volts", 1 / DT)


@pytest.mark.parametrize(("supervised", "keywords"), [("yes", {"supervised"}), ("unknown", set())])
def test_a_file_says_that_weights_were_trained_with_labels(
    again: Recorded, tmp_path: Path, supervised: str, keywords: set[str]
) -> None:
    pynwb = pytest.importorskip("pynwb")
    trains = {name: again.trains[name] for name in ("exc",)}
    write_nwb(replace(again, about={**again.about, "supervised": supervised}, trains=trains), tmp_path / "of.nwb")
    with pynwb.NWBHDF5IO(str(tmp_path / "of.nwb"), "r") as file:
        found = file.read()
        assert {*found.keywords[:]} - {"simulation", "spiking neural network"} == keywords
        assert ("whose weights were trained with labels" in found.session_description) == (supervised == "yes")


def test_nwbinspector_finds_nothing_critical(finished: RunFolder, again: Recorded, tmp_path: Path) -> None:
    inspector = pytest.importorskip("nwbinspector")
    for name, found in (("kept", stored_responses(finished)), ("again", again)):
        path = tmp_path / f"{name}.nwb"
        write_nwb(found, path)
        messages = list(inspector.inspect_nwbfile(nwbfile_path=path))
        assert [each for each in messages if each.importance.name in ("CRITICAL", "ERROR")] == []


def test_the_command_and_python_write_files(finished: RunFolder, tmp_path: Path, call: Callable[..., str]) -> None:
    pytest.importorskip("nixio")
    pytest.importorskip("pynwb")
    neo, nwb = tmp_path / "responses.nix", tmp_path / "responses.nwb"
    for options in (["--nwb", str(nwb), "--record", "0,1"], ["--neo", str(neo)]):
        assert "in response to 2 stimuli" in call("export", str(finished.path), *options, "--stimuli", "2")
    run = stdpbench.open_run(finished.path)
    run.export(nwb=tmp_path / "kept.nwb", stimuli=3)
    with pytest.raises(StdpbenchError, match="already exists"):
        run.export(nwb=tmp_path / "kept.nwb")
    run.export(nwb=tmp_path / "again.nwb", stimuli=2, record={"exc": [1, 0]})
    with h5py.File(nwb) as mine, h5py.File(tmp_path / "again.nwb") as theirs:
        potentials = mine["acquisition/v_exc/data"][:]
        assert potentials.shape == (120, 2)
        np.testing.assert_array_equal(theirs["acquisition/v_exc/data"][:], potentials[:, ::-1])
    assert json.loads((finished.path / "run.json").read_text(encoding="utf-8"))["state"] == "finished"
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "again.nwb",
        "kept.nwb",
        "responses.nix",
        "responses.nwb",
    ]


def test_what_is_missing_is_named(
    finished: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Callable[..., str]
) -> None:
    odd = call("export", str(finished.path), "--neo", str(tmp_path / "a.nix"), "--record", "exc=a", status=2)
    assert "expected neurons such as 0,3,7 or exc=0,3,7, not 'exc=a'" in odd
    run = stdpbench.open_run(finished.path)
    with pytest.raises(StdpbenchError, match=r"must end with \.nwb, unlike 'a\.nix'"):
        run.export(nwb=tmp_path / "a.nix", record={"exc": [0]})
    for name in ("neo", "pynwb"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(StdpbenchError, match=r"Neo files need neo and nixio: pip install 'stdpbench\[neo\]'"):
        write_neo(stored_responses(finished), tmp_path / "a.nix")
    with pytest.raises(StdpbenchError, match=r"NWB files need pynwb: pip install 'stdpbench\[nwb\]'"):
        write_nwb(stored_responses(finished), tmp_path / "a.nwb")
