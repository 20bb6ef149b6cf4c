"""Changes of parameters, rule and learned arrays during training: each is checked, written to disk, then activated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import Simulator
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.learned_arrays import read_checked, remove_unnamed
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.process.active_config import ActiveConfig
from stdpbench.runs.process.event_log import EventLog
from stdpbench.runs.protocol.changes import changes_between, new_rules
from stdpbench.runs.protocol.messages import Request

LATER = object()  # returned in place of a reply that follows at a later boundary


@dataclass(frozen=True)
class Interventions:
    """The changes that a user can make at a position of a run.

    Parameters
    ----------
    folder : RunFolder
        The run.
    event_log : EventLog
        Facts of the run.
    active : ActiveConfig
        The configuration to change.
    position : int
        Current position; changes apply from the next presentation on.
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
                "training is over, and the label and test phases use the configuration at its end; branch from an "
                "earlier position instead: stdpbench branch RUN --at POSITION --set … or --rule …"
            )

    def set(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change parameters, and return old and new values by path."""
        self.check_learns()
        return self._change(self.active.experiment.changed_live(dict(changes)))

    def _change(self, changed: Experiment, successor: Simulator | None = None) -> dict[str, Any]:
        number = self.event_log.number
        changes = changes_between(self.active.experiment, changed)
        if changes:
            if self.folder.gone:  # the change could not be recorded
                raise StdpbenchError(self.folder.gone)
            self.active.check(changed)
            for change in changes:  # only one, as a request changes either parameters or the rule
                self.event_log.intervene(change, self.position)
            self.active.activate(changed, number, successor)
            self.announce_plan()
        return {path: list(values) for change in changes for path, values in change.changes.items()}

    def set_learned(self, digests: Mapping[str, str], check_paused: Callable[[], None]) -> None:
        """Replace learned arrays by those in the run folder; if the request is refused, remove their files."""
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
        """Change the rule at once if its network is available, else build the network while the run continues."""
        self.check_learns()
        active = self.active
        projection = str(request.arguments.get("projection") or "")
        changed = active.with_rule(request.arguments["rule"], projection)
        if changed.same_rule(active.experiment):  # the same rule with other values: the network is kept
            return self._change(changed)
        if not built and active.rules.build(request, changed, active.simulator):
            name = new_rules(active.experiment, changed)
            self.event_log.note(
                f"A network with the rule {name} is being built in the background; training continues until it is "
                "ready.",
                self.position,
            )
            return LATER
        successor = active.rules.network(changed, active.simulator)
        try:
            return self._change(changed, successor)
        except StdpbenchError:
            active.rules.drop(successor, active.simulator)
            raise

    def take_rule(self, request: Request, failure: str) -> Any:
        """Activate the rule whose network was built in another process."""
        try:
            if failure:
                raise StdpbenchError(failure)
            return self.change_rule(request, built=True)
        except StdpbenchError as error:
            self.event_log.note(f"The rule is unchanged: {error}", self.position)
            raise StdpbenchError(f"the rule is unchanged: {error}") from None

    def announce_plan(self) -> None:
        """Write the plan to the journal, unless the journal already contains it."""
        if (planned := self.active.planned(self.event_log.records, self.position)) is not None:
            self.event_log.add(planned, self.position)
