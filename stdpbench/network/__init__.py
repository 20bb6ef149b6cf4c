"""Experiment to network. Only its module `build` imports brian2, so that a compiled network opens without it."""

from stdpbench.network.initial import delay_bins, lateral_start, start_pictures, start_weights
from stdpbench.network.layout import Layout, StateVariable
from stdpbench.network.learned import Learned, learned_shapes, shapes_in
from stdpbench.network.normalisation import normalise

__all__ = [
    "Layout",
    "Learned",
    "StateVariable",
    "delay_bins",
    "lateral_start",
    "learned_shapes",
    "normalise",
    "shapes_in",
    "start_pictures",
    "start_weights",
]
