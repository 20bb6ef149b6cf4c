"""Supervised references: networks that are trained with labels, for comparison with unsupervised learning.

The section ``reference`` of an experiment declares how its network is trained; without it, weights learn by plasticity
rules or not at all. [decisions/0018](../../docs/decisions/0018-references.md) explains the family.

A new kind is a file with a class derived from `Reference` (parameters; `usual`, the values of an experiment that it
can train; `problems`, sentences for networks that it cannot train; `trainer`) and a `Trainer`, whose `learn` changes
`weights` in place and whose `state` holds everything else that it remembers. It needs a line below, or an entry point
in the group ``stdpbench.references``, and a test in tests/contract/test_references.py that its forward pass agrees
with the simulator.
"""

from stdpbench.declare.registry import Family
from stdpbench.experiment.references.base import Learnt, Reference, Task, Trainer

references: Family[Reference] = Family(
    "reference",
    Reference,
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
