"""Start weights of projections: the family of kinds and its base class."""

from stdpbench.registry import Family
from stdpbench.weights.base import Weight

weights: Family[Weight] = Family(
    "weight",
    Weight,  # type: ignore[type-abstract]
    {
        "constant": "stdpbench.weights.constant:Constant",
        "samples": "stdpbench.weights.samples:Samples",
        "table": "stdpbench.weights.table:TableWeight",
        "trained": "stdpbench.weights.trained:TrainedWeight",
        "uniform": "stdpbench.weights.uniform:Uniform",
    },
    group="stdpbench.weights",
)

__all__ = ["Weight", "weights"]
