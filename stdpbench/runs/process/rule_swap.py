"""Change the plasticity rule of a running run: another network is built while the current one keeps running.

The network that a change replaces at a position is kept until the next presentation. Its successor copies its state,
also if the rule is changed again before that presentation, and a change back restores it. The network of a
presentation therefore depends only on the changes before it, not on whether they were requested one by one or read
from a journal.

Networks that are no longer used are kept for a while so that changing back is immediate. Presentations change nothing
but the state of a network, so a used network is equivalent to a new one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import Simulator, is_compiled, open_simulator
from stdpbench.experiment import Experiment
from stdpbench.experiment.learning import same_kind
from stdpbench.runs.process.compile_process import CompileProcess
from stdpbench.runs.protocol.changes import new_rules
from stdpbench.runs.protocol.messages import Request

_KEPT = 3  # networks kept in addition to the current one


@dataclass(frozen=True, eq=False)
class Replaced:
    """The network of the previous presentation, after a change of the rule at this position has replaced it.

    Attributes
    ----------
    simulator : Simulator
        The network, with its state and parameters before the change.
    number : int
        Number of the first fact that its parameters do not include.
    """

    simulator: Simulator
    number: int


@dataclass(frozen=True, eq=False)
class _Wanted:
    request: Request
    name: str
    process: CompileProcess


class RuleChanges:
    """The networks of a run in addition to the current one, including one that is being built.

    Attributes
    ----------
    replaced : Replaced or None
        The network of the previous presentation, if it was replaced at this position.
    """

    def __init__(self) -> None:
        self.replaced: Replaced | None = None
        self._wanted: _Wanted | None = None
        self._used: list[Simulator] = []  # networks used earlier, the most recent last

    # -- building in the background --------------------------------------------------------------------------------

    def build(self, request: Request, experiment: Experiment, current: Simulator) -> bool:
        """Start building the network of an experiment in the background, unless it is available immediately.

        Returns
        -------
        bool
            Whether a build was started.

        Raises
        ------
        StdpbenchError
            If another network is being built.
        """
        if self._wanted is not None:
            raise StdpbenchError(f"the network with the rule {self._wanted.name} is being built; wait for that first")
        shape, name = current.layout.input_shape, current.name
        available = any(network.experiment.same_rule(experiment) for network in (self._origin(current), *self._used))
        if available or is_compiled(experiment.graph(*shape), name):
            return False
        self._wanted = _Wanted(
            request, new_rules(current.experiment, experiment), CompileProcess(experiment, shape, name)
        )
        return True

    def built(self) -> tuple[Request, str] | None:
        """Return the request whose build has ended since the last call, with its error (empty on success), or None."""
        wanted = self._wanted
        if wanted is None or not wanted.process.over:
            return None
        self._wanted = None
        return wanted.request, wanted.process.error()

    # -- replacing the network -------------------------------------------------------------------------------------

    def network(self, experiment: Experiment, current: Simulator) -> Simulator:
        """Return a network with the rule of an experiment that continues from the current state.

        Raises
        ------
        StdpbenchError
            If it cannot be built; nothing changes in this case.
        """
        origin = self._origin(current)
        if origin.experiment.same_rule(experiment):
            return origin
        made = next((network for network in self._used if network.experiment.same_rule(experiment)), None)
        if made is None:
            made = _open(experiment, current)
        else:
            made.set_parameters(experiment)
        made.copy_state_from(origin, _changed(origin, made))
        return made

    def replace(self, current: Simulator, made: Simulator, number: int) -> None:
        """Record that a network has replaced the current one, by the fact with this number."""
        if made in self._used:
            self._used.remove(made)
        if self.replaced is None:
            self.replaced = Replaced(current, number)
            return
        self._keep(current)
        if made is self.replaced.simulator:
            self.replaced = None

    def drop(self, made: Simulator, current: Simulator) -> None:
        """Close a network from `network` that is not used after all."""
        if made is not self._origin(current) and made not in self._used:
            made.close()

    def settle(self) -> None:
        """Release the replaced network before the next presentation, after which it cannot be restored."""
        if self.replaced is not None:
            self._keep(self.replaced.simulator)
            self.replaced = None

    def close(self) -> None:
        """Cancel a build in progress and close all networks except the current one, at the end of the run."""
        self.settle()
        for network in self._used:
            network.close()
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            wanted.process.end()
            wanted.request.reply(f"the run ended before the network with the rule {wanted.name} was built", None)

    def _keep(self, network: Simulator) -> None:
        self._used.append(network)
        while len(self._used) > _KEPT:
            self._used.pop(0).close()

    def _origin(self, current: Simulator) -> Simulator:
        return current if self.replaced is None else self.replaced.simulator


def _changed(before: Simulator, after: Simulator) -> set[str]:
    """Return the projections that learn by other equations in the network after a change than in the one before."""
    old, new = before.graph.projections, after.graph.projections
    rules = {name: (old[name].plasticity, new[name].plasticity) for name in after.graph.plastic}
    both = {name: pair for name, pair in rules.items() if pair != (None, None)}  # else only its delays learn
    return {name for name, (one, other) in both.items() if one is None or other is None or not same_kind(one, other)}


def _open(experiment: Experiment, current: Simulator) -> Simulator:
    """Return a new network on the simulator of the current one."""
    try:
        return open_simulator(experiment, current.layout.input_shape, current.name)[0]
    except StdpbenchError:
        raise
    except Exception as error:  # from Brian2, or from a rule of another package
        logging.getLogger(__name__).exception("the network cannot be built")
        name = new_rules(current.experiment, experiment)
        raise StdpbenchError(
            f"the network with the rule {name} cannot be built: {type(error).__name__}: {error}"
        ) from error
