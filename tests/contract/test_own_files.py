"""Networks that a Python file builds: the same spikes as in plain Brian2, pure presentations, refusals."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

import stdpbench
from stdpbench import open_network
from stdpbench.base import trust
from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.session import Session
from stdpbench.engine.simulators import Simulator, open_graph
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.kinds.encoding import Spikes
from stdpbench.runs.analysis.slow_motion import courses_of, not_replayed

FILE = """
from pathlib import Path

from brian2 import *

Path(__file__).with_name("executed").touch()
tau, eta, jump, size, plastic = 20*ms, 0.02, 0.05*mV, 8, 1

def build(P):
    model = '''dv/dt = -v/tau + 0.02*xi*tau**-0.5 : 1 (unless refractory)
               dtheta/dt = -plastic*theta/second : volt'''
    exc = NeuronGroup(size, model, threshold='v > 1 + theta/mV', reset='v = 0; theta += plastic*jump',
                      refractory=3*ms, method='euler')
    feed = Synapses(P, exc, '''w : 1
                               da/dt = -a/tau : 1 (event-driven)''',
                    on_pre='v += w; a = 1', on_post='w += plastic*(clip(w + eta*(a - 0.3), 0, 1) - w)')
    feed.connect(condition='(i + j) % 3 > 0')
    feed.w = '0.3*rand()'
    feed.pre.delay = 1*ms
    compete = Synapses(exc, exc, on_pre='v -= 0.2')
    compete.connect(condition='i != j')
    compete.delay = 'i*ms'
    return {'exc': exc, 'feed': feed, 'compete': compete}
"""
TABLES = """
data.kind = "digits"
network.kind = "brian2"
network.file = "mine.py"
network.populations.exc = { size = 8, learned = { theta = "mV" }, recorded = { v = "" } }
network.projections.feed = { source = "input", target = "exc", weight = "w", learns = true }
network.projections.compete = { source = "exc", target = "exc" }
network.values = { eta = 0.05, tau = "15 ms" }
schedule.train_images = 20
schedule.label_images = 20
schedule.test_images = 20
"""
N = 64

pytestmark = pytest.mark.usefixtures("trusting")


@pytest.fixture
def trusting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STDPBENCH_CONFIG", str(tmp_path / "config"))


def written(folder: Path, file: str = FILE, tables: str = TABLES, *, trusted: bool = True) -> Experiment:
    (folder / "mine.py").write_text(dedent(file), encoding="utf-8")
    (folder / "mine.toml").write_text(tables, encoding="utf-8")
    experiment = read_experiment(folder / "mine.toml")
    if trusted:
        file_of = experiment.graph().file
        assert file_of is not None
        trust.trust(file_of.sha256)
    return experiment


def stimulus(seed: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    chosen = np.unique(np.random.default_rng(seed).integers(0, 500 * N, 2500))
    return chosen % N, (chosen // N) * 0.5


def shown(session: Session, seed: int, *, plastic: bool = True) -> tuple[list[float], list[int]]:
    fired, when = session.present(*stimulus(seed), 250, plastic=plastic).spikes["exc"]
    return when.tolist(), fired.tolist()


def presented(simulator: Simulator, seed: int) -> list[list[int]]:
    index, time = stimulus(seed)
    spikes = Spikes(index.astype(np.int32), (time * 2).astype(np.int32))
    fired = simulator.present(spikes, 500, plastic=True).spikes["exc"]
    return [fired.bin.tolist(), fired.index.tolist()]


def test_spikes_and_weights_are_those_of_the_plain_script(tmp_path: Path) -> None:
    """In one presentation of a deterministic network, with Brian2's runtime mode and NumPy in another process."""
    experiment = written(tmp_path, FILE.replace("+ 0.02*xi*tau**-0.5 ", ""))
    index, time = stimulus(0)
    np.savez(tmp_path / "spikes.npz", index=index, time=time)
    script = """
        import runpy
        import numpy as np
        from brian2 import *
        prefs.codegen.target = "numpy"
        defaultclock.dt = 0.5*ms
        spikes, start = np.load("spikes.npz"), np.load("start.npz")
        names = runpy.run_path("mine.py")
        names["build"].__globals__.update(eta=0.05, tau=15*ms)
        built = names["build"](SpikeGeneratorGroup(64, spikes["index"], spikes["time"]*ms))
        feed, monitor = built["feed"], SpikeMonitor(built["exc"])
        feed.w = start["w"][feed.i[:], feed.j[:]]
        Network(feed.source, monitor, *built.values()).run(
            250*ms, namespace=dict(names["build"].__globals__, eta=0.05, tau=15*ms))
        w = np.zeros((64, 8))
        w[feed.i[:], feed.j[:]] = feed.w[:]
        np.savez("found.npz", i=monitor.i[:], t=monitor.t/ms, w=w, theta=built["exc"].theta/volt)
    """
    session = open_network(experiment, N)
    np.savez(tmp_path / "start.npz", w=session.weights("feed"))
    when, fired = shown(session, 0)
    (tmp_path / "plain.py").write_text(dedent(script), encoding="utf-8")
    subprocess.run([sys.executable, "plain.py"], cwd=tmp_path, check=True)
    found = np.load(tmp_path / "found.npz")
    assert len(fired) > 50
    np.testing.assert_array_equal(fired, found["i"])
    np.testing.assert_allclose(when, found["t"], atol=1e-9)
    np.testing.assert_allclose(session.weights("feed"), found["w"], rtol=1e-12)
    np.testing.assert_allclose(session.array("exc.theta"), found["theta"], rtol=1e-12)
    assert (session.weights("feed") == 0).mean() > 0.3  # pairs without a synapse


def test_a_presentation_is_a_function_of_state_and_spikes(tmp_path: Path) -> None:
    """With noise, spikes in flight, refractory neurons and event-driven traces; also in another network."""
    graph = written(tmp_path).graph(N)
    first, second = open_graph(graph)[0], open_graph(graph)[0]
    for seed in range(3):
        presented(first, seed)
    state = first.state()
    later = [presented(first, seed) for seed in (3, 4)]
    end = first.state()
    presented(second, 7)
    second.set_state(state)
    assert [presented(second, seed) for seed in (3, 4)] == later
    assert any(name.startswith("queue") and array[2:].any() for name, array in state.items())
    for name, array in second.state().items():
        np.testing.assert_array_equal(array, end[name], err_msg=name)
    first.reset()
    second.reset()
    assert presented(first, 5) == presented(second, 5)
    assert presented(first, 6) != presented(first, 6)  # it has learned


def test_weights_that_are_written_act_and_frozen_presentations_change_nothing(tmp_path: Path) -> None:
    experiment = written(tmp_path)
    session = open_network(experiment, N)
    before = session.weights("feed").copy()
    assert len(shown(session, 0, plastic=False)[0]) > 10
    np.testing.assert_array_equal(session.weights("feed"), before)
    session.weights("feed")[...] = 0
    session.reset()
    activity = session.present(*stimulus(0), 250, record={"exc": [0, 5]})
    assert not len(activity.spikes["exc"][0])
    assert activity.courses["exc"]["v"].shape == (500, 2)
    assert 0 < np.abs(activity.courses["exc"]["v"]).max() < 1
    frame = {"recording": {"neurons": np.array([0, 5]), **activity.courses["exc"]}}
    found = courses_of(experiment, frame, 5)
    assert found is not None
    np.testing.assert_array_equal(found.v, activity.courses["exc"]["v"][:, 1])
    assert not len(found.threshold)  # only the file knows it
    graph = experiment.graph()
    assert "only the file that builds the network has it" in not_replayed(graph, graph.projections["feed"])


def test_values_replace_constants_also_during_a_run(tmp_path: Path) -> None:
    experiment = written(tmp_path).override({"network.values.size": 8})
    simulator = open_graph(experiment.graph(N))[0]
    simulator.set_graph(experiment.changed_live({"network.values.eta": 0.0}).graph(N))
    before = simulator.weights("feed").copy()
    presented(simulator, 0)
    np.testing.assert_array_equal(simulator.weights("feed"), before)
    simulator.set_graph(experiment.graph(N))
    presented(simulator, 0)
    assert not np.array_equal(simulator.weights("feed"), before)


def test_a_value_that_only_python_reads_is_refused_and_leaves_no_trace(tmp_path: Path) -> None:
    """Neither in the run, which goes on and takes other changes, nor in its journal, with which it is resumed."""
    written(tmp_path)
    run = stdpbench.start(tmp_path / "mine.toml", set={"network.values.size": 8}, runs=tmp_path / "runs", workers=1)
    run.pause()
    run.step(3)
    with pytest.raises(StdpbenchError, match=r"network.values.size is used only while .* builds the network"):
        run.set({"network.values.size": 9})
    assert run.set({"network.values.eta": 0.1}) == {"network.values.eta": (0.05, 0.1)}
    run.stop()
    run.resume()
    run.wait()
    assert run.state == "finished"
    assert run.experiment.network.values.size == 8


def test_reading_describing_and_saving_execute_nothing(tmp_path: Path) -> None:
    experiment = written(tmp_path, trusted=False)
    again = Experiment.from_toml(experiment.to_toml())
    assert again == experiment
    assert again.digest == experiment.digest
    assert experiment.override({"network.values.eta": "0.1"}).differences(experiment).keys() == {"network.values.eta"}
    with pytest.raises(StdpbenchError, match=r"mine\.py is a program that would run with your rights"):
        open_network(experiment, N)
    assert not (tmp_path / "executed").exists()
    (tmp_path / "mine.py").write_text(FILE + "\n", encoding="utf-8")
    with pytest.raises(StdpbenchError, match="has changed"):
        open_network(experiment, N)
    assert read_experiment(tmp_path / "mine.toml").digest != experiment.digest


_NEURONS = "exc = NeuronGroup(size, model"
_PLAIN = "w += plastic*(clip(w + eta*(a - 0.3), 0, 1) - w)"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("\ndef build(P):", "\nrun(1*ms)\n\ndef build(P):", "mine.py runs a network; build it in build(P), and call"),
        ("\ndef build(P):", "\nG = NeuronGroup(1, 'v : 1')\n\ndef build(P):", "mine.py makes objects of Brian2 when"),
        ("def build", "def made", "mine.py has no function build(P)"),
        (_NEURONS, "x = 1 / 0\n    " + _NEURONS, "mine.py, line 12: ZeroDivisionError: division by zero"),
        ("def build(P):", "def build(P:", "mine.py, line 9: SyntaxError"),
        (
            "size, plastic = 20*ms, 0.02, 0.05*mV, 8, 1",
            "size, plastic = 20*ms, 0.02, 0.05*mV, 9, 1",
            "'exc' has 9 neur",
        ),
        ("{'exc': exc, ", "{'other': exc, ", "build returns no 'exc'; it returns 'other', 'feed', 'compete'"),
        ("Synapses(P, exc", "Synapses(exc, exc", "'feed' does not connect input with exc"),
        ("feed.connect(", "feed.connect(i=1, j=0); feed.connect(", "feed connects a pair of neurons twice"),
        ('weight = "w"', 'weight = "ww"', "feed has no variable 'ww' in mine.py; did you mean 'w'?"),
        (
            'theta = "mV"',
            'theta = "ms"',
            "exc.theta has the unit V in mine.py, but network.populations.exc says second",
        ),
        ("""'''w : 1""", """'''w : volt""", "mine.py, line 18: DimensionMismatchError"),
        ("return {'exc': exc,", "return {'exc': exc[:8],", "'exc' is not made by build, or only a part of what is"),
        ('theta = "mV"', 'theta = ""', "exc.theta has the unit V in mine.py, but network.populations.exc says 1"),
        (", plastic = 20*ms, 0.02, 0.05*mV, 8, 1", " = 20*ms, 0.02, 0.05*mV, 8", "mine.py has no constant 'plastic'"),
        (", jump, ", ", leap, ", "mine.py, line 12: KeyError"),  # an unknown name in equations, in Brian2's words
        (
            "\ndef build(P):",
            "\nset_device('cpp_standalone')\n\ndef build(P):",
            "mine.py chooses a device (set_device)",
        ),
        ("tau, eta", "tau_m, eta", "network.values.tau: mine.py has no constant 'tau'; did you mean 'tau_m'?"),
        ("= 20*ms,", "= 20*mV,", "network.values.tau has another dimension than tau in mine.py"),
        ("def build(P):", "def build(P):\n    defaultclock.dt = 0.1*ms", "mine.py sets defaultclock.dt to"),
    ],
)
def test_what_a_file_does_wrong_is_said_in_a_sentence(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in FILE + TABLES
    experiment = written(tmp_path, FILE.replace(old, new), TABLES.replace(old, new))
    with pytest.raises(StdpbenchError, match=re.escape(sentence)) as caught:
        open_network(experiment, N)
    assert "\n" not in str(caught.value)


def test_learning_that_cannot_be_switched_off_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StdpbenchError, match=r"mine\.py: feed.w has changed while learning was off"):
        open_network(written(tmp_path, FILE.replace(_PLAIN, "w = clip(w + eta*(a - 0.3), 0, 1)")), N)
    session = open_network(written(tmp_path, FILE.replace(_PLAIN, "w = clip(w + plastic*eta*(a - 0.3), 0, 1)")), N)
    session.weights("feed")[...] *= 10  # as normalisation may
    with pytest.raises(StdpbenchError, match=r"multiply the whole change by plastic, also that by clip"):
        shown(session, 1, plastic=False)
    operation = "@network_operation\n    def fade():\n        feed.w = 0.9*feed.w[:]\n\n    return {"
    with pytest.raises(StdpbenchError, match=r"a network_operation does not see plastic: normalise in the table"):
        open_network(written(tmp_path, FILE.replace("return {", operation)), N)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"mine.py"', '"../mine.py"', "network.file: ../mine.py is not in the folder of the experiment"),
        ('"mine.py"', '"other.py"', "there is no file"),
        ("eta = 0.05", "eta = true", "network.values.eta: expected a number, not true or false"),
        ("eta = 0.05", "eta = '3 apples'", "network.values.eta must be a number, or a text with a unit"),
        ('theta = "mV"', 'theta = "furlong"', "network.populations.exc.learned.theta must be"),
        ('weight = "w", ', "", "network.projections.feed.weight must name the variable that learns"),
        ('target = "exc", w', 'target = "inh", w', "network.projections.feed.target: there is no population 'inh'"),
        ("populations.exc", "populations.input", "network.populations.input is the group that build gets"),
        ("data.kind", "simulator.precision = 'float32'\ndata.kind", "simulator.precision has no effect"),
    ],
)
def test_tables_that_do_not_fit_are_refused(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    (tmp_path / "folder").mkdir()
    assert old in TABLES
    with pytest.raises(StdpbenchError, match=re.escape(sentence)):
        written(tmp_path / "folder", FILE, TABLES.replace(old, new))


def test_other_tools_say_that_they_need_the_equations(tmp_path: Path) -> None:
    experiment = written(tmp_path)
    with pytest.raises(StdpbenchError, match=r"network.kind 'graph' needs the equations .* which only mine.py has"):
        experiment.spelled_out()
