"""Build networks from experiments. Only `build` imports brian2, so that a compiled network opens without it."""

from stdpbench.engine.network.elements import normalise
from stdpbench.engine.network.initial import (
    connected,
    delays_of,
    projection_delays,
    projection_weights,
    sampled_weights,
    slow_start,
    start_arrays,
    start_pictures,
    start_weights,
)
from stdpbench.engine.network.layout import Layout, StateVariable
from stdpbench.engine.network.learned import Learned, learned_shapes, shapes_in
from stdpbench.engine.network.noise import draw_noise
from stdpbench.engine.network.prototypes import prototypes

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
    "sampled_weights",
    "shapes_in",
    "slow_start",
    "start_arrays",
    "start_pictures",
    "start_weights",
]
