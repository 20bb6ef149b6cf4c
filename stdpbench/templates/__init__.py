"""Templates of networks: the family of kinds and its base class."""

from stdpbench.registry import Family
from stdpbench.templates.base import OPTIONAL, Parts, Template, check_template

templates: Family[Template] = Family(
    "network",
    Template,  # type: ignore[type-abstract]
    {
        "balanced": "stdpbench.templates.balanced:BalancedNetwork",
        "diehl-cook": "stdpbench.templates.diehl_cook:Network",
        "graph": "stdpbench.templates.graph:GraphNetwork",
        "layers": "stdpbench.templates.layers:LayersNetwork",
        "local": "stdpbench.templates.local:LocalNetwork",
        "stack": "stdpbench.templates.stack:StackNetwork",
        "timed-layers": "stdpbench.templates.timed_layers:TimedLayersNetwork",
    },
    group="stdpbench.templates",
    check=check_template,
)

__all__ = ["OPTIONAL", "Parts", "Template", "templates"]
