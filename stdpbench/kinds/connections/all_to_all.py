"""Every source neuron reaches every target neuron."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.kinds.connections.base import Connection


class AllToAll(Connection):
    """Every source neuron reaches every target neuron, including itself in a recurrent projection."""

    kind: Literal["all"] = "all"

    summary: ClassVar[str] = "Every source neuron reaches every target neuron"
    storage: ClassVar[Literal["dense"]] = "dense"
