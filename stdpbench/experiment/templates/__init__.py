"""Templates of networks: the family of kinds and its base class."""

from stdpbench.declare.registry import Family
from stdpbench.experiment.templates.base import OPTIONAL, Parts, Template, check_template

templates: Family[Template] = Family(
    "network",
    Template,
    {
        "balanced": "stdpbench.experiment.templates.balanced:BalancedNetwork",
        "brian2": "stdpbench.experiment.templates.brian2:BrianNetwork",
        "conv": "stdpbench.experiment.templates.conv:ConvNetwork",
        "diehl-cook": "stdpbench.experiment.templates.diehl_cook:Network",
        "graph": "stdpbench.experiment.templates.graph:GraphNetwork",
        "layers": "stdpbench.experiment.templates.layers:LayersNetwork",
        "local": "stdpbench.experiment.templates.local:LocalNetwork",
        "stack": "stdpbench.experiment.templates.stack:StackNetwork",
        "timed-layers": "stdpbench.experiment.templates.timed_layers:TimedLayersNetwork",
    },
    group="stdpbench.templates",
    check=check_template,
)

__all__ = ["OPTIONAL", "Parts", "Template", "templates"]
