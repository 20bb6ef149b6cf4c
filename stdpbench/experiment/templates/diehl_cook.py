"""The network of Diehl & Cook (2015): input, excitatory neurons, and lateral inhibition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.experiment.graph.checks import kind_of, receptors, shared_names
from stdpbench.experiment.templates import _layer
from stdpbench.experiment.templates.base import OPTIONAL, Parts, Template
from stdpbench.kinds.connections.one_to_one import OneToOne
from stdpbench.kinds.connections.others import Others
from stdpbench.kinds.delays import Delay
from stdpbench.kinds.delays.constant import Constant as ConstantDelay
from stdpbench.kinds.delays.none import NoDelay
from stdpbench.kinds.delays.uniform import Uniform as UniformDelay
from stdpbench.kinds.normalisations import Normalisation
from stdpbench.kinds.normalisations.norm import Norm
from stdpbench.kinds.normalisations.sum import Sum
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.kinds.weights.constant import Constant

_DELAYS = 102
"""Number of the random stream of the delays from input to exc neurons."""


class Network(Template):
    """The network after Diehl & Cook (2015): input, exc neurons, lateral inhibition.

    Populations are input, exc and, with ``inhibition = "layer"``, inh. Projections are feed, from input to exc, which
    learns; drive, from exc to inh; and compete, the lateral inhibition of exc neurons.
    """

    kind: Literal["diehl-cook"] = "diehl-cook"

    n_exc: int = parameter(400, ge=1, le=100_000, structural=True, help="Number of exc neurons.")
    dt: float = parameter(0.5, unit="ms", ge=0.001, le=5, structural=True, help="Time step.")
    inhibition: Literal["layer", "direct", "direct-undelayed"] = parameter(
        "layer",
        structural=True,
        help="layer: one inh neuron per exc neuron; direct: exc spikes inhibit one step later (same spikes as "
        "layer); direct-undelayed: without delay (other spikes, stronger competition).",
    )
    w_exc_inh: float = parameter(10.4, unit="", ge=0, help="Weight from an exc neuron to its inh neuron.")
    w_inh_exc: float = parameter(17.0, unit="", ge=0, help="Weight of lateral inhibition on all other exc neurons.")
    delays: Literal["none", "homogeneous", "uniform"] = parameter(
        "none",
        structural=True,
        help="Delays from input to exc: none, max_delay for all, or uniform in 0 .. max_delay.",
    )
    max_delay: float = parameter(
        10.0,
        unit="ms",
        ge=0,
        le=100,
        structural=True,
        help="Delay of all synapses (homogeneous) or largest delay (uniform).",
    )
    conductance_step: Literal["euler", "exact"] = parameter(
        "euler",
        structural=True,
        help="Decay of ge and gi per step: 1 - dt/tau as in the authors' code, or exp(-dt/tau); the charge per spike "
        "differs.",
    )
    start: Literal["random", "samples"] = _layer.start_kind()
    start_blur: float = _layer.START_BLUR
    start_noise: float = _layer.START_NOISE
    weight_sum: float | None = parameter(
        78.0,
        unit="",
        gt=0,
        help="Sum to which each exc neuron's input weights are scaled before every training presentation; none: no "
        "scaling.",
    )
    weight_norm: float | None = parameter(
        None,
        unit="",
        gt=0,
        help="Euclidean norm to which they are scaled instead of weight_sum; none: see weight_sum.",
    )

    summary: ClassVar[str] = "Input, exc neurons and lateral inhibition, after Diehl & Cook (2015)"
    sections: ClassVar[tuple[str, ...]] = OPTIONAL

    def to_mapping(self) -> dict[str, Any]:
        """Return the values as in a file, without the kind, which is the default."""
        mapping = super().to_mapping()
        del mapping["kind"]
        return mapping

    def expand(self, parts: Parts) -> Graph:
        """Return the populations and projections; the input has no shape, since the data give it."""
        size, (excite, inhibit) = (self.n_exc,), parts.exc.sides
        populations = {"input": Population(), "exc": Population(shape=size, neuron=parts.exc)}
        feed = Projection(
            source="input",
            target="exc",
            receptor=excite,
            weight=_layer.start(self.start, self.start_blur, self.start_noise),
            delay=self._delay(),
            plasticity=parts.plasticity,
            normalise=self._normalisation(),
        )
        projections = {"feed": feed}
        if self.inhibition == "layer":
            populations["inh"] = Population(shape=size, neuron=parts.inh)
            projections["drive"] = Projection(
                source="exc",
                target="inh",
                receptor=parts.inh.sides[0],
                connect=OneToOne(),
                weight=Constant(value=self.w_exc_inh),
            )
        rule = parts.lateral if isinstance(parts.lateral, PlasticityRule) else None
        projections["compete"] = Projection(
            source="inh" if self.inhibition == "layer" else "exc",
            target="exc",
            receptor=inhibit,
            connect=Others(),
            weight=Constant(value=self.w_inh_exc if rule is None else rule.quantities().get("start", 1.0)),
            scale=None if rule is None else self.w_inh_exc,
            delay=ConstantDelay(value=self.dt) if self.inhibition == "direct" else NoDelay(),
            plasticity=rule,
        )
        streams = {"feed": _DELAYS}
        return Graph(populations, projections, self.dt, self.conductance_step, read="exc", streams=streams)

    def _normalisation(self) -> Normalisation | None:
        if self.weight_norm is not None:
            return Norm(value=self.weight_norm)
        return None if self.weight_sum is None else Sum(value=self.weight_sum)

    def _delay(self) -> Delay:
        if self.delays == "none":
            return NoDelay()
        homogeneous = self.delays == "homogeneous"
        return ConstantDelay(value=self.max_delay) if homogeneous else UniformDelay(high=self.max_delay)

    def paths(self, parts: Parts) -> Mapping[str, str]:
        """Return the short paths of parameters that have a place in the expanded network."""
        paths = {
            "network.populations.exc.size": "network.n_exc",
            "network.populations.exc.neuron": "exc",
            "network.projections.feed.plasticity": "plasticity",
            "network.projections.feed.normalise.value": (
                "network.weight_sum" if self.weight_norm is None else "network.weight_norm"
            ),
        }
        if self.delays != "none":
            name = "value" if self.delays == "homogeneous" else "high"
            paths[f"network.projections.feed.delay.{name}"] = "network.max_delay"
        paths |= _layer.start_paths(self.start)
        if self.inhibition == "layer":
            paths["network.populations.inh.neuron"] = "inh"
            paths["network.projections.drive.weight.value"] = "network.w_exc_inh"
        if isinstance(parts.lateral, PlasticityRule):
            paths["network.projections.compete.plasticity"] = "lateral"
            paths["network.projections.compete.weight.value"] = "lateral.start"
            paths["network.projections.compete.scale"] = "network.w_inh_exc"
        else:
            paths["network.projections.compete.weight.value"] = "network.w_inh_exc"
        return paths

    def conflicts(self, parts: Parts) -> Iterator[str]:
        """Yield a sentence for each conflict with other sections."""
        neurons = {"exc": parts.exc, "inh": parts.inh}
        for where, neuron in neurons.items():
            needed = {*neuron.sides} if where == "exc" else {neuron.sides[0]}
            if not neuron.runs_in_digit_network or not needed.issubset(receptors(neuron)):
                yield f"{where}.kind {kind_of(neuron)!r} {neuron.in_digit_network}"
        if not any(variable.name == "theta" for variable in parts.exc.variables):
            yield (
                f"exc.kind {kind_of(parts.exc)!r} has no adaptive threshold, but exc neurons need one; "
                "use 'adaptive-lif'"
            )
        if any(variable.slow for variable in parts.inh.variables):
            yield (f"inh.kind {kind_of(parts.inh)!r} has an adaptive threshold, but inh neurons must not; use 'lif'")
        if not parts.plasticity.runs_in_digit_network:
            yield f"plasticity.kind {kind_of(parts.plasticity)!r} {parts.plasticity.in_digit_network}"
        if shared := shared_names(parts.exc, parts.plasticity):
            yield (
                f"plasticity.kind {kind_of(parts.plasticity)!r} and exc.kind {kind_of(parts.exc)!r} both use "
                f"the name {', '.join(shared)}: one of them must use another"
            )
        if self.conductance_step == "euler":
            for where, neuron in neurons.items():
                for _, tau in neuron.conductances:
                    if getattr(neuron, tau) <= self.dt:
                        yield (
                            f"{where}.{tau} must be longer than network.dt ({self.dt:g} ms) with "
                            "network.conductance_step = 'euler'"
                        )
