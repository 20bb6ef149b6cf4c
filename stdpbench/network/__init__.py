"""Experiment to network. Only its module `build` imports brian2, so that a compiled network opens without it."""

from stdpbench.network.initial import (
    connected,
    delays_of,
    projection_delays,
    projection_weights,
    slow_start,
    start_arrays,
    start_pictures,
    start_weights,
)
from stdpbench.network.layout import Layout, StateVariable
from stdpbench.network.learned import Learned, learned_shapes, shapes_in
from stdpbench.network.noise import draw_noise
from stdpbench.network.normalisation import normalise
from stdpbench.network.prototypes import prototypes

__all__ = [
    "Layout",
    "Learned",
    "StateVariable",
    "connected",
    "delays_of",
    "draw_noise",
    "learned_shapes",
    "normalise",
    "projection_delays",
    "projection_weights",
    "prototypes",
    "shapes_in",
    "slow_start",
    "start_arrays",
    "start_pictures",
    "start_weights",
]
