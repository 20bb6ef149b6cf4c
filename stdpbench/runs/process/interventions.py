"""Changes of a run while it trains: parameters, rule, learned arrays. Each is checked, then on disk, then active."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.learned_arrays import read_checked, remove_unnamed
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.process.active_config import ActiveConfig
from stdpbench.runs.process.event_log import EventLog
from stdpbench.runs.protocol.changes import changes_between, rule_name
from stdpbench.runs.protocol.messages import Request
from stdpbench.simulators import Simulator

LATER = object()  # instead of an answer that comes at a later boundary


@dataclass(frozen=True)
class Interventions:
    """What a person may change at a position.

    Parameters
    ----------
    folder : RunFolder
        The run.
    event_log : EventLog
        Its facts.
    active : ActiveConfig
        What changes.
    position : int
        Changes apply from the next presentation on.
    """

    folder: RunFolder
    event_log: EventLog
    active: ActiveConfig
    position: int

    def check_learns(self) -> None:
        """Check that a change would still have an effect.

        Raises
        ------
        StdpbenchError
            If training is over.
        """
        if self.position >= self.active.n_train:
            raise StdpbenchError(
                "training is over, and labels and test go by what holds at its end; make a branch from an earlier "
                "position instead: stdpbench branch RUN --at POSITION --set … or --rule …"
            )

    def set(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change parameters; returns old and new values by path."""
        self.check_learns()
        return self._change(self.active.experiment.changed_live(dict(changes)))

    def _change(self, changed: Experiment, made: Simulator | None = None) -> dict[str, Any]:
        number = self.event_log.number
        changes = changes_between(self.active.experiment, changed)
        if changes:
            if self.folder.gone:  # nothing that is written now would ever be read
                raise StdpbenchError(self.folder.gone)
            self.active.check(changed)
            for change in changes:  # one, since a request changes parameters or the rule
                self.event_log.intervene(change, self.position)
            self.active.activate(changed, number, made)
            self.announce_plan()
        return {path: list(values) for change in changes for path, values in change.changes.items()}

    def set_learned(self, digests: Mapping[str, str], check_paused: Callable[[], None]) -> None:
        """Replace learned arrays by those in the run folder, which are removed if they are refused."""
        active = self.active
        try:
            check_paused()
            self.check_learns()
            fact, learned = read_checked(self.folder.path, digests, active.simulator.learned, active.experiment)
            self.event_log.intervene(fact, self.position)
        except Exception:
            remove_unnamed(self.folder.path, self.event_log.records, digests.values())
            raise
        active.simulator.set_learned(learned)

    def change_rule(self, request: Request, *, built: bool = False) -> Any:
        """Change the rule: immediately if its network is available, else once it is built, while the run continues."""
        self.check_learns()
        active = self.active
        changed = active.with_rule(request.arguments["rule"])
        if changed.same_rule(active.experiment):  # with other values: the network stays
            return self._change(changed)
        if not built and active.rules.build(request, changed, active.simulator):
            name = rule_name(changed.plasticity.to_mapping())
            self.event_log.note(
                f"A network with the rule {name} is built beside this one, which learns on until it is there.",
                self.position,
            )
            return LATER
        made = active.rules.network(changed, active.simulator)
        try:
            return self._change(changed, made)
        except StdpbenchError:
            active.rules.drop(made, active.simulator)
            raise

    def take_rule(self, request: Request, failure: str) -> Any:
        """Activate the rule whose network was built in another process."""
        try:
            if failure:
                raise StdpbenchError(failure)
            return self.change_rule(request, built=True)
        except StdpbenchError as error:
            self.event_log.note(f"The rule stays as it is: {error}", self.position)
            raise StdpbenchError(f"the rule stays as it is: {error}") from None

    def announce_plan(self) -> None:
        """Write the phases to the journal, unless it has them for this position."""
        if (planned := self.active.planned(self.event_log.records, self.position)) is not None:
            self.event_log.add(planned, self.position)
