"""A sparse recurrent network whose inhibition learns, after Vogels et al. (2011)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.experiment.templates.base import Parts, Template
from stdpbench.kinds.connections.random import Random
from stdpbench.kinds.neurons.lif import LIF
from stdpbench.kinds.plasticity.inhibitory import Inhibitory
from stdpbench.kinds.weights.constant import Constant

_ALL = ("exc_exc", "exc_inh", "inh_inh", "inh_exc")


class BalancedNetwork(Template):
    """Excitatory and inhibitory neurons with sparse random connections, after Vogels et al. (2011); no input.

    Populations are exc and inh, neurons `lif` with the preset ``vogels-2011``. Projections are exc_exc, exc_inh,
    inh_inh and inh_exc; the last one learns by the rule `inhibitory`, whose target is `rho_0`. Weights are in units
    of the leak, 10 nS. Defaults are those of Brian2's example of the paper. With
    ``data.kind = "none"`` and a stream.
    """

    kind: Literal["balanced"] = "balanced"

    n_exc: int = parameter(8000, ge=1, le=1_000_000, structural=True, help="Number of exc neurons.")
    n_inh: int = parameter(2000, ge=1, le=1_000_000, structural=True, help="Number of inh neurons.")
    p: float = parameter(0.02, unit="", gt=0, le=1, structural=True, help="Probability that a pair is connected.")
    dt: float = parameter(0.1, unit="ms", ge=0.001, le=5, structural=True, help="Time step.")
    background: float = parameter(200.0, unit="pA", help="Constant background current into all neurons.")
    w_exc: float = parameter(0.03, unit="", ge=0, help="Weight from exc neurons.")
    w_inh: float = parameter(0.3, unit="", ge=0, help="Weight from inh to inh neurons, which does not learn.")
    w_max: float = parameter(10.0, unit="", gt=0, help="Largest weight from inh to exc neurons: a factor on them.")
    w_start: float = parameter(
        0.0, unit="", ge=0, le=1, structural=True, help="Weight from inh to exc neurons before learning, times w_max."
    )
    eta: float = parameter(1e-4, unit="", ge=0, help="η: learning rate, times w_max.")
    rho_0: float = parameter(3.0, unit="Hz", ge=0, help="ρ₀: target of the rule for the rate of exc neurons.")
    tau: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the rule's traces.")

    summary: ClassVar[str] = "Sparse exc and inh neurons whose inhibition learns, after Vogels et al. (2011)"

    def expand(self, parts: Parts) -> Graph:
        """Return the populations and projections."""
        neuron = LIF(**{**LIF.presets["vogels-2011"], "I_background": self.background})
        populations = {
            "exc": Population(shape=(self.n_exc,), neuron=neuron),
            "inh": Population(shape=(self.n_inh,), neuron=neuron),
        }
        rule = Inhibitory(eta=self.eta, rho_0=self.rho_0, tau=self.tau)
        inh_exc = self._projection("inh", "exc", self.w_start).model_copy(
            update={"scale": self.w_max, "plasticity": rule}
        )
        projections = {
            "exc_exc": self._projection("exc", "exc", self.w_exc),
            "exc_inh": self._projection("exc", "inh", self.w_exc),
            "inh_inh": self._projection("inh", "inh", self.w_inh),
            "inh_exc": inh_exc,
        }
        return Graph(populations, projections, self.dt, "exact", read="exc")

    def _projection(self, source: str, target: str, weight: float) -> Projection:
        return Projection(
            source=source,
            target=target,
            receptor="ge" if source == "exc" else "gi",
            connect=Random(p=self.p),
            weight=Constant(value=weight),
        )

    def paths(self, parts: Parts) -> Mapping[str, str]:
        """Return the short paths of parameters that have a place in the expanded network."""
        rule = "network.projections.inh_exc.plasticity"
        paths = {
            "network.populations.exc.size": "network.n_exc",
            "network.populations.inh.size": "network.n_inh",
            "network.projections.exc_exc.weight.value": "network.w_exc",
            "network.projections.exc_inh.weight.value": "network.w_exc",
            "network.projections.inh_inh.weight.value": "network.w_inh",
            "network.projections.inh_exc.weight.value": "network.w_start",
            "network.projections.inh_exc.scale": "network.w_max",
        }
        paths |= {f"network.populations.{name}.neuron.I_background": "network.background" for name in ("exc", "inh")}
        paths |= {f"network.projections.{name}.connect.p": "network.p" for name in _ALL}
        return paths | {f"{rule}.{name}": f"network.{name}" for name in ("eta", "rho_0", "tau")}
