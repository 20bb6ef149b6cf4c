"""Ctrl+C never truncates a presentation: it is heard after it, when all of the state has been brought forward."""

from __future__ import annotations

import signal
import sys

import pytest
from networks import in_another_process, process

from stdpbench.engine.simulators import find_compiler

LONG = """
import hashlib, signal, threading, time

made = experiment("layer", {delays!r}, schedule__stimulus=30_000.0)
simulator, _ = open_simulator(made, N_INPUT, "compiled")
{before}
spikes = random_spikes(1, 60_000)


def digests():
    return {{key: hashlib.sha256(values.tobytes()).hexdigest() for key, values in simulator.state().items()}}


put_start(simulator, theta=7e-3)
start, at_start = simulator.state(), digests()
n_rest, took = 500_000, 0.0
while took < 0.3:  # s; however fast this machine is, the presentation is long enough to be interrupted
    n_rest *= 2
    simulator.set_state(start)
    simulator.reset()
    began = time.perf_counter()
    response = simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True, n_rest=n_rest)
    took = time.perf_counter() - began
expected = digests()
simulator.set_state(start)
simulator.reset()
interrupts = threading.Timer(took / 3, os.kill, (os.getpid(), signal.SIGINT))
interrupts.start()
heard = "nothing"
try:
    simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True, n_rest=n_rest)
    interrupts.join()
    time.sleep(0.05)
except KeyboardInterrupt:
    heard = "KeyboardInterrupt"
found = digests()
simulator.reset()
reset = digests()
result = dict(
    heard=heard,
    spikes=len(response.spikes["exc"]),
    truncated=[key for key in expected if expected[key] != found[key]],
    not_reset=[key for key in reset if key not in ("feed.w", "exc.theta") and reset[key] != at_start[key]],
)
"""


@pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")
@pytest.mark.parametrize(
    ("before", "delays"),
    [
        pytest.param("", "none", id="without brian2"),
        pytest.param("import brian2", "uniform", id="brian2 imported"),
        pytest.param("", "uniform", id="without brian2, delays", marks=pytest.mark.slow),
        pytest.param("import brian2", "none", id="brian2 imported, no delays", marks=pytest.mark.slow),
    ],
)
def test_ctrl_c_does_not_truncate_a_presentation(delays, before):
    result = in_another_process(LONG.format(delays=delays, before=before))
    assert result["spikes"] > 100
    assert result["truncated"] == [], f"after {result['heard']}"
    assert result["not_reset"] == [], f"after {result['heard']}"


@pytest.mark.skipif(find_compiler() is None or sys.platform == "win32", reason="needs a compiler, and POSIX")
def test_ctrl_c_is_not_swallowed_where_it_is_to_end_the_process():
    """With the system's own handler for Ctrl+C, the process ends once the presentation is over."""
    running = process(
        """
        import signal, threading, time
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        simulator, _ = open_simulator(experiment(schedule__stimulus=30_000.0), N_INPUT, "compiled")
        put_start(simulator)
        interrupts = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
        interrupts.start()
        while interrupts.is_alive():
            simulator.present(random_spikes(1, 2000), simulator.experiment.stimulus_bins, plastic=True, n_rest=100_000)
        interrupts.join()
        print("still there")
        """
    )
    out, err = running.communicate(timeout=120)
    assert "still there" not in out, err
    assert running.returncode == -signal.SIGINT
