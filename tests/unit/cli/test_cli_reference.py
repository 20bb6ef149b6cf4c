"""``stdpbench reference``: a small run, and what the other commands say of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.bridges.nir.imported import NirNetwork, nir_network
from stdpbench.bridges.nir.reading import read_nir
from stdpbench.cli import main
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.runs.catalog.access_log import count_looks
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.weights_origin import Origin, origin_of, start_origin_of
from stdpbench.runs.lineage.branches import branch, rewind
from stdpbench.runs.lineage.export import export_run, import_run
from stdpbench.runs.lineage.reproduction import prepare
from stdpbench.runs.preparation.creation import create_run, create_run_from, create_run_of_nir
from stdpbench.runs.preparation.start import arrays_at_start, load_split
from stdpbench.runs.protocol.options import Options
from stdpbench.studies.report.analysis import Extent
from stdpbench.studies.report.build import ReportOptions, make_report

SMALL = {
    "network.hidden": [40],
    "network.reset": "zero",
    "schedule.train_images": 300,
    "schedule.test_images": 40,
    "schedule.label_images": 30,
    "schedule.stimulus": "12 ms",
    "schedule.passes": 6,
    "reference.batch": 20,
    "reference.learning_rate": 0.005,
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def trained(runs: Path) -> stdpbench.Run:
    return stdpbench.reference("surrogate-gradient", "digits", set=SMALL, seed=5, runs=runs, wait=True, workers=1)


def test_it_trains_and_every_list_says_supervised(
    trained: stdpbench.Run, runs: Path, call: Callable[..., str]
) -> None:
    assert str(trained.state) == "finished"
    assert trained.scores["vote"]["accuracy"] > 0.6
    assert "supervised" in call("list", "--runs", str(runs))
    shown = call("show", str(trained.path))
    assert "Supervised: surrogate-gradient trains this network with the labels of 300 training pictures." in shown


def test_the_command_runs_the_same_experiment_with_the_same_weights(
    trained: stdpbench.Run, tmp_path: Path, call: Callable[..., str]
) -> None:
    changes = [text for path, value in SMALL.items() for text in ("--set", f"{path}={value}")]
    command = ["reference", "surrogate-gradient", "digits", *changes, "--seed", "5", "--runs", str(tmp_path)]
    told = json.loads(call(*command, "--workers", "1", "--json"))
    assert told["metrics"]["supervised"]["reference"] == "surrogate-gradient"
    other = stdpbench.open_run(told["path"])
    assert other.experiment == trained.experiment
    assert (other.path / "weights.npy").read_bytes() == (trained.path / "weights.npy").read_bytes()


def make_report_of(path: Path, folder: Path) -> dict[str, Any]:
    steps = make_report([RunFolder.open(path)], folder, ReportOptions(Extent(10, 0), workers=1))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: dict[str, Any] = end.value["runs"][0]
            return found


@pytest.mark.usefixtures("undrawn")
def test_a_report_counts_its_accuracy_as_supervised(trained: stdpbench.Run, tmp_path: Path) -> None:
    found = make_report_of(trained.path, tmp_path)
    rows = [row for row in found["accuracies"] if row["name"] == "vote"]
    assert [(row["group"], row["supervised"], row["n_labelled"]) for row in rows] == [("supervised", True, 300)]
    assert [row["pass"] for row in found["passes"]] == [1, 2, 3, 4, 5, 6]
    assert all(0 <= row["hidden.dead"] <= 1 and row["hidden.gradient"] > 0 for row in found["passes"])


def test_files_for_other_tools_end_as_these_expect_and_options_belong_to_them(
    trained: stdpbench.Run, tmp_path: Path, call: Callable[..., str]
) -> None:
    for options, sentence in (
        (("--nir", "x.txt"), "the name of the file must end with .nir, unlike 'x.txt'"),
        (("--nwb", "x.nwb", "--force"), "--force is for --nir"),
        (("--force",), "--force is for --nir"),
        (
            ("--nir", "x.nir", "--record", "0,1"),
            "--record is for --neo and --nwb, which write responses; leave it out",
        ),
    ):
        named = [str(tmp_path / each) if each.startswith("x.") else each for each in options]
        assert call("export", str(trained.path), *named, status=2).startswith(f"stdpbench: {sentence}")
    with pytest.raises(StdpbenchError, match=r"must end with \.nir, unlike 'network'"):
        trained.export_nir(tmp_path / "network")
    assert list(tmp_path.iterdir()) == []


def test_the_network_is_written_for_other_simulators_checked_and_read_again(
    trained: stdpbench.Run, tmp_path: Path, call: Callable[..., str]
) -> None:
    file = tmp_path / "trained.nir"
    told = json.loads(call("export", str(trained.path), "--nir", str(file), "--stimuli", "12", "--json"))
    assert (told["stimuli"], told["different"], told["marks"], told["dt"]) == (12, 0, [], 1.0)
    assert told["spikes"] > 500
    assert told["nodes"] == {
        **{"input": "Input", "feed": "Linear", "hidden": "LIF", "feed2": "Linear", "output": "LIF", "Output": "Output"}
    }
    with pytest.raises(StdpbenchError, match=r"trained\.nir already exists"):
        trained.export_nir(file)
    with pytest.raises(StdpbenchError, match="is a NIR file, which only `stdpbench run` and"):
        read_experiment(file)
    with pytest.raises(StdpbenchError, match="there is no file"):
        nir_network(tmp_path / "nothing.nir", {})
    network = NirNetwork.of_parts(read_nir(file).parts())  # in another process, see tests/packaging/test_installed.py
    again = network.experiment
    assert (again.encoding, again.data) == (trained.experiment.encoding, trained.experiment.data)
    assert again.schedule.stimulus == 12.0
    learns = {"network.projections.feed.plasticity.kind": "pair-additive", "encoding.kind": "regular"}
    folder = create_run_of_nir(network, again.override(learns), file.name, tmp_path, Options(workers=1))
    assert folder.experiment.graph().plastic == ("feed",)
    start = arrays_at_start(folder, folder.experiment, load_split(folder.experiment, False))
    np.testing.assert_allclose(start["feed.w"], np.load(trained.path / "weights.npy"), rtol=1e-12)
    with pytest.raises(StdpbenchError, match="has a network of 784 inputs, but these data have 900"):
        create_run_of_nir(network, again.override({"data.frame": 30}), file.name, tmp_path, Options())


@pytest.fixture(scope="module")
def imported(trained: stdpbench.Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the run of a NIR file of weights that were trained with labels, and what the command printed."""
    folder = tmp_path_factory.mktemp("imported")
    trained.export_nir(folder / "of-labels.nir", stimuli=2)
    with redirect_stdout(StringIO()) as out, suppress(SystemExit):
        main(["run", str(folder / "of-labels.nir"), "--runs", str(folder / "runs"), "--workers", "1"])
    return folder / "runs", " ".join(out.getvalue().split())


@pytest.mark.usefixtures("undrawn")
def test_a_nir_file_says_that_its_weights_were_trained_with_labels(
    trained: stdpbench.Run, imported: tuple[Path, str], tmp_path: Path, call: Callable[..., str]
) -> None:
    runs, said = imported
    assert "supervised: its weights were trained with labels; compare it only with other references" in said
    (path,) = runs.glob("of-labels-*")
    again = json.loads(call("evaluate", str(path), "--workers", "1", "--json"))
    assert (again["supervised"], again["metrics"].get("supervised")) == (True, None)
    command = ["evaluate", str(path), "--bits", "4", "--workers", "1"]
    assert json.loads(call(*command, "--json"))["supervised"] is True
    rows = make_report_of(path, tmp_path / "report")["accuracies"]
    groups = {row["name"]: row["group"] for row in rows}
    assert (groups["vote"], groups["start weights, vote"]) == ("supervised", "supervised")
    assert all(name.startswith("random weights") for name, group in groups.items() if group == "untrained")
    assert stdpbench.open_run(path).plot_confusion().get_title("left").startswith(f"{path.name}, supervised, vote")


def test_the_mark_goes_along_with_weights(imported: tuple[Path, str], trained: stdpbench.Run, tmp_path: Path) -> None:
    (path,) = imported[0].glob("of-labels-*")
    runs = tmp_path / "elsewhere"
    without = {"reference.kind": "none", "schedule.passes": 0}
    marked = [
        create_run_from(RunFolder.open(trained.path), without, runs, Options()),
        create_run_from(RunFolder.open(path), {"seed": 6}, runs, Options()),
        branch(RunFolder.open(path), runs=runs),
        branch(branch(RunFolder.open(path), runs=runs), runs=runs),
        prepare(RunFolder.open(path), runs)[0],
    ]
    assert {origin_of(each.path) for each in marked} == {Origin.LABELS}
    assert {start_origin_of(each.path) for each in marked} == {Origin.LABELS}
    alone = [branch(RunFolder.open(trained.path), runs=runs), prepare(RunFolder.open(trained.path), runs)[0]]
    assert {(origin_of(each.path), start_origin_of(each.path)) for each in alone} == {
        (Origin.LABELS, Origin.NO_LABELS)
    }
    zipped = tmp_path / "run.zip"
    export_run(RunFolder.open(path), zipped)
    assert origin_of(import_run(zipped, tmp_path / "unpacked").path) is Origin.LABELS
    again = shutil.copytree(path, runs / path.name)
    assert {origin_of(each.path) for each in (rewind(RunFolder.open(again), 0), RunFolder.open(again))} == {
        Origin.LABELS
    }


def test_a_nir_file_that_does_not_say_so_has_weights_of_unknown_origin(
    trained: stdpbench.Run, tmp_path: Path, call: Callable[..., str]
) -> None:
    trained.export_nir(tmp_path / "silent.nir", stimuli=1)
    graph = nir.read(tmp_path / "silent.nir")
    del graph.metadata["weights_origin"]
    nir.write(tmp_path / "silent.nir", graph)
    network = nir_network(tmp_path / "silent.nir", {})
    folder = create_run_of_nir(network, network.experiment, "silent.nir", tmp_path, Options())
    assert origin_of(folder.path) is Origin.UNKNOWN


@pytest.fixture(scope="module")
def unsupervised(runs: Path) -> stdpbench.Run:
    sizes = {"schedule.train_images": 200, "schedule.label_images": 120, "schedule.test_images": 40}
    small = {"network.n_exc": 30, "schedule.passes": 1, "schedule.stimulus": "100 ms", **sizes}
    return stdpbench.start("digits", set=small, seed=5, runs=runs, baselines=False, workers=1, wait=True)


def test_a_linear_readout_of_the_responses_of_a_run(
    unsupervised: stdpbench.Run, tmp_path: Path, call: Callable[..., str]
) -> None:
    command = ["reference", "linear", "--features", str(unsupervised.path), "--runs", str(tmp_path), "--workers", "1"]
    command += ["--set", "schedule.passes=20", "--set", "schedule.stimulus=30 ms", "--set", "reference.batch=20"]
    run = stdpbench.open_run(json.loads(call(*command, "--json"))["path"])
    assert run.experiment.name == "digits-features-linear"
    counts = np.load(unsupervised.path / "label.npz")["spike_counts"]
    split = run.experiment.data.prepare()
    peak = np.percentile(counts[counts > 0], 99.9)
    shown = np.minimum(np.rint(counts * (255 / peak)), 255)
    assert np.array_equal(split.train.pixels.reshape(120, 30), shown)
    assert np.array_equal(split.train.labels, unsupervised.experiment.data.prepare().train.labels[:120])
    assert (len(split.test), split.class_names) == (40, tuple("0123456789"))
    assert run.scores["vote"]["accuracy"] > 0.4
    # looks at the test labels of digits, whether pictures or responses to them are shown
    new = RunFolder.open(run.path).experiment.override({"seed": 9})
    assert count_looks(new, tmp_path) == count_looks(unsupervised.experiment, tmp_path) == 1


def test_features_need_a_finished_run_or_an_experiment(tmp_path: Path) -> None:
    with pytest.raises(
        StdpbenchError, match="name an experiment, which provides the data, or a finished run with features"
    ):
        stdpbench.reference("linear", runs=tmp_path)
    paused = create_run(Experiment.from_mapping({"name": "new"}), tmp_path, Options())
    with pytest.raises(StdpbenchError, match="has no responses to pictures"):
        stdpbench.reference("linear", features=paused.path, runs=tmp_path)


def test_a_reference_starts_from_the_weights_of_another_one(trained: stdpbench.Run, tmp_path: Path) -> None:
    changes = {**SMALL, "schedule.passes": 0, "schedule.stimulus": "6 ms"}
    run = stdpbench.reference(
        "surrogate-gradient", "digits", set=changes, runs=tmp_path, start_from=trained.path, wait=True, workers=1
    )
    for name in ("feed", "feed2"):
        np.testing.assert_array_equal(run.weights[name], trained.weights[name])
    assert run.scores["vote"]["accuracy"] > 0.2


def test_a_hidden_layer_starts_from_what_a_rule_learned(unsupervised: stdpbench.Run, tmp_path: Path) -> None:
    changes = {**SMALL, "schedule.passes": 1, "reference.learning_rate": 0.0}
    run, scratch = (
        stdpbench.reference(
            "surrogate-gradient", "digits", set=changes, seed=5, runs=tmp_path, start_from=start, wait=True, workers=1
        )
        for start in (unsupervised, None)
    )
    own, drawn = run.weights["feed"], scratch.weights["feed"]
    learned = unsupervised.weights["feed"]
    differences = learned - learned.mean(axis=1, keepdims=True)
    scale = own[:, :30] / np.where(differences != 0, differences, 1)
    assert np.allclose(scale[differences != 0], np.broadcast_to(scale.max(axis=0), scale.shape)[differences != 0])
    assert np.array_equal(own[:, 30:], drawn[:, 30:])  # there are only 30 neurons to start from
    pixels = run.experiment.data.prepare().train.pixels[:300].reshape(300, -1).astype(float)
    for one, other in zip((pixels @ own).T[:30], (pixels @ drawn).T[:30], strict=True):
        assert np.linalg.norm(one) == pytest.approx(np.linalg.norm(other), rel=1e-5)
