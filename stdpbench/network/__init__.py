"""Experiment to network. Only its module `build` imports brian2, so that a compiled network opens without it."""

from stdpbench.network.initial import delay_bins, start_weights
from stdpbench.network.layout import Layout, StateVariable
from stdpbench.network.normalisation import normalise

__all__ = ["Layout", "StateVariable", "delay_bins", "normalise", "start_weights"]
