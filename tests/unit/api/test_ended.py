"""What is done from Python with a run that has ended: a report, a reproduction, the bin."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.queue.run_queue import Queue

SMALL = {
    "network.n_exc": 12,
    "schedule.train_images": 60,
    "schedule.passes": 1,
    "schedule.label_images": 40,
    "schedule.test_images": 30,
}


def start(runs: Path, seed: int) -> stdpbench.Run:
    run = stdpbench.start("digits", set=SMALL, seed=seed, runs=runs, baselines=False, workers=1)
    return run.wait(progress=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> stdpbench.Run:
    return start(tmp_path_factory.mktemp("runs ü"), 3)


@pytest.mark.usefixtures("undrawn")
def test_a_report_is_written_as_by_the_command(
    run: stdpbench.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StdpbenchError, match="a run is given twice"):
        run.report(run)
    with pytest.raises(StdpbenchError, match="sample must be a whole number"):
        run.report(sample="many")  # type: ignore[arg-type]
    page = run.report(sample=20, repeats=0, workers=1)
    assert page == run.path / "report" / "report.html"
    assert page.is_file()
    (data,) = json.loads((page.parent / "report.json").read_text(encoding="utf-8"))["runs"]
    assert data["run"] == run.name
    monkeypatch.chdir(tmp_path)
    other = start(tmp_path / "others", 4)
    page = run.report(other, output="both", sample=20, repeats=0, workers=1)
    assert page == tmp_path / "both" / "report.html"
    names = [each["run"] for each in json.loads(Path("both/report.json").read_text(encoding="utf-8"))["runs"]]
    assert names == [run.name, other.name]


def test_a_run_is_reproduced_and_compared(
    run: stdpbench.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(StdpbenchError, match=r"exc\.tau_m cannot be changed"):
        run.reproduce(tmp_path, set={"exc.tau_m": "80 ms"})
    found = run.reproduce(tmp_path / "again", workers=np.int64(1))  # type: ignore[arg-type]
    assert found.path.parent == tmp_path / "again"
    assert found.agreement.same
    assert found.sentence.endswith("The numbers agree to the bit.")
    assert "test 30/30" in capsys.readouterr().err
    assert stdpbench.open_run(found.path).about["command"] == "Run.reproduce(set={})"


def test_a_deleted_run_is_in_the_bin_and_comes_back(run: stdpbench.Run) -> None:
    with pytest.raises(StdpbenchError, match="is not in the bin"):
        run.restore()
    place, scores = run.path, run.scores
    Queue(place.parent).add_run(place)
    assert run.delete() == run.path == place.parent / "bin" / place.name
    assert not place.exists()
    assert Queue(place.parent).items() == []
    assert run.scores == scores
    with pytest.raises(StdpbenchError, match="is already in the bin"):
        run.delete()
    assert run.restore() == run.path == place
    assert run.scores == scores


def test_a_run_is_evaluated_again_with_a_number_of_spikes_whatever_the_labels(tmp_path: Path) -> None:
    random, data = np.random.default_rng(0), {"data.kind": "idx"}
    for part, n in (("train", 60), ("test", 30)):
        arrays = {"images": random.integers(0, 255, (n, 28, 28), dtype=np.uint8), "labels": np.arange(n) % 3}
        for name, array in arrays.items():
            data[f"data.{part}_{name}"] = str(write_idx(tmp_path / f"{part} {name}", array.astype(np.uint8)))
    present = {"encoding.rate_per_grey": 0.02, "evaluation.values.network.w_inh_exc": 4.0}
    run = stdpbench.start("digits", set=SMALL | data | present, runs=tmp_path, baselines=False, workers=1).wait(False)
    before = {file: file.read_bytes() for file in run.path.glob("*.np*")}
    spikes = 1.3 * mean_spikes(run)
    found = run.evaluate(spikes=spikes, by="network.w_inh_exc", workers=1).wait(progress=False)
    assert mean_spikes(found) == pytest.approx(spikes, rel=0.02)
    assert {file: file.read_bytes() for file in before} == before
    np.testing.assert_array_equal(found.weights, run.weights)
    write_idx(tmp_path / "train labels", random.integers(0, 3, 60, dtype=np.uint8))
    other = run.evaluate(spikes=spikes, by="network.w_inh_exc", workers=1).stop()
    assert dict(other.experiment.evaluation.values)["network.w_inh_exc"] != 4.0
    assert other.experiment.evaluation == found.experiment.evaluation


def mean_spikes(run: stdpbench.Run) -> float:
    """Mean spikes per picture in the label phase, which has no more pictures than the search."""
    return float(np.load(run.path / "label.npz")["spike_counts"].sum(axis=1).mean())


def write_idx(path: Path, array: np.ndarray) -> Path:
    path.write_bytes(bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes())
    return path
