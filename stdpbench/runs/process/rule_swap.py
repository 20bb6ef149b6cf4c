"""A change of the plasticity rule while a run goes on: another network is made beside the one that runs.

The network that arrived at a position is kept until the next presentation. What takes its place is made from it, also
where the rule is changed once more before that, and a change back goes on with it. So what holds in a presentation
depends on the changes before it, and not on whether they were asked for one by one or read from a journal.

A network that was replaced is kept a while, so that to change back takes no time: all that a presentation may change
is in the state, so a network that was used is as good as a new one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.runs.process.compile_process import Beside
from stdpbench.runs.protocol.changes import rule_name
from stdpbench.runs.protocol.messages import Request
from stdpbench.simulators import Simulator, is_compiled, open_simulator

_KEPT = 3  # networks beside the one that runs


@dataclass(frozen=True, eq=False)
class Arrived:
    """The network that arrived at a position, where another rule has taken its place.

    Attributes
    ----------
    simulator : Simulator
        In the state in which it arrived, with its parameters.
    number : int
        The first fact that these parameters do not know of.
    """

    simulator: Simulator
    number: int


@dataclass(frozen=True, eq=False)
class _Wanted:
    request: Request
    name: str
    beside: Beside


class RuleChanges:
    """The networks of one run: the one that arrived, and one that is being built.

    Attributes
    ----------
    arrived : Arrived or None
        None while the network that runs is the one that arrived.
    """

    def __init__(self) -> None:
        self.arrived: Arrived | None = None
        self._wanted: _Wanted | None = None
        self._used: list[Simulator] = []  # the one that was replaced last comes last

    # -- built beside ----------------------------------------------------------------------------------------------

    def build(self, request: Request, experiment: Experiment, current: Simulator) -> bool:
        """Begin to build the network of an experiment, for who asked for it, if that takes time.

        Raises
        ------
        StdpbenchError
            If another one is being built.
        """
        if self._wanted is not None:
            raise StdpbenchError(f"the network with the rule {self._wanted.name} is being built; wait for that first")
        n_input, name = current.layout.n_input, current.name
        at_hand = any(network.experiment.same_rule(experiment) for network in (self._origin(current), *self._used))
        if at_hand or is_compiled(experiment, n_input, name):
            return False
        self._wanted = _Wanted(
            request, rule_name(experiment.plasticity.to_mapping()), Beside(experiment, n_input, name)
        )
        return True

    def built(self) -> tuple[Request, str] | None:
        """The request whose network was built since the last call, and why it could not be, else empty."""
        wanted = self._wanted
        if wanted is None or not wanted.beside.over:
            return None
        self._wanted = None
        return wanted.request, wanted.beside.outcome()

    # -- put in place ----------------------------------------------------------------------------------------------

    def network(self, experiment: Experiment, current: Simulator) -> Simulator:
        """The network that goes on with the rule of an experiment; nothing has changed if it cannot be had.

        Raises
        ------
        StdpbenchError
            If it cannot be built.
        """
        origin = self._origin(current)
        if origin.experiment.same_rule(experiment):
            return origin
        made = next((network for network in self._used if network.experiment.same_rule(experiment)), None)
        if made is None:
            made = _open(experiment, current)
        else:
            made.set_parameters(experiment)
        made.copy_state_from(origin)
        return made

    def replace(self, current: Simulator, made: Simulator, number: int) -> None:
        """Note that a network has taken the place of another one, by the fact with this number."""
        if made in self._used:
            self._used.remove(made)
        if self.arrived is None:
            self.arrived = Arrived(current, number)
            return
        self._keep(current)
        if made is self.arrived.simulator:
            self.arrived = None

    def drop(self, made: Simulator, current: Simulator) -> None:
        """Let a network go that is not put in place after all."""
        if made is not self._origin(current) and made not in self._used:
            made.close()

    def settle(self) -> None:
        """A presentation follows: there is no way back any more."""
        if self.arrived is not None:
            self._keep(self.arrived.simulator)
            self.arrived = None

    def close(self) -> None:
        """The run is over: what is being built is given up, and networks that do not run are let go."""
        self.settle()
        for network in self._used:
            network.close()
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            wanted.beside.end()
            wanted.request.reply(f"the run ended before the network with the rule {wanted.name} was built", None)

    def _keep(self, network: Simulator) -> None:
        self._used.append(network)
        while len(self._used) > _KEPT:
            self._used.pop(0).close()

    def _origin(self, current: Simulator) -> Simulator:
        return current if self.arrived is None else self.arrived.simulator


def _open(experiment: Experiment, current: Simulator) -> Simulator:
    """A new network, of the kind of the one that runs."""
    try:
        return open_simulator(experiment, current.layout.n_input, current.name)[0]
    except StdpbenchError:
        raise
    except Exception as error:  # of Brian2, or of a rule of another package
        logging.getLogger(__name__).exception("the network cannot be built")
        name = rule_name(experiment.plasticity.to_mapping())
        raise StdpbenchError(
            f"the network with the rule {name} cannot be built: {type(error).__name__}: {error}"
        ) from error
