"""What a run was at its earlier positions: what branching there or rewinding to there would start from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stdpbench.experiment import Experiment
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import reached_by, resume_position, resumption, without_changes_at
from stdpbench.runs.protocol.changes import experiment_at
from stdpbench.runs.protocol.facts import Record


@dataclass(frozen=True)
class Past:
    """A run and its facts up to now.

    Attributes
    ----------
    folder : RunFolder
        The run.
    start : Experiment
        The experiment with which it started.
    records : sequence of Record
        Its facts.
    reached : int
        Number of training presentations so far.
    active : bool
        Whether it has a process.
    """

    folder: RunFolder
    start: Experiment
    records: Sequence[Record]
    reached: int
    active: bool

    @classmethod
    def read(cls, folder: RunFolder) -> Past:
        """Read the journal of a run.

        Raises
        ------
        StdpbenchError
            If it cannot be read, or a kind of the run is not installed.
        """
        records = read_journal(folder.path)
        return cls(folder, folder.experiment, records, reached_by(folder), has_process(folder.path))

    @property
    def name(self) -> str:
        """Name of the run."""
        return self.folder.path.name

    def branched_at(self, at: int) -> Experiment:
        """Return the experiment that a branch at a position continues with."""
        return experiment_at(self.start, self.records, at)

    def rewound_to(self, to: int) -> Experiment:
        """Return the experiment that the run continues with once it is rewound to a position."""
        return experiment_at(self.start, without_changes_at(self.records, to), to)

    def resumption(self, at: int, number: Callable[[int], str] = str) -> str:
        """Say where a rewound run or a branch resumes, and which presentations it computes again."""
        return resumption(resume_position(self.folder.path, at, self.reached if self.active else None), at, number)
