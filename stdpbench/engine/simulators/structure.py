"""Which differences between two networks need another network: all that are structural."""

from __future__ import annotations

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import Parameters
from stdpbench.experiment.graph import Graph

_WHERE = {"stream": "schedule.between", "precision": "simulator.precision"}
"""Where an experiment says what is not a parameter of its network."""


def check_same_structure(old: Graph, new: Graph) -> None:
    """Check that two graphs differ in parameters only that may change without another network."""

    def differ(where: str) -> StdpbenchError:
        return StdpbenchError(f"{where} is structural: changing it needs another network and run")

    def compare(mine: object, theirs: object, where: str) -> None:
        if type(mine) is not type(theirs):
            raise differ(f"{where}.kind")
        if not isinstance(mine, Parameters) or mine == theirs:
            return
        structural = {each.name: each.structural for each in mine.describe()}
        fields = [(name, getattr(mine, name), getattr(theirs, name)) for name in type(mine).model_fields]
        nested = [name for name, *each in fields if any(isinstance(value, Parameters) for value in each)]
        # nested declarations first: another kind may bring other values along
        for name, one, other in sorted(fields, key=lambda each: each[0] not in nested):
            if name == "normalise":  # acts between presentations
                continue
            if name in nested:
                compare(one, other, f"{where}.{name}")
            elif one != other and (structural.get(name, True) or one is None or other is None):
                raise differ(f"{where}.{name}")

    for kind in ("populations", "projections"):
        mine, theirs = getattr(old, kind), getattr(new, kind)
        if list(mine) != list(theirs):
            raise differ(f"network.{kind}")
        for name in mine:
            compare(mine[name], theirs[name], f"network.{kind}.{name}")
    for name in ("dt", "conductance_step", "streams", "stream", "precision"):
        if getattr(old, name) != getattr(new, name):
            raise differ(_WHERE.get(name, f"network.{name}"))
