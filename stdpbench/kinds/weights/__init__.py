"""Initial weights of projections: the family of kinds and its base class."""

from stdpbench.declare.registry import Family
from stdpbench.kinds.weights.base import Weight

weights: Family[Weight] = Family(
    "weight",
    Weight,
    {
        "constant": "stdpbench.kinds.weights.constant:Constant",
        "samples": "stdpbench.kinds.weights.samples:Samples",
        "table": "stdpbench.kinds.weights.table:TableWeight",
        "trained": "stdpbench.kinds.weights.trained:TrainedWeight",
        "uniform": "stdpbench.kinds.weights.uniform:Uniform",
    },
    group="stdpbench.weights",
)

__all__ = ["Weight", "weights"]
