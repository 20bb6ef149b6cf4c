"""The panels of the Train page."""

from __future__ import annotations

from stdpbench.declare.registry import Registry
from stdpbench_gui.panels.base import Panel

panels: Registry[type[Panel]] = Registry(
    "panel",
    Panel,
    {
        "weight-map": "stdpbench_gui.panels.weights.weight_map:WeightMap",
        "curves": "stdpbench_gui.panels.curves.curves_panel:Curves",
        "log": "stdpbench_gui.panels.log:Log",
        "parameters": "stdpbench_gui.panels.parameters.parameters_panel:ParametersPanel",
        "thresholds": "stdpbench_gui.panels.thresholds:Thresholds",
        "confusion": "stdpbench_gui.panels.confusion:Confusion",
        "raster": "stdpbench_gui.panels.raster.raster_panel:Raster",
        "stimulus": "stdpbench_gui.panels.stimulus:Stimulus",
        "network": "stdpbench_gui.panels.network:NetworkPanel",
        "neuron": "stdpbench_gui.panels.neuron.neuron_panel:NeuronInspector",
        "slow-motion": "stdpbench_gui.panels.neuron.slow_motion:SlowMotionPanel",
    },
    group="stdpbench.panels",
)
"""Panels in the order of the menu; those of other packages are last."""
