"""The Diehl & Cook network in plain Brian2, as a competent user would write it; three of the baselines run it.

Equations and parameters are those of stdpbench's defaults (Diehl & Cook 2015, doi:10.3389/fncom.2015.00099, and the
authors' code): an inhibitory neuron per excitatory one, each inhibiting all other excitatory neurons through n x n
synapses; triplet STDP with event-driven traces per synapse, as in the known Brian2 ports; dt = 0.5 ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import NeuronGroup, Synapses, defaultclock, ms, mV
from inputs import DT_MS, N_INPUT, WEIGHT_SUM
from numpy.typing import NDArray

# In the authors' code, ge and gi lose the fraction dt/tau per step. An exact decay with this time constant is
# equivalent.
TAU_GE = -DT_MS / np.log1p(-DT_MS / 1.0) * ms
TAU_GI = -DT_MS / np.log1p(-DT_MS / 2.0) * ms

PARAMETERS = {
    "tau_ge": TAU_GE,
    "tau_gi": TAU_GI,
    "tau_theta": 1e7 * ms,
    "theta_plus": 0.05 * mV,
    "tau_x": 20 * ms,
    "tau_y1": 20 * ms,
    "tau_y2": 40 * ms,
    "nu_pre": 1e-4,
    "nu_post": 1e-2,
    "w_max": 1.0,
}

EXC = """
    dv/dt     = ((-65*mV - v) + ge*(0*mV - v) + gi*(-100*mV - v)) / (100*ms) : volt (unless refractory)
    dge/dt    = -ge/tau_ge : 1
    dgi/dt    = -gi/tau_gi : 1
    dtheta/dt = -theta/tau_theta : volt
"""
INH = """
    dv/dt     = ((-60*mV - v) + ge*(0*mV - v) + gi*(-85*mV - v)) / (10*ms) : volt (unless refractory)
    dge/dt    = -ge/tau_ge : 1
    dgi/dt    = -gi/tau_gi : 1
"""
STDP = """
    w : 1
    dx/dt  = -x/tau_x : 1 (event-driven)
    dy1/dt = -y1/tau_y1 : 1 (event-driven)
    dy2/dt = -y2/tau_y2 : 1 (event-driven)
"""
ON_PRE = """
    ge_post += w
    x = 1
    w = clip(w - nu_pre*y1, 0, w_max)
"""
ON_POST = """
    w = clip(w + nu_post*x*y2, 0, w_max)
    y1 = 1
    y2 = 1
"""


@dataclass
class PlainNetwork:
    """Brian2 objects of the network."""

    exc: Any
    inh: Any
    plastic: Any
    exc_to_inh: Any
    inh_to_exc: Any

    @property
    def objects(self) -> list[Any]:
        """Return all objects, for a `brian2.Network`."""
        return [self.exc, self.inh, self.plastic, self.exc_to_inh, self.inh_to_exc]


def build(source: Any, n_exc: int, w: NDArray[np.float64], stdp: str = STDP, exc: str = EXC) -> PlainNetwork:
    """Build the network that receives spikes from an input group.

    Parameters
    ----------
    source : brian2 group
        784 spike sources.
    n_exc : int
        Excitatory neurons, and as many inhibitory ones.
    w : ndarray, float64, (784, n_exc)
        Start weights.
    stdp, exc : str
        Equations of plastic synapses and excitatory neurons, for scripts that need more variables.
    """
    defaultclock.dt = DT_MS * ms
    groups = {
        "exc": NeuronGroup(
            n_exc,
            exc,
            threshold="v > -72*mV + theta",
            reset="v = -65*mV; theta += theta_plus",
            refractory=5 * ms,
            method="exponential_euler",
            namespace=PARAMETERS,
        ),
        "inh": NeuronGroup(
            n_exc,
            INH,
            threshold="v > -40*mV",
            reset="v = -45*mV",
            refractory=2 * ms,
            method="exponential_euler",
            namespace=PARAMETERS,
        ),
    }
    groups["exc"].v = -65 * mV
    groups["exc"].theta = 20 * mV
    groups["inh"].v = -60 * mV
    plastic = Synapses(source, groups["exc"], stdp, on_pre=ON_PRE, on_post=ON_POST, namespace=PARAMETERS)
    plastic.connect()
    plastic.w = w.reshape(-1)
    plastic.pre.order = -1  # if both spikes fall into one step, the input spike comes first
    exc_to_inh = Synapses(groups["exc"], groups["inh"], on_pre="ge_post += 10.4")
    exc_to_inh.connect(j="i")
    inh_to_exc = Synapses(groups["inh"], groups["exc"], on_pre="gi_post += 17")
    inh_to_exc.connect("i != j")
    return PlainNetwork(groups["exc"], groups["inh"], plastic, exc_to_inh, inh_to_exc)


def normalise(plastic: Any, n_exc: int) -> None:
    """Scale the input weights of each excitatory neuron to sum 78."""
    w = np.asarray(plastic.w).reshape(N_INPUT, n_exc)
    plastic.w = (w * (WEIGHT_SUM / w.sum(axis=0))).reshape(-1)
