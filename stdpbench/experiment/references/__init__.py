"""Supervised references: networks that are trained with labels, to compare unsupervised learning with.

The section ``reference`` of an experiment declares how its network is trained; without it, weights learn by plasticity
rules or not at all. [decisions/0018](../../docs/decisions/0018-references.md) explains the family.
"""

from stdpbench.declare.registry import Family
from stdpbench.experiment.references.base import Learnt, Reference, Task, Trainer

references: Family[Reference] = Family(
    "reference",
    Reference,  # type: ignore[type-abstract]
    {
        "none": "stdpbench.experiment.references.none:NoReference",
        "surrogate-gradient": "stdpbench.experiment.references.surrogate_gradient:SurrogateGradient",
        "linear": "stdpbench.experiment.references.linear:Linear",
        "ann-conversion": "stdpbench.experiment.references.ann_conversion:AnnConversion",
        "spikeprop": "stdpbench.experiment.references.spikeprop:SpikeProp",
    },
    group="stdpbench.references",
)

__all__ = ["Learnt", "Reference", "Task", "Trainer", "references"]
