"""Features with shared weights, pooled, below a layer that competes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.experiment.templates import _layer
from stdpbench.experiment.templates.base import Parts, Template
from stdpbench.kinds.connections.local import Local
from stdpbench.kinds.connections.others import Others
from stdpbench.kinds.connections.pool import Pool
from stdpbench.kinds.neurons.lif_discrete import LIFDiscrete
from stdpbench.kinds.normalisations.norm import Norm
from stdpbench.kinds.weights import Weight
from stdpbench.kinds.weights.constant import Constant
from stdpbench.kinds.weights.samples import Samples
from stdpbench.kinds.weights.uniform import Uniform

_ONCE = 1_000_000  # steps of refractoriness, longer than a presentation: a neuron fires once


class ConvNetwork(Template):
    """Features that are the same at all places, pooled, and exc neurons that learn from the pools.

    Populations are input; features, ``units`` at each place; pooled, a neuron for each unit and square of ``pool``
    places; and exc. Projections are feed, from input to features, with weights that all places share; compete, by
    which the first feature of a place silences the others; pool; upward, from pooled to exc; and contest, the lateral
    inhibition of exc. Feed and upward learn by the rule of the section ``plasticity``, one after the other with
    ``schedule.stages``.

    Features and pooled neurons have no leak, and fire at most once per presentation. Besides its input, a feature
    receives the constant input ``drive``: the better it matches its patch, the earlier it fires. ``I_background`` does
    the same for exc neurons, whose potentials should reach ``v_thresh`` after most features have fired.
    """

    kind: Literal["conv"] = "conv"

    n_exc: int = parameter(400, ge=2, le=100_000, structural=True, help="Number of exc neurons.")
    units: int = parameter(32, ge=2, le=10_000, structural=True, help="Number of features.")
    rows: int = parameter(
        24, ge=1, structural=True, help="Rows of places; they follow from pictures, field and stride."
    )
    columns: int = parameter(24, ge=1, structural=True, help="Columns of places.")
    field: int = parameter(5, ge=1, structural=True, help="Side of a patch, in pixels.")
    stride: int = parameter(1, ge=1, structural=True, help="Distance between neighbouring patches, in pixels.")
    planes: int = parameter(
        1,
        ge=1,
        structural=True,
        help="Planes of the pictures, one above the other: 2 for bright and dark contrasts (data.on_off), else 1.",
    )
    pool: int = parameter(6, ge=1, structural=True, help="Side of the square of places that a pooled neuron covers.")
    dt: float = parameter(0.5, unit="ms", ge=0.001, le=5, structural=True, help="Time step.")
    threshold: float = parameter(12.0, unit="", gt=0, help="Firing threshold of features.")
    drive: float = parameter(0.5, unit="", ge=0, help="Constant input of features, per step.")
    w_inh_exc: float = parameter(
        1000.0, unit="", ge=0, help="Weight of lateral inhibition on the other exc neurons; 1000: one neuron fires."
    )
    start_features: Literal["random", "samples"] = parameter(
        "samples",
        structural=True,
        help="Initial weights of features: uniform random, or patches of training pictures.",
    )
    start: Literal["random", "samples"] = parameter(
        "samples",
        structural=True,
        help="Initial weights of exc neurons: uniform random, or the pooled responses to training pictures.",
    )

    summary: ClassVar[str] = "Features with shared weights, pooled, below exc neurons that compete"
    sections: ClassVar[tuple[str, ...]] = ("exc", "plasticity")

    def expand(self, parts: Parts) -> Graph:
        """Return the populations and projections; the input has no shape, since the data give it."""
        squares = (-(-self.rows // self.pool), -(-self.columns // self.pool))
        feature = LIFDiscrete(beta=1.0, v_thresh=self.threshold, I_background=self.drive, refractory_steps=_ONCE)
        populations = {
            "input": Population(),
            "features": Population(
                shape=(self.rows, self.columns, self.units), neuron=feature, winner="field", share="unit"
            ),
            "pooled": Population(
                shape=(*squares, self.units), neuron=LIFDiscrete(beta=1.0, v_thresh=0.5, refractory_steps=_ONCE)
            ),
            "exc": Population(shape=(self.n_exc,), neuron=parts.exc, winner="population"),
        }
        start: dict[str, Weight] = {"samples": Samples(blur=0.0, noise=0.0), "random": Uniform()}

        projections = {
            "feed": Projection(
                source="input",
                target="features",
                receptor="I_exc",
                connect=Local(field=self.field, stride=self.stride, shared=True, planes=self.planes),
                weight=start[self.start_features],
                plasticity=parts.plasticity,
                normalise=Norm(value=1.0),
            ),
            "compete": _layer.compete("features", feature, 1000.0, 0.0, Others(within="field")),
            "pool": Projection(
                source="features",
                target="pooled",
                receptor="I_exc",
                connect=Pool(size=self.pool),
                weight=Constant(value=1.0),
            ),
            "upward": Projection(
                source="pooled",
                target="exc",
                receptor=parts.exc.sides[0],
                weight=start[self.start],
                plasticity=parts.plasticity,
                normalise=Norm(value=1.0),
            ),
            "contest": _layer.compete("exc", parts.exc, self.w_inh_exc, 0.0),
        }
        return Graph(populations, projections, self.dt, read="exc")

    def input_problems(self, graph: Graph) -> Iterator[str]:
        """Yield a sentence if rows and columns do not follow from the size of pictures, field and stride."""
        yield from _layer.place_problems(self, graph)

    def paths(self, parts: Parts) -> Mapping[str, str]:
        """Return the short paths of parameters that have a place in the expanded network."""
        paths = {
            "network.populations.exc.size": "network.n_exc",
            "network.populations.exc.neuron": "exc",
            "network.populations.features.neuron.v_thresh": "network.threshold",
            "network.populations.features.neuron.I_background": "network.drive",
            "network.projections.pool.connect.size": "network.pool",
            "network.projections.feed.plasticity": "plasticity",
            "network.projections.upward.plasticity": "plasticity",
            "network.projections.contest.weight.value": "network.w_inh_exc",
        }
        kernel = "network.projections.feed.connect"
        return paths | {f"{kernel}.{name}": f"network.{name}" for name in ("field", "stride", "planes")}
