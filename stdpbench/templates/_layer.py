"""What templates of several kinds have in common: a layer that learns and competes."""

from __future__ import annotations

from stdpbench.connections import Connection
from stdpbench.connections.all_to_all import AllToAll
from stdpbench.connections.others import Others
from stdpbench.delays.constant import Constant as ConstantDelay
from stdpbench.delays.none import NoDelay
from stdpbench.graph import Projection
from stdpbench.normalisations.sum import Sum
from stdpbench.plasticity import PlasticityRule
from stdpbench.weights.constant import Constant
from stdpbench.weights.uniform import Uniform


def feed(
    source: str,
    target: str,
    plasticity: PlasticityRule,
    weight_sum: float | None,
    *,
    connect: Connection | None = None,
    scale: float | None = None,
    delay: float = 0.0,
) -> Projection:
    """Return a projection that learns, from random weights.

    Parameters
    ----------
    source, target : str
        Names of the populations.
    plasticity : PlasticityRule
        Its rule.
    weight_sum : float or None
        Sum to which the weights of a target neuron are scaled; None: they are not.
    connect : Connection, optional
        Default: all to all.
    scale : float, optional
        Factor on all weights.
    delay : float
        In ms.
    """
    return Projection(
        source=source,
        target=target,
        receptor="ge",
        connect=connect or AllToAll(),
        weight=Uniform(),
        scale=scale,
        delay=ConstantDelay(value=delay) if delay else NoDelay(),
        plasticity=plasticity,
        normalise=None if weight_sum is None else Sum(value=weight_sum),
    )


def compete(name: str, weight: float, dt: float, connect: Others | None = None) -> Projection:
    """Return the lateral inhibition of a population: spikes inhibit others one step later.

    Parameters
    ----------
    name : str
        Name of the population.
    weight : float
        The one weight.
    dt : float
        Time step, in ms.
    connect : Others, optional
        Which others; default: all.
    """
    return Projection(
        source=name,
        target=name,
        receptor="gi",
        connect=connect or Others(),
        weight=Constant(value=weight),
        delay=ConstantDelay(value=dt),
    )
