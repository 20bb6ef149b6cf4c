"""Which neurons a projection connects: the family of kinds and its base class."""

from stdpbench.connections.base import Connection
from stdpbench.registry import Family

connections: Family[Connection] = Family(
    "connection",
    Connection,
    {
        "all": "stdpbench.connections.all_to_all:AllToAll",
        "one-to-one": "stdpbench.connections.one_to_one:OneToOne",
        "others": "stdpbench.connections.others:Others",
    },
    group="stdpbench.connections",
)

__all__ = ["Connection", "connections"]
