"""Neuron i of the source reaches neuron i of the target."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.connections.base import Connection


class OneToOne(Connection):
    """Neuron i of the source reaches neuron i of the target; both populations have the same size."""

    kind: Literal["one-to-one"] = "one-to-one"

    summary: ClassVar[str] = "Neuron i of the source reaches neuron i of the target"
    storage: ClassVar[Literal["one-to-one"]] = "one-to-one"
