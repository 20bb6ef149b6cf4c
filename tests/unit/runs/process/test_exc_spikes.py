"""Which exc neurons have fired is counted: in all attempts, over kills and branches, and not for another network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest
from harness import N_TRAIN, drive, ended, experiment, new_run
from numpy.typing import NDArray

from stdpbench.declare.learned_names import FEED, THETA
from stdpbench.engine.simulators import Simulator, find_compiler
from stdpbench.runs.folder.checkpoints import positions
from stdpbench.runs.folder.past_weights import newest_weights, weights_at
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.creation import create_run_from
from stdpbench.runs.process.engine import RunEngine
from stdpbench.runs.process.publisher import Publisher
from stdpbench.runs.process.training import Training
from stdpbench.runs.protocol.messages import Request
from stdpbench.runs.protocol.options import Options

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")


@pytest.fixture
def fired(monkeypatch: pytest.MonkeyPatch) -> list[NDArray[np.int32]]:
    """Which exc neurons fired in each attempt of a training presentation, once for each spike."""
    found: list[NDArray[np.int32]] = []
    present, step, trains = Simulator.present, Training.step, [False]

    def watched(self: Simulator, *arguments: Any, **more: Any) -> Any:
        response = present(self, *arguments, **more)
        if trains[0]:
            found.append(response.spikes["exc"].index)
        return response

    def taken(self: Training, *arguments: Any) -> Any:  # what measures the speed learns too, and is undone
        trains[0] = True
        presented = step(self, *arguments)
        trains[0] = False
        return presented

    monkeypatch.setattr(Simulator, "present", watched)
    monkeypatch.setattr(Training, "step", taken)
    return found


def counted(folder: RunFolder) -> list[int]:
    return [int(n) for n in np.load(folder.path / "exc_spikes.npy")]


def test_every_spike_counts_those_of_earlier_attempts_too(fired, tmp_path):
    folder = ended(new_run(tmp_path, experiment(schedule__min_spikes=9), baselines=False))
    assert len(fired) > N_TRAIN  # some pictures were shown again
    expected = np.bincount(np.concatenate(fired), minlength=4).tolist()
    assert counted(folder) == expected
    assert newest_weights(folder.path).total_spikes.tolist() == expected


def test_a_checkpoint_has_the_spikes_up_to_its_position_and_another_run_starts_at_0(fired, tmp_path):
    folder = new_run(tmp_path, baselines=False)
    lasted: dict[int, int] = {}
    drive(folder, boundary=lambda engine: lasted.setdefault(engine.position, len(fired)))
    for position in positions(folder.path):
        found = weights_at(folder.path, position).total_spikes
        assert found.tolist() == np.bincount(np.concatenate(fired[: lasted[position]]), minlength=4).tolist()
    fired.clear()
    other = ended(create_run_from(folder, {}, tmp_path, Options(workers=1, simulator="compiled", baselines=False)))
    assert counted(other) == np.bincount(np.concatenate(fired), minlength=4).tolist()


def run_with(folder: RunFolder, offered: Callable[[Mapping[str, Callable[[], Any]]], object]) -> None:
    """Run to the end, with a look at what readers could have at each boundary."""
    requests: SimpleQueue[Request] = SimpleQueue()

    class Offers(Publisher):
        def offer(self, makers: Mapping[str, Callable[[], Any]], *, flush: bool = False) -> None:
            if "network" in makers:
                offered(makers)

    RunEngine(folder, Offers(requests), requests).run()
    assert folder.about["state"] == "finished"


def test_readers_see_the_trained_network_while_another_one_is_tested(tmp_path: Path) -> None:
    folder = new_run(tmp_path)
    frames: dict[str, list[Any]] = {}

    def take(makers: Mapping[str, Callable[[], Any]]) -> None:
        phase = makers["progress"]().get("phase", "")
        frames.setdefault(phase, []).append(makers["network"]())

    run_with(folder, take)
    trained = frames["train"][-1]
    assert {"start weights: label", "start weights: test"} <= frames.keys()
    for phase, some in frames.items():
        for frame in some if phase not in ("", "train") else ():
            assert frame["learned"].keys() == {FEED, THETA}
            for name, array in frame["learned"].items():
                np.testing.assert_array_equal(array, trained["learned"][name], f"{name} in the phase {phase}")
            np.testing.assert_array_equal(frame["total_spikes"], trained["total_spikes"])
    assert np.ptp(trained["learned"][THETA]) > 0
