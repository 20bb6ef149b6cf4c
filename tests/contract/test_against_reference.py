"""Both simulators against plain loops written from the design documents (reference.py), variant by variant.

Brian2's runtime mode runs on NumPy; on Cython, a smaller network is compared in `test_same_spikes.py`, and
these variants in slow tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
from networks import (
    N_EXC,
    N_INPUT,
    SIMULATORS,
    VARIANTS,
    delays_of,
    experiment,
    inh_pairs,
    pairs,
    put_start,
    random_spikes,
    spikes_at,
)
from numpy.typing import NDArray
from reference import ReferenceNetwork

from stdpbench.kinds.encoding import Spikes

STEPS = 200
CASES = [(*variant, name) for variant in VARIANTS for name in SIMULATORS]
CASES += [pytest.param(*variant, "cython", marks=pytest.mark.slow) for variant in VARIANTS[::4]]


@dataclass(frozen=True)
class Shown:
    """One presentation, and what the reference says of it."""

    spikes: Spikes
    n_rest: int
    exc: list[tuple[int, int]]
    inh: list[tuple[int, int]]
    w: NDArray[np.float64]
    theta: NDArray[np.float64]


class _Start:
    """Where `put_start` writes, in place of a simulator."""

    def __init__(self) -> None:
        self.w, self.theta = np.zeros((N_INPUT, N_EXC)), np.zeros(N_EXC)

    def reset(self) -> None:
        """Nothing to reset."""


def reference_start(inhibition: str, delays: str, theta: float, **parameters: Any) -> ReferenceNetwork:
    start = _Start()
    put_start(start, theta=theta * 1e-3)
    return ReferenceNetwork(
        start.w, start.theta * 1e3, delays_of(experiment(inhibition, delays)), inhibition=inhibition, **parameters
    )


@cache
def course(inhibition: str, delays: str, theta: float) -> tuple[list[Shown], float]:
    """Five presentations in the reference, carried over from one to the next; the last but one with a rest."""
    network = reference_start(inhibition, delays, theta)
    shown = []
    for number, n_rest in enumerate((0, 0, 0, 60, 0)):
        silent = 0 if delays == "none" else max(0, 20 - n_rest)
        spikes = random_spikes(100 + number, STEPS - silent, 0.05)
        exc, inh = network.present(pairs(spikes), STEPS + n_rest, plastic=True)
        shown.append(Shown(spikes, n_rest, exc, inh, network.w.copy(), network.theta.copy()))
    return shown, network.largest_gi


@pytest.mark.timeout(1200)  # Cython modules take minutes where others use the processors
@pytest.mark.parametrize(("inhibition", "delays", "name"), CASES)
@pytest.mark.parametrize("theta", [20.0, 5.0], ids=["spikes won by input", "spikes crowded"])
def test_spikes_and_weights_are_those_of_the_reference(name, inhibition, delays, theta, built):
    simulator = built(name, experiment(inhibition, delays))
    put_start(simulator, theta=theta * 1e-3)
    start = simulator.w.copy()
    expected, largest_gi = course(inhibition, delays, theta)
    for number, shown in enumerate(expected):
        response = simulator.present(
            shown.spikes, simulator.experiment.stimulus_bins, plastic=True, n_rest=shown.n_rest
        )
        assert pairs(response.spikes["exc"]) == shown.exc, f"exc spikes of presentation {number}"
        assert inh_pairs(response) == shown.inh, f"inh spikes of presentation {number}"
        counted = [neuron for now, neuron in shown.exc if now < STEPS]
        assert response.counts("exc").tolist() == np.bincount(counted, minlength=N_EXC).tolist()
        assert np.abs(simulator.w - shown.w).max() <= 1e-9
        assert np.abs(simulator.theta * 1e3 - shown.theta).max() <= 1e-9
    # the course is worth comparing: many neurons fired and learned, and inhibition competed
    fired = {neuron for shown in expected for _, neuron in shown.exc}
    assert len(fired) >= N_EXC // 3
    assert (np.abs(simulator.w - start) > 1e-3).sum() >= 100
    assert largest_gi > 3 * 17


@pytest.mark.parametrize("name", SIMULATORS)
def test_a_finer_time_step_is_that_of_the_reference(name, built):
    network = reference_start("layer", "none", 20.0, dt=0.25)
    spikes = random_spikes(1, STEPS, 0.1)
    exc, inh = network.present(pairs(spikes), STEPS, plastic=True)
    assert len(exc) > 5
    simulator = built(name, experiment(network__dt=0.25, schedule__stimulus=50.0))
    response = simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True)
    assert (pairs(response.spikes["exc"]), inh_pairs(response)) == (exc, inh)
    assert np.abs(simulator.w - network.w).max() <= 1e-9


# -- bounds, by hand ---------------------------------------------------------------------------------

FIRING = 4  # the exc neuron that a strong synapse from DRIVER makes fire one step after the driver's spike arrives
DRIVER, OTHER = 3, 8


@pytest.mark.parametrize("name", SIMULATORS)
def test_weights_are_clipped_at_both_ends(name, built):
    simulator = built(name, experiment())
    simulator.reset()
    simulator.theta[...] = 20e-3
    simulator.w[...] = 0
    simulator.w[DRIVER, FIRING] = 300.0
    simulator.w[OTHER, FIRING], simulator.w[OTHER + 1, FIRING] = 1e-5, 0.9999
    strong = simulator.w[DRIVER]
    response = simulator.present(
        spikes_at((39, DRIVER), (45, OTHER), (45, OTHER + 1)), simulator.experiment.stimulus_bins, plastic=True
    )
    assert response.spikes["exc"].bin.tolist() == [40]
    assert simulator.w[OTHER, FIRING] == 0.0
    assert 0.9998 < simulator.w[OTHER + 1, FIRING] < 0.9999
    assert strong[FIRING] == 1.0  # above w_max until its next clip, which the driver's own spike was
    # the silent ones were not touched, and neither was any other column
    assert simulator.w.sum() == pytest.approx(1.0 + simulator.w[OTHER + 1, FIRING])
