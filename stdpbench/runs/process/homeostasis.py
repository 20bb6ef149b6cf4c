"""Homeostasis between two training presentations: normalise and round weights, and decay thresholds."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from stdpbench.declare.learned_names import weights_of
from stdpbench.engine.network import Learned
from stdpbench.engine.network.rounding import round_weights
from stdpbench.engine.simulators import Simulator
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.neurons import Neuron
from stdpbench.runs.preparation.start import normalised

_ROUNDING = 301  # stream of the seed
_ALMOST_ALL = 0.95  # share of weights


def normalise_weights(simulator: Simulator, plastic: Collection[str]) -> int:
    """Normalise the weights of plastic projections, in place.

    Returns
    -------
    int
        Number of neurons whose weights sum to 0 and could not be normalised.
    """
    silent = 0
    for name, projection in simulator.graph.projections.items():
        if name in plastic and projection.normalise is not None:
            silent += len(simulator.normalise(name))
    return silent


def round_weights_of(
    simulator: Simulator, experiment: Experiment, plastic: Collection[str], presentation: int, attempt: int
) -> None:
    """Round the weights of plastic projections to ``simulator.weight_bits`` bits, in place.

    Random numbers depend only on seed, projection, presentation and attempt.
    """
    bits = experiment.simulator.weight_bits
    if bits is None:
        return
    for name in plastic:
        rule = simulator.graph.projections[name].plasticity
        if rule is None:
            continue
        random = None
        if experiment.simulator.weight_rounding == "stochastic":
            entropy = (_ROUNDING, experiment.seed, presentation, attempt, *name.encode())
            random = np.random.default_rng(np.random.SeedSequence(entropy))
        round_weights(simulator.weights(name), rule.w_max, bits, random)


def rounded_to_zero(graph: Graph, experiment: Experiment, learned: Learned) -> list[str]:
    """Return a sentence for each projection whose weights almost all round to 0 (``simulator.weight_bits``).

    Parameters
    ----------
    graph : Graph
        The network, with the shape of its input.
    experiment : Experiment
        The experiment. Stochastic rounding preserves weights on average and is therefore not checked.
    learned : Learned
        The weights before the first presentation.
    """
    sentences, bits = list[str](), experiment.simulator.weight_bits
    if bits is None or experiment.simulator.weight_rounding == "stochastic":
        return sentences
    shown, steps = normalised(learned, graph), 2**bits - 1
    for name, projection in graph.projections.items():
        if projection.plasticity is None or weights_of(name) not in shown:
            continue
        step = projection.plasticity.w_max / steps
        lost = float(np.mean(np.asarray(shown[weights_of(name)]) <= step / 2))
        if lost > _ALMOST_ALL:
            sentences.append(
                f"With simulator.weight_bits = {bits}, {100 * lost:.0f} % of the weights of {name} become 0: the "
                f"smallest other value is {step:.3g}, since values are equally spaced up to w_max = {step * steps:g}. "
                "Stochastic rounding preserves weights on average."
            )
    return sentences


def threshold_decays(graph: Graph, experiment: Experiment, n_bins: int | None = None) -> dict[str, float]:
    """Return the factor by which slow variables of neurons decay per attempt, by public name such as ``exc.theta``.

    An attempt lasts for stimulus and rest, even if the rest is not simulated. Empty for a stream, where slow variables
    decay in every step.

    Parameters
    ----------
    graph : Graph
        The network.
    experiment : Experiment
        The experiment, for its durations.
    n_bins : int, optional
        Time steps of the stimulus if it is shorter than ``schedule.stimulus``.
    """
    if graph.stream:
        return {}
    full_length = n_bins is None or n_bins == experiment.stimulus_bins
    shown = experiment.schedule.stimulus if full_length else (n_bins or 0) * experiment.dt
    duration = (shown + experiment.schedule.rest) * 1e-3
    return {
        f"{name}.{variable}": factor
        for name, population in graph.populations.items()
        if population.neuron is not None
        for variable, factor in _decays(population.neuron, duration).items()
    }


def decay_thresholds(simulator: Simulator, decays: dict[str, float], plastic: Collection[str]) -> None:
    """Decay the slow variables of the targets of plastic projections."""
    for name, factor in decays.items():
        if not set(plastic).isdisjoint(simulator.layout.learned_by(name.partition(".")[0])):
            simulator.array(name)[...] *= factor


def theta_decay(experiment: Experiment) -> float:
    """Return the decay factor of theta of exc neurons per attempt; 1 if it does not decay."""
    duration = (experiment.schedule.stimulus + experiment.schedule.rest) * 1e-3
    return _decays(experiment.exc, duration).get("theta", 1.0)


def _decays(neuron: Neuron, duration: float) -> dict[str, float]:
    """Return the factor of each slow variable with a time constant, over a duration in seconds."""
    values = neuron.quantities()
    slow = [variable.name for variable in neuron.variables if variable.slow and f"tau_{variable.name}" in values]
    return {name: float(np.exp(-duration / values[f"tau_{name}"])) for name in slow}
