"""What the check of this machine has found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from stdpbench_gui.session.run_session import RunSession

if TYPE_CHECKING:
    from stdpbench.engine.doctor import Finding

DATA_SETS = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST", "kmnist": "KMNIST"}
"""Display names of the published data sets."""


class Machine(QObject):
    """The findings of `doctor`, as of the newest check.

    Attributes
    ----------
    findings : list of Finding
        What was found; empty while the machine is being checked.
    """

    changed = pyqtSignal()

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self._session = session
        self.findings: list[Finding] = []

    def check(self) -> None:
        """Check the machine in a thread."""
        from stdpbench.engine.doctor import diagnose

        self.take([])
        self._session.work(diagnose, self.take, "Cannot check the machine", owner=self)

    def take(self, findings: Sequence[Finding]) -> None:
        """Take the findings of a check."""
        self.findings = [*findings]
        self.changed.emit()

    @property
    def missing(self) -> set[str]:
        """Published data sets that are not on this machine, or damaged."""
        return {finding.name for finding in self.findings if finding.state != "ok" and finding.name in DATA_SETS}

    @property
    def wrong(self) -> list[str]:
        """What has to be looked at, in words; data that are only missing do not count."""
        return [
            DATA_SETS.get(finding.name, finding.name)
            for finding in self.findings
            if finding.state == "fault" or (finding.state != "ok" and finding.name not in DATA_SETS)
        ]

    def in_words(self) -> str:
        """Describe the state of the machine in a sentence."""
        if not self.findings:
            return "This machine is being checked."
        wrong = ", ".join(self.wrong)
        return f"To look at on this machine: {wrong}." if wrong else "This machine has no problems."
