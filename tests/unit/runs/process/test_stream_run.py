"""Runs of streams: pieces, checkpoints, kills, branches, and what they record."""

from __future__ import annotations

import numpy as np
import pytest
from harness import drive, ended, finished, killed_at_position, new_run

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import find_compiler
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.runs.analysis.curves import Curves
from stdpbench.runs.analysis.stream_series import summary
from stdpbench.runs.catalog.comparison import Account
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.learned_arrays import learned_file
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import branch, rewind
from stdpbench.runs.lineage.reproduction import prepare
from stdpbench.runs.preparation.start import load_split
from stdpbench.runs.presentation.spike_target import find_value
from stdpbench.runs.process import figures
from stdpbench.runs.process.reevaluate import evaluate_run
from stdpbench.runs.protocol.facts import Block, Piece
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.options import Options
from stdpbench.studies.report.evaluated_run import load_run

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")

STREAM = """
seed = 3
[data]
kind = "patterns"
n = 40
n_pattern = 20
pattern = "20 ms"

[network]
kind = "graph"
[network.populations.input]
[network.populations.exc]
size = 6
noise = { kind = "poisson", rate = "100 Hz", weight = 0.1, receptor = "ge" }
[network.populations.exc.neuron]
kind = "adaptive-lif"
tau_m = "20 ms"
theta_plus = "0.2 mV"
tau_theta = "2000 ms"
theta_start = "10 mV"
[network.projections.feed]
source = "input"
target = "exc"
receptor = "ge"
weight = { kind = "uniform", low = 0.05, high = 0.4 }
delay = { kind = "uniform", high = "8 ms" }
plasticity = { kind = "pair-additive" }
[network.projections.compete]
source = "exc"
target = "exc"
receptor = "gi"
connect = { kind = "others" }
weight = 3
delay = "2 ms"

[schedule]
between = "stream"
duration = "4 s"
piece = "PIECE"
"""


def experiment(piece: str = "0.2 s") -> Experiment:
    return Experiment.from_toml(STREAM.replace("PIECE", piece))


def learned(folder: RunFolder) -> dict[str, bytes]:
    return {name: np.load(folder.path / learned_file(name)).tobytes() for name in ("feed.w", "exc.theta")}


def pieces(folder: RunFolder) -> list[Piece]:
    return [record.fact for record in read_journal(folder.path) if isinstance(record.fact, Piece)]


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return ended(new_run(tmp_path_factory.mktemp("parent"), experiment()))


def test_a_stream_ends_without_evaluation(parent):
    live = LiveRun.replay(read_journal(parent.path))
    assert live.started.phases == (("train", 20),)
    assert live.position == 20
    metrics = parent.read_json("metrics.json")
    assert metrics["accuracy"] == {}
    assert metrics["training"]["presentations"] == 20
    assert len(live.pieces) == 20
    assert not live.held_out


def test_every_piece_is_measured(parent):
    found = pieces(parent)
    assert len(found) == 20
    assert all(each.rates["exc"] > 1 for each in found)
    assert found[-1].cv["exc"] is not None
    assert found[-1].synchrony["exc"] is not None
    assert all(sum(each.weights["feed"]) == 240 for each in found)
    occurrences = [one for each in found for one in each.occurrences]
    assert len(occurrences) == 50  # a quarter of 200 slots
    assert any(latency is not None for _, _, each in occurrences for latency in each)
    latencies = [latency for _, _, each in occurrences for latency in each if latency is not None]
    assert min(latencies) >= 0
    assert max(latencies) < 20
    exc = np.load(parent.path / "exc_spikes.npy").sum()
    assert sum(each.rates["exc"] for each in found) * 0.2 * 6 == pytest.approx(exc, rel=1e-4)


@pytest.mark.parametrize("piece", ["0.1 s", "1 s", "4 s"])
def test_the_cut_into_pieces_changes_nothing_that_is_learned(piece, parent, tmp_path):
    folder = ended(new_run(tmp_path, experiment(piece)))
    assert learned(folder) == learned(parent)
    occurrences, wanted = ([one for each in pieces(f) for one in each.occurrences] for f in (folder, parent))
    assert occurrences == wanted
    alarms, expected = (np.sum([each.false_alarms for each in pieces(f)], axis=0).tolist() for f in (folder, parent))
    assert alarms == expected


def test_branches_and_rewinding(parent, tmp_path):
    same = ended(branch(parent, 7, runs=tmp_path))
    assert learned(same) == learned(parent)
    other = ended(branch(parent, 7, {"network.projections.feed.plasticity.a_plus": 0.05}, tmp_path))
    assert learned(other) != learned(parent)
    of_then = [same.path / "figures" / "stream.png", same.path / "report" / "weights.csv"]
    own = same.path / "report" / "notes.csv"
    for file in (*of_then, own):
        file.parent.mkdir(exist_ok=True)
        file.write_text("")
    rewind(same, 13)
    assert [file.exists() for file in (*of_then, own)] == [False, False, True]
    finished(same)
    assert learned(same) == learned(parent)
    assert pieces(same) == pieces(parent)


def test_a_stream_is_reproduced(parent, tmp_path):
    folder, remark = prepare(parent, tmp_path)
    assert not remark
    finished(folder)
    assert learned(folder) == learned(parent)


def test_parameters_change_between_pieces(parent, tmp_path):
    changed = {8: [("set", {"changes": {"network.projections.feed.plasticity.a_plus": 0.03}})]}
    folder, killed = (new_run(tmp_path, experiment()) for _ in range(2))
    finished(folder, at=changed)
    drive(killed, at=changed, die=killed_at_position(12))
    finished(killed)
    assert learned(killed) == learned(folder) != learned(parent)
    assert pieces(killed) == pieces(folder)


def test_there_are_no_pictures_to_hold_out(tmp_path):
    folder = new_run(tmp_path, experiment(), validation=True)
    assert "leave out --validation" in drive_reason(folder)


def drive_reason(folder: RunFolder) -> str:
    drive(folder)
    return str(folder.read_json("run.json")["reason"])


def test_blocks_go_on_beside_pieces(parent):
    blocks = [record.fact for record in read_journal(parent.path) if isinstance(record.fact, Block)]
    assert sum(len(block.spikes) for block in blocks) == 20


def test_the_spikes_of_a_file_are_those_of_the_run(tmp_path):
    random = np.random.default_rng(2)
    np.savez(tmp_path / "mine.npz", index=random.integers(0, 40, 9000), time=4 * random.random(9000))
    text = STREAM.replace("PIECE", "0.5 s").replace(
        'kind = "patterns"\nn = 40\nn_pattern = 20\npattern = "20 ms"',
        f'kind = "spike-times"\npath = "{tmp_path}/mine.npz"',
    )
    folder = ended(new_run(tmp_path / "runs", Experiment.from_toml(text)))
    assert all(each.rates["exc"] > 0 for each in pieces(folder))
    assert not prepare(folder, tmp_path / "runs")[1]
    np.savez(tmp_path / "mine.npz", index=[39], time=[1.0])
    assert "differ from those of the original run" in prepare(folder, tmp_path / "runs")[1]


def test_the_end_of_a_stream_is_summarised(parent):
    found = parent.read_json("metrics.json")["training"]["stream"]
    assert found["seconds"] == 1.2
    assert found["rate"]["exc"] > 1
    assert 0 <= found["hit_rate"] <= 1
    names = Account.of(parent).metrics
    assert {"pieces of the stream", "rate of exc (Hz)", "patterns with a spike, best neuron"} <= names.keys()


def test_python_has_the_measures(parent):
    run = stdpbench.open_run(parent.path)
    assert run.stream["rate.exc"].shape == (20,)
    assert run.stream["patterns.latency"].shape == (50, 6)
    assert len(run.plot_stream().figure.axes) == 7
    assert run.plot_stream(width=88).figure.get_figwidth() == pytest.approx(88 / 25.4)


def test_evaluation_needs_labels(parent, tmp_path):
    with pytest.raises(StdpbenchError, match="has no labels to evaluate"):
        list(evaluate_run(parent.path, Options()))
    with pytest.raises(StdpbenchError, match="which has no pictures to count spikes for"):
        list(find_value(parent, "exc.v_thresh", 3))
    with pytest.raises(StdpbenchError, match="is the run of a stream, which has no labels"):
        load_run(parent)


def test_figures_of_a_stream(parent, tmp_path, monkeypatch):
    monkeypatch.setenv("STDPBENCH_FIGURES", "1")
    drawn = {}
    monkeypatch.setattr(figures, "write_figure", lambda figure, path: drawn.setdefault(path.name, figure))
    made, folder = experiment(), new_run(tmp_path, experiment())
    split = load_split(made, False)
    figures.draw_training(
        folder, made, split, np.ones((40, 6)), Curves(20, None, 0), dict(enumerate(pieces(parent), 1))
    )
    assert list(drawn) == ["stream.png"]


@pytest.mark.slow
def test_masquelier_2008_selects_the_pattern_within_a_minute(tmp_path):
    shortened = read_experiment("masquelier-2008").override({"schedule.duration": "60 s"})
    folder = ended(new_run(tmp_path, shortened))
    live = LiveRun.replay(read_journal(folder.path))
    end = summary(live.pieces, 1.0)  # of the last 20 s
    assert end["hit_rate"] > 0.95
    assert end["false_alarms"] == 0
    assert end["latency"] < 25
