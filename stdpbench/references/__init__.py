"""Supervised references: networks that are trained with labels, to compare unsupervised learning with.

The section ``reference`` of an experiment declares how its network is trained; without it, weights learn by plasticity
rules or not at all. [decisions/0018](../../docs/decisions/0018-references.md) explains the family.
"""

from stdpbench.references.base import Learnt, Reference, Task, Trainer
from stdpbench.registry import Family

references: Family[Reference] = Family(
    "reference",
    Reference,  # type: ignore[type-abstract]
    {
        "none": "stdpbench.references.none:NoReference",
        "surrogate-gradient": "stdpbench.references.surrogate_gradient:SurrogateGradient",
        "linear": "stdpbench.references.linear:Linear",
        "ann-conversion": "stdpbench.references.ann_conversion:AnnConversion",
        "spikeprop": "stdpbench.references.spikeprop:SpikeProp",
    },
    group="stdpbench.references",
)

__all__ = ["Learnt", "Reference", "Task", "Trainer", "references"]
