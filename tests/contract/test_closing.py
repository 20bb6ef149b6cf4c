"""A closed simulator gives its memory back; an array that somebody still has stays valid until nobody has it."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from networks import (
    N_EXC,
    N_INPUT,
    SIMULATORS,
    experiment,
    fingerprint,
    in_another_process,
    process,
    put_start,
    random_spikes,
)

from stdpbench.base.errors import StdpbenchError
from stdpbench.compiling.entries import COPY
from stdpbench.engine.simulators import Simulator, find_compiler, open_simulator

needs_a_compiler = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")
looks_at_itself = pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc")


def compiled() -> Simulator:
    simulator, _ = open_simulator(experiment(), N_INPUT, "compiled")
    put_start(simulator)
    return simulator


def loaded() -> int:
    """Compiled networks in this process."""
    maps = Path("/proc/self/maps").read_text().splitlines()
    return len({line.split(maxsplit=5)[5] for line in maps if COPY in line})


class Heap(ctypes.Structure):
    """What ``mallinfo2`` of glibc tells."""

    names = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")
    _fields_ = [(name, ctypes.c_size_t) for name in names]


def in_use() -> int:
    """Bytes that were allocated and not freed; gaps between them are not counted."""
    info = ctypes.CDLL(None).mallinfo2
    info.restype = Heap
    heap = info()
    return int(heap.uordblks + heap.hblkhd)


def sizes_while_networks_are_closed() -> tuple[list[int], int]:
    """Bytes in use after each dozen of networks that were opened, used and closed, and how many stayed loaded."""
    sizes = []
    for _ in range(5):
        for _ in range(12):
            simulator = compiled()
            simulator.present(random_spikes(1, 200, 0.05), simulator.experiment.stimulus_bins, plastic=True)
            simulator.close()
        gc.collect()
        sizes.append(in_use())
    return sizes, loaded()


@needs_a_compiler
@looks_at_itself
@pytest.mark.skipif(os.name != "posix" or not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="needs glibc 2.33")
def test_networks_that_are_closed_take_no_memory():
    # A process of its own: what other tests left running would be counted, too.
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        sizes, still_loaded = process.submit(sizes_while_networks_are_closed).result()
    assert still_loaded == 0
    weights = N_EXC * N_INPUT * 8  # bytes of one network
    assert sizes[-1] - sizes[0] < 12 * weights, "48 networks were closed meanwhile"


@needs_a_compiler
@looks_at_itself
def test_an_array_of_a_closed_network_stays_valid_until_it_is_let_go_of():
    before, simulator = loaded(), compiled()
    w, row = simulator.w, simulator.w[3, 2:]
    kept = w.copy()
    simulator.close()
    others = [compiled() for _ in range(5)]
    answers = {
        fingerprint(other.present(random_spikes(1, 200, 0.05), other.experiment.stimulus_bins, plastic=True))
        for other in others
    }
    assert len(answers) == 1
    assert w.tobytes() == kept.tobytes()
    w[...] = 7.0
    assert all(other.w.max() < 7.0 for other in others)
    for other in others:
        other.close()
    assert loaded() == before + 1
    del w
    assert (row == 7.0).all()
    del row
    assert loaded() == before


@pytest.mark.parametrize("name", SIMULATORS)
def test_a_closed_simulator_says_so(name, opened):
    simulator = opened(name, experiment())
    simulator.close()
    simulator.close()
    for use in (lambda: simulator.w, lambda: simulator.state(), simulator.reset):
        with pytest.raises(StdpbenchError, match="closed"):
            use()
    with pytest.raises(StdpbenchError, match="closed"):
        simulator.present(random_spikes(1, 200, 0.05), simulator.experiment.stimulus_bins, plastic=True)


@needs_a_compiler
def test_a_simulator_may_be_closed_while_another_thread_uses_it():
    simulator, errors = compiled(), list[str]()
    answers, begun = set[str](), threading.Event()

    def use() -> None:
        try:
            while True:
                put_start(simulator)
                answers.add(
                    fingerprint(
                        simulator.present(
                            random_spikes(1, 200, 0.05), simulator.experiment.stimulus_bins, plastic=True, n_rest=2000
                        )
                    )
                )
                begun.set()
        except StdpbenchError as error:
            errors.append(str(error))

    thread = threading.Thread(target=use)
    thread.start()
    assert begun.wait(60)
    simulator.close()
    thread.join(60)
    assert errors == ["this simulator is closed"]
    assert len(answers) == 1


# memory that an opened network takes

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "sparse.py"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the script reads the resident size from /proc")
def test_two_million_synapses_take_at_most_half_as_much_again_as_their_numbers() -> None:
    command = [sys.executable, str(SCRIPT), "--only", "ours", "--seconds", "1"]
    figures = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["ours"]
    assert figures["n_synapses"] > 1_900_000
    assert figures["predicted_MB"] < figures["held_MB"] < 1.5 * figures["predicted_MB"]


# ctrl+C never truncates a presentation: it is heard after it, when all of the state has been brought forward

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
    out, err = running.communicate()
    assert "still there" not in out, err
    assert running.returncode == -signal.SIGINT
