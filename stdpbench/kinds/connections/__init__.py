"""Connections of a projection: the family of kinds and its base class."""

from stdpbench.declare.registry import Family
from stdpbench.kinds.connections.base import Connection
from stdpbench.kinds.connections.synapses import Synapses

connections: Family[Connection] = Family(
    "connection",
    Connection,
    {
        "all": "stdpbench.kinds.connections.all_to_all:AllToAll",
        "distance": "stdpbench.kinds.connections.distance:Distance",
        "local": "stdpbench.kinds.connections.local:Local",
        "one-to-one": "stdpbench.kinds.connections.one_to_one:OneToOne",
        "others": "stdpbench.kinds.connections.others:Others",
        "pool": "stdpbench.kinds.connections.pool:Pool",
        "random": "stdpbench.kinds.connections.random:Random",
        "table": "stdpbench.kinds.connections.table:Table",
    },
    group="stdpbench.connections",
)

__all__ = ["Connection", "Synapses", "connections"]
