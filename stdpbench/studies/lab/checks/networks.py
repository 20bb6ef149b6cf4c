"""Checks in the digit network: what a rule does to its rates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.learned_names import FEED
from stdpbench.engine.network import normalise, start_weights
from stdpbench.engine.simulators import Simulator, open_simulator
from stdpbench.experiment import Experiment
from stdpbench.kinds.encoding.base import generator
from stdpbench.studies.lab.checks.base import Outcome, Panel
from stdpbench.studies.lab.protocols import as_rule
from stdpbench.studies.lab.result import Curve, Result

_PRESENTATIONS, _BLOCK = 1500, 100
_TARGETS = (2.0, 5.0, 10.0)


def homeostasis(outcome: Outcome) -> None:
    """Vogels: lateral inhibition brings all exc neurons to the target rate, where fixed inhibition lets a few win.

    Adaptive thresholds are constant, since they are homeostatic themselves, and inhibition is weak enough for the
    target rates to be attainable.
    """
    made = Experiment.from_mapping(
        {
            "seed": 1,
            "data": {"kind": "digits"},
            "network": {"n_exc": 30, "inhibition": "direct", "weight_sum": 20.0, "w_inh_exc": 1.0},
            "exc": {"theta_plus": 0.0},
            "lateral": {"kind": "homeostatic", "eta": 0.02},
        }
    )
    images = made.data.prepare().train
    simulator, _ = open_simulator(made, images.n_values)
    start = simulator.learned.replace({FEED: start_weights(made, images)})
    rates, curves = [], []
    for changes in ({"lateral.eta": 0.0}, *({"lateral.rho_0": target} for target in _TARGETS)):
        simulator.set_learned(start)
        simulator.set_parameters(made.override(changes))
        simulator.reset()
        rates.append(_trained(simulator, images.static.reshape(len(images), -1)))
        name = f"ρ₀ = {changes['lateral.rho_0']:g} Hz" if "lateral.rho_0" in changes else "fixed"
        curves.append(Curve(name, rates[-1].mean(axis=1)))
    simulator.close()
    last = np.array(rates)[:, -3:].mean(axis=1)
    where = "30 exc neurons learn digits, weak lateral inhibition, thresholds held"
    asked = ", ".join(f"{target:g}" for target in _TARGETS)
    what = f"{where}: mean rate in Hz in the last 300 of {_PRESENTATIONS} presentations at ρ₀ = {asked} Hz"
    outcome.values(what, _TARGETS, last[1:].mean(axis=1), 1.0, "Vogels et al. 2011; network ours")
    spread, fixed = last[1:].std(axis=1), float(last[0].std())
    outcome.finding(
        "SD of these rates between neurons, in Hz",
        f"below a tenth of that with fixed inhibition ({fixed:.2f}, mean {last[0].mean():.2f})",
        ", ".join(f"{value:.2f}" for value in spread),
        bool((spread < 0.1 * fixed).all()),
        "Vogels et al. 2011; network ours",
    )
    x = np.arange(_BLOCK, _PRESENTATIONS + 1, _BLOCK, dtype=np.float64)
    conditions = "30 exc neurons, digits, direct inhibition of strength 1, η = 0.02"
    shown = Result(
        "network", as_rule(outcome.kind), x, "presentations", "", "mean rate (Hz)", tuple(curves), conditions
    )
    outcome.panels.append(Panel("digit network", [shown]))


def _trained(simulator: Simulator, pictures: NDArray[np.number]) -> NDArray[np.float64]:
    """Train on pictures; return the mean rate of each exc neuron in Hz by block: (n_blocks, n_exc)."""
    made = simulator.experiment
    counts, dt, total = [], made.network.dt * 1e-3, made.network.weight_sum
    assert total is not None
    for number in range(_PRESENTATIONS):
        normalise(simulator.w, total)
        rng = generator(made.seed, "train", number, 0)
        picture = pictures[number % len(pictures)].astype(np.float64)
        spikes = made.encoding.encode(picture, rng, attempt=0, n_bins=made.stimulus_bins, dt=dt)
        counts.append(simulator.present(spikes, made.stimulus_bins, plastic=True).counts("exc"))
    blocks = np.array(counts).reshape(-1, _BLOCK, simulator.n_read)
    rates: NDArray[np.float64] = blocks.mean(axis=1) / (made.stimulus_bins * dt)
    return rates
