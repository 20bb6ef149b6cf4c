"""The panels of the Train page."""

from __future__ import annotations

from stdpbench_gui.panels.base import Panel
from stdpbench_gui.panels.confusion import Confusion
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.panels.log import Log
from stdpbench_gui.panels.network import NetworkPanel
from stdpbench_gui.panels.neuron.neuron_panel import NeuronInspector
from stdpbench_gui.panels.neuron.slow_motion import SlowMotionPanel
from stdpbench_gui.panels.parameters.parameters_panel import ParametersPanel
from stdpbench_gui.panels.raster.raster_panel import Raster
from stdpbench_gui.panels.stimulus import Stimulus
from stdpbench_gui.panels.thresholds import Thresholds
from stdpbench_gui.panels.weights.weight_map import WeightMap

ALL: tuple[type[Panel], ...] = (
    WeightMap,
    Curves,
    Log,
    ParametersPanel,
    Thresholds,
    Confusion,
    Raster,
    Stimulus,
    NetworkPanel,
    NeuronInspector,
    SlowMotionPanel,
)
"""Panels in the order of the menu."""
