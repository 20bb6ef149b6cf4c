"""Runs from Python: the life of a small run, and its state and results at each stage."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import wait_until

import stdpbench
from stdpbench.api import tables
from stdpbench.base.errors import StdpbenchError
from stdpbench.cli import main
from stdpbench.runs.analysis.curves import held_out_columns
from stdpbench.runs.folder.checkpoints import positions
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.protocol.facts import HeldOut
from stdpbench.runs.protocol.live_run import LiveRun

SMALL = {
    "network.n_exc": 12,
    "schedule.train_images": 80,
    "schedule.passes": 1,
    "schedule.label_images": 40,
    "schedule.test_images": 30,
}


def start(runs: Path, **options: Any) -> stdpbench.Run:
    return stdpbench.start("digits", set=SMALL, seed=3, runs=runs, baselines=False, workers=1, **options)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs ü")


@pytest.fixture(scope="module")
def lived(runs: Path) -> tuple[stdpbench.Run, stdpbench.Run, dict[str, Any]]:
    """A run that was paused, stepped, changed and branched, its branch, and intermediate values."""
    run, seen = start(runs, checkpoint_every=30), {}
    run.pause()
    seen["paused"] = (run.state, run.position)
    run.step(20)
    seen["stepped"] = (run.state, run.position, run.weights, run.theta, run.total)
    with pytest.raises(StdpbenchError, match=r"did you mean plasticity\.nu_post"):
        run.set({"plasticity.nu_pots": 0.1})
    training = rf"no position 10000 in {run.name}: expected 0 to {run.position}, the training presentations so far"
    for to, sentence in ((10_000, training), ("x", "a position must be a whole number, not 'x'")):
        with pytest.raises(StdpbenchError, match=sentence):
            run.rewind(to)  # type: ignore[arg-type]
    with pytest.raises(SystemExit):
        main(["rewind", str(run.path), "--to", "10000"])
    seen["refused rewind"] = run.state, run.position
    branch = run.branch()
    before, w = run.weights, np.zeros((784, 12))
    run.set_learned({"feed.w": before, "exc.theta": run.theta})
    seen["learned"] = (
        before,
        run.weights,
        run.set_learned({"feed.w": w + 0.5, "exc.theta": run.theta}).weights,
        run.theta,
    )
    with pytest.raises(StdpbenchError, match=r"w has the shape \(784, 3\), but \(784, 12\) in this network"):
        run.set_learned({"feed.w": w[:, :3]})
    run.set_learned({"feed.w": before})
    seen["set"] = run.set(**{"plasticity.nu_post": np.float32(0.25)})
    # many threads at once: nothing is mixed up, nothing waits for ever
    positions: list[int] = []
    threads = [threading.Thread(target=lambda: positions.append(run.step(1).position)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    seen["threads"] = (positions, run.position)
    run.resume()
    with pytest.raises(StdpbenchError, match=r"can only be set while a run is paused; pause it with run\.pause\(\)"):
        run.set_learned({"feed.w": w})
    at = run.position + 2  # later than its last entry in the journal
    wait_until(lambda: run.position >= at)
    assert run.branch(at, runs=runs / "late", start=False).position == at
    other = stdpbench.open_run(run.path)  # as another session would: it attaches to the process
    other.wait(progress=False)
    seen["attached"] = other.state
    run.wait(progress=False)
    branch.wait(progress=False)
    return run, branch, seen


Lived = tuple[stdpbench.Run, stdpbench.Run, dict[str, Any]]


def test_requests_take_effect_between_presentations(lived: Lived) -> None:
    run, _, seen = lived
    assert seen["paused"][0] == "paused"
    position = seen["paused"][1]
    state, stepped, w, theta, total = seen["stepped"]
    assert (state, stepped, total) == ("paused", position + 20, 150)
    assert seen["refused rewind"] == (state, stepped)
    assert w.shape == (784, 12)
    assert theta.shape == (12,)
    assert not np.array_equal(w, run.weights)
    assert seen["attached"] == "finished"
    assert (run.state, run.position, run.reason) == ("finished", 150, "")


def test_steps_from_several_threads_run_one_after_another(lived: Lived) -> None:
    positions, last = lived[2]["threads"]
    begun = lived[2]["stepped"][1]
    assert len(positions) == 4
    assert all(begun < position <= last for position in positions)
    assert last <= begun + 4


def test_learned_arrays_are_set_while_paused(lived: Lived) -> None:
    run, branch, seen = lived
    before, same, after, theta = seen["learned"]
    np.testing.assert_array_equal(before, same)
    assert (after == 0.5).all()
    assert theta.shape == (12,)
    for arrays in (before, run.weights):  # while it was paused, and of the finished run
        assert list(arrays.keys()) == ["feed"]
        np.testing.assert_array_equal(arrays["feed"], arrays)
    np.testing.assert_array_equal(run.thresholds["exc"], run.theta)
    assert (list(run.thresholds.keys()), run.thresholds.shape, type(run.theta)) == (["exc"], (12,), np.ndarray)
    remarks = [entry.text for entry in run.log if "replaced (" in entry.text]
    assert len(remarks) == 3
    assert [entry.text for entry in branch.log if "replaced (" in entry.text] == []
    assert len(list((run.path / "arrays").iterdir())) == 3
    with pytest.raises(StdpbenchError, match="only an active run can set learned arrays"):
        run.set_learned({"feed.w": before})


def test_changes_are_listed(lived: Lived) -> None:
    run, branch, seen = lived
    assert seen["set"] == {"plasticity.nu_post": (0.01, 0.25)}
    (change,) = run.changes
    assert change == (seen["stepped"][1], "plasticity.nu_post", 0.01, 0.25)
    assert run.experiment.plasticity.to_mapping()["nu_post"] == 0.25
    assert branch.experiment.plasticity.to_mapping()["nu_post"] == 0.01
    assert any("nu_post" in entry.text for entry in run.log)


def test_a_branch_shares_the_past_and_then_differs(lived: Lived) -> None:
    run, branch, _ = lived
    assert branch.changes == []
    one, two = (tables.curve_arrays(each._live()) for each in lived[:2])
    early = one["position"] <= lived[2]["stepped"][1]
    assert early.any()
    np.testing.assert_array_equal(one["mean_theta"][early], two["mean_theta"][early])
    assert not np.array_equal(run.weights, branch.weights)


def test_arrays_of_a_run_are_read_only(lived: Lived) -> None:
    run, _, seen = lived
    for array in (*seen["stepped"][2:4], run.weights, run.theta):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0.0
        array.copy()[0] = 0.0


def test_tables_are_accessed_in_the_same_way_without_pandas(lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _, _ = lived
    pandas = pytest.importorskip("pandas")
    frame, metrics = run.curves, run.metrics
    assert isinstance(frame, pandas.DataFrame)
    assert (frame.index.name, frame.index[-1]) == ("position", 80)
    monkeypatch.setattr(tables, "find_spec", lambda name: None)
    arrays = run.curves
    assert isinstance(arrays, dict)
    np.testing.assert_array_equal(arrays["mean_theta"], frame["mean_theta"])
    np.testing.assert_array_equal(arrays["position"], frame.index)
    attempts = np.load(run.path / "training.npz")["attempts"].reshape(-1, 2)  # by block
    np.testing.assert_array_equal(arrays["repeats"], (attempts > 1).mean(axis=1))
    assert run.metrics["vote"]["accuracy"] == metrics["vote"]["accuracy"]


def test_plots_are_axes_and_leave_pyplot_alone(lived: Lived) -> None:
    from matplotlib.axes import Axes

    run, branch, _ = lived
    code = (
        "import sys, stdpbench\n"
        f"run = stdpbench.open_run({str(run.path)!r})\n"
        "axes = run.plot_accuracy(), run.plot_theta(), run.plot_weights(), run.plot_confusion('confidence')\n"
        "assert 'matplotlib.pyplot' not in sys.modules and 'brian2' not in sys.modules\n"
        "import matplotlib.pyplot as pyplot\n"
        "pyplot.switch_backend('agg')\n"
        "run.plot_theta(run.plot_spikes())\n"
        "assert len(pyplot.get_fignums()) == 1\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    axes = run.plot_theta(label="one")
    assert branch.plot_theta(axes, label="two") is axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["one", "two"]
    assert len({line.get_color() for line in axes.lines}) == 2
    assert isinstance(run.plot_weight_change(), Axes)
    for draw in (run.plot_accuracy, run.plot_held_out, run.plot_theta, run.plot_spikes, run.plot_weight_change):
        assert draw(width="8.8 cm").figure.get_figwidth() == pytest.approx(88 / 25.4), draw
    for draw, message in (
        (partial(run.plot_theta, axes, width=88), "leave it out with ax"),
        (partial(run.plot_confusion, "vot"), "did you mean 'vote'"),
        (partial(run.plot_accuracy, readout="vot"), "did you mean 'vote'"),
        (partial(run.plot_held_out, "purty"), "did you mean 'purity'"),
    ):
        with pytest.raises(StdpbenchError, match=message):
            draw()
    held_out = run.plot_held_out("accuracy_vote")
    assert run.plot_held_out("dead", held_out).get_ylabel().endswith("held-out pictures (neurons)")


def test_html_and_lists_show_runs(lived: Lived, runs: Path) -> None:
    run, branch, _ = lived
    html = run._repr_html_()
    assert "plasticity.nu_post = 0.25" in html
    assert "finished" in html
    (runs / "no run").mkdir(exist_ok=True)
    found = stdpbench.runs(runs)
    assert {each.path for each in found} >= {run.path, branch.path}
    assert run.name in repr(found)
    assert found._repr_html_().count("<tr>") == len(found) + 1
    assert "<script>" not in stdpbench.Run(evil(runs))._repr_html_()
    with pytest.raises(StdpbenchError, match="there is no folder"):
        stdpbench.runs(runs / "nowhere")


def evil(runs: Path) -> Path:
    """A run folder with a malicious name."""
    from stdpbench.experiment import read_experiment
    from stdpbench.runs.preparation.creation import create_run
    from stdpbench.runs.protocol.options import Options

    experiment = read_experiment("digits").override({"name": "<script>alert(1)</script>"})
    return create_run(experiment, runs / "evil", Options()).path


def test_an_ended_run_refuses_requests(lived: Lived) -> None:
    run, _, _ = lived
    bits_twice = partial(stdpbench.start, "digits", set={"simulator.weight_bits": 3}, bits=3)
    for request, message in (
        (run.pause, "is finished: only an active run can be paused"),
        (run.resume, "finished"),
        *((partial(run.scores_with_bits, *bits), "numbers? of bits") for bits in ((), (0,), (4, 25), ("four",))),
        (partial(run.scores_with_bits, 4, rounding="up", workers=1), "must be nearest or stochastic, not 'up'"),
        (bits_twice, r"bits and simulator\.weight_bits set the same parameter"),
        (partial(stdpbench.open_run, run.path.parent), "is not a run folder"),
        (
            partial(stdpbench.open_run, run.path.parent / "nowhere"),
            "there is no run .*nowhere', neither as a folder nor in runs",
        ),
    ):
        with pytest.raises(StdpbenchError, match=message):
            request()
    assert run.stop().state == "finished"


def test_rewind_and_resume_give_the_same_results(lived: Lived) -> None:
    _, branch, _ = lived
    before = outcome(branch._folder)
    first = positions(branch.path)[0]  # where it was branched off depends on the speed of the machine
    kept = branch.rewind(first + 5)
    assert (branch.state, kept.state) == ("stopped", "finished")
    assert branch.position == first
    assert branch.weights.shape == (784, 12)  # of the newest checkpoint
    assert branch.theta.shape == (12,)
    assert outcome(kept._folder) == before
    branch.resume().wait(progress=False)
    assert outcome(branch._folder) == before


def test_a_run_outlives_its_session_and_its_process(runs: Path) -> None:
    # a script without a guard, which ends while the network is built; this session takes over
    long = {**SMALL, "schedule.passes": 1000}
    code = (
        "import stdpbench\n"
        f"run = stdpbench.start('digits', set={long!r}, seed=4, runs={str(runs)!r}, baselines=False, workers=1)\n"
        "print(run.path)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    run = stdpbench.open_run(done.stdout.strip())
    wait_until(lambda: run.state != "queued")  # its process may not have taken the lock yet
    assert run.pause().state == "paused"
    reached = run.step(2).position
    with pytest.raises(StdpbenchError, match="has not ended after 0 s: it is running"):
        run.resume().wait(progress=False, timeout=0)
    os.kill(run._folder.read_json("run.json")["pid"], getattr(signal, "SIGKILL", signal.SIGTERM))
    with pytest.raises(StdpbenchError, match="failed: the process exited unexpectedly"):
        run.wait(progress=False)
    assert run.weights.shape == (784, 12)  # of the checkpoint that the pause wrote
    assert run.resume().pause().position >= reached
    assert run.stop().state == "stopped"
    assert run.weights.shape == (784, 12)


def test_waiting_for_a_failed_run_raises_the_reason(runs: Path) -> None:
    run = stdpbench.start("digits", set={**SMALL, "data.pixel_sum": 1e7}, runs=runs, workers=1)
    with pytest.raises(StdpbenchError, match=r"failed: .*data\.pixel_sum"):
        run.wait()
    assert run.state == "failed"
    with pytest.raises(StdpbenchError, match="has no weights and thresholds yet: it is failed"):
        _ = run.weights
    for wrong, message in (
        ({"experiment": 5}, "an experiment must be a name, a TOML file or an Experiment, not 5"),
        ({"seed": "x"}, "seed must be a whole number"),
        ({"set": "exc.tau_m=5"}, "changes must be a dict of values by dotted path, not 'exc.tau_m=5'"),
        ({"experiment": "digitz", "runs": runs}, "did you mean 'digits'"),
    ):
        with pytest.raises(StdpbenchError, match=message):
            stdpbench.start(**{"experiment": "digits", **wrong})


def test_held_out_measures_are_columns_by_position() -> None:
    live = LiveRun()
    live.held_out[500] = HeldOut(40, "spare", {"accuracy_vote": 0.5, "nmi": None})
    live.held_out[0] = HeldOut(40, "spare", {"accuracy_vote": 0.25, "nmi": 0.125})
    table = tables.as_table(held_out_columns(live), "position")
    assert table["accuracy_vote"].to_dict() == {0: 0.25, 500: 0.5}
    assert np.isnan(table["nmi"][500])


def test_importing_the_package_is_light_and_lists_its_names() -> None:
    code = (
        "import sys, stdpbench\n"
        "assert 'numpy' not in sys.modules and 'stdpbench.api' not in sys.modules\n"
        "public = ['Experiment', 'Network', 'Run', 'StdpbenchError']\n"
        "public += ['__version__', 'lab', 'open_network', 'open_run', 'reference', 'runs', 'start']\n"
        "public += ['stimulus_figure', 'stimulus_numbers']\n"
        "assert dir(stdpbench) == sorted(stdpbench.__all__) == public\n"
        "import stdpbench.runs.protocol.states\n"
        "assert stdpbench.runs('.') == ()\n"
        "from stdpbench import open_run, runs, start\n"
        "names = {}\n"
        "exec('from stdpbench import *', names)\n"
        "assert set(public) <= set(names) and dir(stdpbench) == public\n"
        "assert 'brian2' not in sys.modules and 'matplotlib' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'strat'"):
        _ = stdpbench.strat
