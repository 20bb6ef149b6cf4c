"""Label and test presentations: frozen, each from the reset state, the same however many processes share them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import wait_until

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import Images
from stdpbench.engine.network import normalise, start_weights
from stdpbench.engine.simulators import Simulator, find_compiler, open_simulator
from stdpbench.experiment import Experiment, encode
from stdpbench.results.readout import SpikeTrains
from stdpbench.runs.presentation import processes
from stdpbench.runs.presentation.frozen import present_frozen
from stdpbench.runs.presentation.processes import Part, Processes, default_workers, respond
from stdpbench.runs.process.training import train

N_EXC, SIDE, N_IMAGES = 4, 8, 230  # the network of the harness, which is compiled once for all


def experiment(delays: str = "none", **schedule: Any) -> Experiment:
    return Experiment.from_mapping(
        {
            "seed": 5,
            "network": {
                "n_exc": N_EXC,
                "delays": delays,
                "max_delay": 3.0,
                "weight_sum": 50.0,
                "w_inh_exc": 4.0,
            },
            "exc": {"theta_start": 12.0},
            "schedule": {"stimulus": 80.0, "between": "carry", "max_attempts": 4, **schedule},
        }
    )


@pytest.fixture(scope="module")
def images() -> Images:
    """Blobs of different brightness; every tenth black, every seventh so dim that it takes several attempts."""
    rng = np.random.default_rng(2)
    pixels = np.zeros((N_IMAGES, SIDE, SIDE), np.uint8)
    for number in range(N_IMAGES):
        row, column = rng.integers(0, SIDE - 4, 2)
        pixels[number, row : row + 5, column : column + 5] = 70 if number % 7 == 3 else rng.integers(150, 256)
    pixels[::10] = 0
    return Images(pixels, rng.integers(0, 10, N_IMAGES))


@pytest.fixture(scope="module")
def trained(images: Images) -> Iterator[Simulator]:
    """A network that has learned a little, in the middle of things: no state is at rest."""
    if find_compiler() is None:
        pytest.skip("needs a C++ compiler")
    made = experiment("uniform")
    simulator, _ = open_simulator(made, images.n_values, "compiled")
    simulator.w[...] = start_weights(made, images)
    for _ in train(simulator, made, images.part(0, 60)):
        pass
    normalise(simulator.w, 50.0)
    yield simulator
    simulator.close()


def gathered(parts: Iterator[Part], n: int = N_IMAGES) -> tuple[np.ndarray, np.ndarray]:
    """All parts put together; each picture once."""
    counts, attempts, seen = np.zeros((n, N_EXC), np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    for part in parts:
        where = slice(part.start, part.start + len(part.attempts))
        assert part.spike_counts.shape == (len(part.attempts), N_EXC)
        assert part.spike_counts.dtype == np.uint16
        counts[where], attempts[where] = part.spike_counts, part.attempts
        seen[where] += 1
    assert (seen == 1).all()
    return counts, attempts


def state_of(simulator: Simulator) -> bytes:
    return b"".join(values.tobytes() for values in simulator.state().values())


@pytest.mark.parametrize("workers", [pytest.param(2, marks=pytest.mark.slow), 3])
def test_the_result_does_not_depend_on_the_number_of_workers(trained, images, workers):
    made, before = trained.experiment, state_of(trained)
    alone, attempts = gathered(respond(trained, made, images, "label", workers=1))
    assert state_of(trained) == before
    counts, shared_attempts = gathered(respond(trained, made, images, "label", workers=workers))
    assert state_of(trained) == before
    np.testing.assert_array_equal(counts, alone)
    np.testing.assert_array_equal(shared_attempts, attempts)
    # there was something to get wrong: many responses, some after several attempts, some never
    assert (alone.sum(axis=1) >= 5).sum() > N_IMAGES // 2
    assert (alone.sum(axis=0) > 0).sum() > N_EXC // 2
    assert ((attempts > 1) & (alone.sum(axis=1) >= 5)).sum() > 3
    assert (attempts[::10] == 4).all()
    assert (alone[::10] == 0).all()


def test_each_response_depends_on_its_own_number_alone(trained, images):
    made = trained.experiment
    whole, _ = gathered(respond(trained, made, images, "test", workers=1))
    rng = np.random.default_rng(0)
    state = trained.state()
    for number in rng.permutation(N_IMAGES)[:40].tolist():
        response, _ = present_frozen(trained, made, images, "test", number)
        np.testing.assert_array_equal(response.counts("exc"), whole[number])
    trained.set_state(state)
    # fewer pictures, the same responses
    part, _ = gathered(respond(trained, made, images.part(0, 120), "test", workers=1), 120)
    np.testing.assert_array_equal(part, whole[:120])


def test_a_dim_picture_is_shown_again_brighter(trained, images):
    made, state = trained.experiment, trained.state()
    number = next(n for n in range(3, N_IMAGES, 7) if present_frozen(trained, made, images, "test", n)[1] in (2, 3))
    last, attempts = present_frozen(trained, made, images, "test", number)
    for attempt in range(attempts):
        trained.reset()
        spikes = encode(made, images, "test", number, attempt, number)
        response = trained.present(
            spikes, trained.experiment.stimulus_bins, plastic=False, n_rest=trained.layout.max_delay_bins
        )
        assert (response.counts("exc").sum() >= 5) == (attempt == attempts - 1)
    np.testing.assert_array_equal(last.counts("exc"), response.counts("exc"))
    trained.set_state(state)


def test_trains_hold_the_spikes_that_are_counted_with_their_times(trained, images):
    made, state = trained.experiment, trained.state()
    shown = images.part(0, 30)
    parts = sorted(respond(trained, made, shown, "test", workers=1, ranges=[(0, 20), (20, 30)]), key=lambda p: p.start)
    assert {part.start for part in parts} >= {0, 20}  # no part is in two ranges
    trains = SpikeTrains.joined([part.trains for part in parts])
    np.testing.assert_array_equal(trains.counts(), np.concatenate([part.spike_counts for part in parts]))
    response, _ = present_frozen(trained, made, shown, "test", 21)
    own = trains.part(21, 22)
    during = response.spikes["exc"].bin < made.stimulus_bins
    assert during.sum() >= 5
    np.testing.assert_array_equal(own.neuron, response.spikes["exc"].index[during])
    np.testing.assert_array_equal(own.bin, response.spikes["exc"].bin[during])
    trained.set_state(state)


def test_a_picture_shown_as_another_presentation_draws_other_spikes(trained, images):
    made, state = trained.experiment, trained.state()
    usual, _ = present_frozen(trained, made, images, "test", 1)
    again, _ = present_frozen(trained, made, images, "test", 1, 1)
    other, _ = present_frozen(trained, made, images, "test", 1, 1 + 2**32)
    np.testing.assert_array_equal(usual.input.bin, again.input.bin)
    assert len(usual.input) != len(other.input) or (usual.input.bin != other.input.bin).any()
    trained.set_state(state)


def test_a_simulated_rest_in_training_changes_no_evaluation(trained, images):
    """A rest between training pictures is none between those that label and test."""
    made = trained.experiment
    resting = made.override({"schedule.between": "rest"})
    one, _ = gathered(respond(trained, made, images.part(0, 30), "test", workers=1), 30)
    other, _ = gathered(respond(trained, resting, images.part(0, 30), "test", workers=1), 30)
    np.testing.assert_array_equal(one, other)


def test_a_stop_in_the_middle_leaves_the_state_as_it_was(trained, images):
    before = state_of(trained)
    parts = respond(trained, trained.experiment, images, "test", workers=1)
    next(parts)
    parts.close()
    assert state_of(trained) == before


def test_a_stop_in_the_middle_ends_the_processes(trained, images, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = state_of(trained)
    with closing(respond(trained, trained.experiment, images, "test", workers=2)) as parts:
        assert len(next(parts).attempts) > 0
        assert list(tmp_path.glob("stdpbench-*"))
    assert list(tmp_path.glob("stdpbench-*")) == []
    assert state_of(trained) == before
    if Path("/proc/self/task").is_dir():
        assert [name for name in child_commands() if "loky" in name and "resource_tracker" not in name] == []


def child_commands() -> list[str]:
    """Command lines of this process's children that are alive."""
    import os

    commands = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()
            if parent[1] == str(os.getpid()) and parent[0] != "Z":
                commands.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return commands


@pytest.mark.parametrize("workers", [1, 2])
def test_what_goes_wrong_in_a_process_is_told_here(trained, images, workers):
    before = state_of(trained)
    pixels = images.pixels.astype(np.float32)
    pixels[150, 3, 3] = 1e5
    parts = respond(trained, trained.experiment, Images(pixels, None), "test", workers=workers)
    with pytest.raises(StdpbenchError, match="below 1"):
        gathered(parts)
    assert state_of(trained) == before


@pytest.mark.parametrize("workers", [1, 2])
def test_no_pictures_no_responses(trained, images, workers):
    assert list(respond(trained, trained.experiment, images.part(0, 0), "test", workers=workers)) == []


def test_weights_out_of_bounds_are_used_as_they_are(trained, images):
    """Normalisation leaves weights above w_max: frozen presentations clip nothing, in this process or in others.

    Processes that live on get the weights and the phase of what follows.
    """
    state, few = trained.state(), images.part(0, 110)
    others = Processes()
    label, _ = gathered(respond(trained, trained.experiment, few, "label", workers=2, processes=others), 110)
    alone, _ = gathered(respond(trained, trained.experiment, few, "label", workers=1), 110)
    np.testing.assert_array_equal(label, alone)
    trained.w[: SIDE * 3] *= 4
    assert trained.w.max() > 1.0
    changed = state_of(trained)
    alone, _ = gathered(respond(trained, trained.experiment, few, "test", workers=1), 110)
    with closing(others):
        shared, _ = gathered(respond(trained, trained.experiment, few, "test", workers=2, processes=others), 110)
    assert state_of(trained) == changed
    np.testing.assert_array_equal(alone, shared)
    trained.set_state(state)


def test_parameters_in_force_are_those_that_are_used(trained, images):
    """A parameter changed during training holds in label and test as well, in every process."""
    made, state = trained.experiment, trained.state()
    before, _ = gathered(respond(trained, made, images.part(0, 110), "test", workers=1), 110)
    changed = made.override({"exc.tau_m": "60 ms", "network.w_inh_exc": 17})
    trained.set_parameters(changed)
    alone, _ = gathered(respond(trained, changed, images.part(0, 110), "test", workers=1), 110)
    shared, _ = gathered(respond(trained, changed, images.part(0, 110), "test", workers=2), 110)
    np.testing.assert_array_equal(alone, shared)
    assert (alone != before).any()
    trained.set_parameters(made)
    trained.set_state(state)


def test_no_more_workers_than_memory_holds(trained, monkeypatch):
    enough = default_workers(trained.layout)
    monkeypatch.setattr(processes, "available_memory", lambda: 1000)
    assert default_workers(trained.layout) == 1
    monkeypatch.setattr(processes, "available_memory", lambda: None)
    assert default_workers(trained.layout) == enough


LABEL_AND_DIE = """
import os, signal
import numpy as np
from stdpbench.data.datasets import Images
from stdpbench.experiment import Experiment
from stdpbench.runs.presentation.processes import respond
from stdpbench.engine.simulators import open_simulator

if __name__ == "__main__":
    made = Experiment.from_mapping({"network": {"n_exc": 4}, "schedule": {"stimulus": 20.0, "max_attempts": 1}})
    images = Images(np.full((400, 8, 8), 200, np.uint8), None)
    simulator, _ = open_simulator(made, images.n_values)
    next(respond(simulator, made, images, "label", workers=2))
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="a process cannot see there that its parent is gone")
def test_what_workers_read_is_removed_by_them_where_the_process_is_killed(tmp_path):
    """Also the temporary folder, which nobody else knows of."""
    script = tmp_path / "label.py"
    script.write_text(LABEL_AND_DIE, encoding="utf-8")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    done = subprocess.run([sys.executable, str(script)], env={**os.environ, "TMPDIR": str(temporary)}, check=False)
    assert done.returncode == -signal.SIGKILL
    wait_until(lambda: not list(temporary.glob("stdpbench-*")))
