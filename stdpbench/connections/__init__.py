"""Which neurons a projection connects: the family of kinds and its base class."""

from stdpbench.connections.base import Connection
from stdpbench.connections.synapses import Synapses
from stdpbench.registry import Family

connections: Family[Connection] = Family(
    "connection",
    Connection,
    {
        "all": "stdpbench.connections.all_to_all:AllToAll",
        "distance": "stdpbench.connections.distance:Distance",
        "local": "stdpbench.connections.local:Local",
        "one-to-one": "stdpbench.connections.one_to_one:OneToOne",
        "others": "stdpbench.connections.others:Others",
        "random": "stdpbench.connections.random:Random",
        "table": "stdpbench.connections.table:Table",
    },
    group="stdpbench.connections",
)

__all__ = ["Connection", "Synapses", "connections"]
