r"""One neuron with many Poisson inputs until its weights settle, after Song, Miller & Abbott (2000).

The network of an experiment with one exc neuron learns by the rule, on the simulator that trains networks. The neuron
is ``adaptive-lif`` with a constant threshold and a scaled conductance:

.. math:: \tau_m\, dv/dt = (v_{rest} - v) + g_{max}\, g_e / w_{max}\, (E_{exc} - v)

with :math:`\tau_m` 10 ms, rest, reset and threshold -74, -60 and -54 mV, :math:`\tau_e` 5 ms, and
:math:`g_{max}` 0.01: the parameters of Brian2's example of this paper, without its inhibitory inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import parameter
from stdpbench.engine.simulators import Simulator, open_simulator
from stdpbench.experiment import Experiment
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.neurons.adaptive_lif import AdaptiveLIF
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.studies.lab.protocols import as_rule, at_least, count, starting_weight
from stdpbench.studies.lab.result import Curve, Result

Floats = NDArray[np.float64]
_FASTEST = 2000.0  # Hz
_BINS = 20  # of the histogram of weights
_SETTLED = 0.005  # of w_max: mean change of the sorted weights within a tenth of the duration


class SongNeuron(AdaptiveLIF):
    """The neuron of Song, Miller & Abbott: ``adaptive-lif`` with scaled excitation and a constant threshold."""

    kind: Literal["lab-song"] = "lab-song"  # type: ignore[assignment]  # a kind that is not registered
    v_rest: float = parameter(-74.0, unit="mV", help="Resting potential.")
    v_reset: float = parameter(-60.0, unit="mV", help="Membrane potential right after a spike.")
    v_thresh: float = parameter(-54.0, unit="mV", help="Firing threshold.")
    tau_m: float = parameter(10.0, unit="ms", gt=0, help="Membrane time constant.")
    t_ref: float = parameter(0.0, unit="ms", ge=0, help="Time after a spike during which v is held.")
    tau_ge: float = parameter(5.0, unit="ms", gt=0, help="Decay of the excitatory conductance.")
    theta_start: float = parameter(0.0, unit="mV", ge=0, structural=True, help="No adaptive threshold.")
    theta_offset: float = parameter(0.0, unit="mV", help="No adaptive threshold.")
    theta_plus: float = parameter(0.0, unit="mV", ge=0, help="No adaptive threshold.")
    gain: float = parameter(0.01, unit="", ge=0, help="Conductance per unit of weight.")

    update: ClassVar[str] = """
        lockout = clip(lockout - dt, 0*second, t_ref)
        free = int(lockout < 0.5*dt)
        g = 1 + gain*ge + gi
        v_inf = (v_rest + gain*ge*E_exc + gi*E_inh)/g
        v = free*(v_inf + (v - v_inf)*exp(-dt*g/tau_m)) + (1 - free)*v
    """


def open_neuron(rule: PlasticityRule, neuron: AdaptiveLIF, n_input: int, dt: float = 0.5) -> Simulator:
    """Open a network of one exc neuron that learns by a rule, for stimuli of one second.

    Raises
    ------
    StdpbenchError
        If the rule does not run on neurons of the network.
    """
    if not rule.runs_in_digit_network:
        kind = getattr(rule, "kind", "")
        raise StdpbenchError(
            f"the protocol neuron needs a rule that runs in the digit network; {kind} {rule.in_digit_network}"
        )
    experiment = Experiment.from_mapping(
        {
            "network": {"n_exc": 1, "inhibition": "direct", "dt": dt, "conductance_step": "exact"},
            "schedule": {"stimulus": 1000.0, "between": "carry"},
        }
    )
    # not validated: the kind of the neuron is not registered
    simulator, _ = open_simulator(experiment.model_copy(update={"plasticity": rule, "exc": neuron}), n_input)
    return simulator


def poisson_spikes(generator: np.random.Generator, rates: Floats, n_bins: int, dt: float) -> Spikes:
    """Draw Poisson spikes of one stimulus: in each bin of `dt` seconds with probability rate·dt, rates in Hz."""
    bins, index = np.nonzero(generator.random((n_bins, len(rates)), dtype=np.float32) < rates * dt)
    return Spikes(index.astype(np.int32), bins.astype(np.int32))


def neuron(
    rule: str | PlasticityRule,
    *,
    inputs: int = 1000,
    rate: float = 15.0,
    duration: int = 100,
    g_max: float = 0.01,
    weight: float | None = None,
    seed: int = 1,
    set: Mapping[str, Any] | None = None,
) -> Result:
    """Return the distribution of the weights of a neuron with many Poisson inputs, before and after they settle.

    Parameters
    ----------
    rule, set
        As of `stdpbench.studies.lab.protocols`.
    inputs : int
        Number of inputs.
    rate : float, Hz
        Rate of each input.
    duration : int, s
        Maximum duration. The protocol ends earlier once the sorted weights move by less than 0.5 % of w_max, on
        average, within a tenth of it.
    g_max : float
        Conductance at w = w_max, in units of the leak.
    weight : float, optional
        Starting weight of all inputs. Default: random, uniform in 0 … w_max.
    seed : int
        Seed of starting weights and spikes.

    Returns
    -------
    Result
        The fraction of inputs in each bin of the weight.
    """
    plasticity = as_rule(rule, set)
    count(inputs, "inputs")
    count(duration, "duration")
    at_least(0, seed, "seed")
    if not 0 <= rate <= _FASTEST:
        raise StdpbenchError(f"rate must lie in 0 … {_FASTEST:g} Hz, one spike per step, not {rate:g}")
    if not 0 <= g_max < np.inf:
        raise StdpbenchError(f"g_max must be at least 0, not {g_max:g}")
    starting_weight(plasticity, weight)
    simulator = open_neuron(plasticity, SongNeuron(gain=g_max / plasticity.w_max), inputs)
    try:
        generator = np.random.default_rng(seed)
        w = generator.random(inputs) * plasticity.w_max
        if weight is not None:
            w[:] = weight
        simulator.w[:, 0] = w
        every, before, n_spikes = max(1, duration // 10), np.sort(w), 0
        start, settled, second = w.copy(), False, 0
        while second < duration and not settled:
            n_spikes = 0
            for _ in range(min(every, duration - second)):
                rates = np.full(inputs, rate)
                n_bins = simulator.experiment.stimulus_bins
                shown = poisson_spikes(generator, rates, n_bins, 0.5e-3)
                n_spikes += int(simulator.present(shown, n_bins, plastic=True).counts("exc")[0])
                second += 1
            now = np.sort(simulator.w[:, 0])
            settled = bool(np.abs(now - before).mean() < _SETTLED * plasticity.w_max)
            before = now
    finally:
        simulator.close()
    edges = np.linspace(0.0, plasticity.w_max, _BINS + 1)
    curves = tuple(
        Curve(label, np.histogram(np.clip(values, 0, plasticity.w_max), edges)[0] / inputs)
        for label, values in (("start", start), (f"after {second} s", before))
    )
    began = "random starting weights" if weight is None else f"starting weight {weight:g}"
    conditions = f"{inputs} Poisson inputs at {rate:g} Hz, {began}, bounds 0 … {plasticity.w_max:g}"
    span = min(every, second)
    last = f"In the last {span} s the neuron fired at {n_spikes / span:.1f} Hz; its weights "
    last += "had settled." if settled else "had not settled yet."
    centres = (edges[:-1] + edges[1:]) / 2
    return Result("neuron", plasticity, centres, "weight", "", "share of inputs", curves, conditions, (last,))
