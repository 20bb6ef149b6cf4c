"""Stimuli of unequal lengths, through training and evaluation."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.data.stimuli import Events, EventSet
from stdpbench.engine.simulators import open_graph
from stdpbench.experiment import Experiment
from stdpbench.runs.process.engine import presentation_frame
from stdpbench.runs.process.evaluation import present_frozen
from stdpbench.runs.process.training import Training


@pytest.fixture
def made() -> Experiment:
    return Experiment.from_mapping(
        {
            "data": {"kind": "order", "channels": 6},
            "encoding": {"kind": "events"},
            "network": {"n_exc": 3, "inhibition": "direct", "delays": "none", "weight_sum": 3.0},
            "exc": {"tau_theta": "1 s", "theta_plus": "1 mV", "theta_start": "20 mV"},
            "schedule": {"stimulus": "50 ms", "rest": "10 ms", "min_spikes": 0, "between": "rest"},
        }
    )


def test_each_presentation_lasts_as_long_as_its_stimulus(made: Experiment) -> None:
    rng = np.random.default_rng(0)
    seconds = (0.02, 0.05, 0.2, 0.0003)
    recordings = [
        Events(rng.integers(0, 6, 40).astype(np.int32), np.sort(rng.random(40) * each), each) for each in seconds
    ]
    stimuli = EventSet.of_list(recordings, (1, 1, 6), None)
    simulator, _ = open_graph(made.graph(6), "runtime", target="numpy")
    simulator.set_parameters(made)
    with Training(simulator, made, stimuli) as training:
        for number, expected in enumerate((40, 100, 100, 1)):
            theta = simulator.theta.copy()
            presented = training.step()
            assert presented.response.n_bins == expected
            assert (presented.image, presented.attempts) == (number, 1)
            frame = presentation_frame(presented, made)
            assert (frame["stimulus_bins"], frame["n_bins"]) == (expected, expected + 20)
            spikes = presented.exc_spikes
            decayed = np.exp(-(expected * 0.5e-3 + 0.01) / 1.0)
            assert simulator.theta == pytest.approx((theta + 1e-3 * spikes) * decayed, rel=1e-12)
    for number, expected in enumerate((40, 100, 100, 1)):
        response, attempts = present_frozen(simulator, made, stimuli, "test", number)
        assert (response.n_bins, attempts) == (expected, 1)
        assert response.input.bin.max() < expected
