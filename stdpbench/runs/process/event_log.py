"""What a run writes down and tells: its facts, each first in the journal and then to readers.

Facts that recur after a checkpoint are recognised here, and what a full disk kept from the journal waits here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from stdpbench.errors import DiskError
from stdpbench.runs.folder.journal import Journal
from stdpbench.runs.folder.run_folder import RunFolder, now
from stdpbench.runs.process.publisher import Publisher
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Fact, Record


class EventLog:
    """The facts of a run.

    Parameters
    ----------
    folder : RunFolder
        Of the run.
    publisher : Publisher
        Sends facts to readers.
    on_failure : callable
        Called with the reason when a fact cannot be written and waits.

    Attributes
    ----------
    number : int
        What the next fact will get.
    """

    def __init__(self, folder: RunFolder, publisher: Publisher, on_failure: Callable[[str], None]) -> None:
        self.journal = Journal(folder.path)
        self.number = len(self.journal.records)
        self._publisher, self._on_failure = publisher, on_failure
        self._unwritten: list[Record] = []
        self._expected: dict[tuple[str, int, str], Fact] = {}

    @property
    def records(self) -> list[Record]:
        """All facts so far."""
        return [*self.journal.records, *self._unwritten]

    def expect(self, records: Iterable[Record]) -> None:
        """Have facts that stand there already, and will recur, not written twice."""
        self._expected |= {record.identity: record.fact for record in records if record.fact.recurs}

    def intervene(self, fact: facts.Intervention, position: int) -> None:
        """Have on disk, and tell, what a person does to the run; facts of later positions do not recur then.

        Raises as `add` does.
        """
        self.write_what_is_left()
        self.add(fact, position, sync=True)
        later = [identity for identity in self._expected if identity[1] > position]
        for identity in later:
            del self._expected[identity]
        if later:
            self.note(
                f"This change comes before presentation {max(at for _, at, _ in later)}, which the run had reached "
                "before it was interrupted; what came out from here to there is replaced.",
                position,
            )

    def add(self, fact: Fact, position: int, *, sync: bool = False) -> bool:
        """Write a fact to the journal and tell it, unless it recurs and stands there.

        Returns
        -------
        bool
            Whether it is written; else it waits.

        Raises
        ------
        DiskError
            With `sync`, if it is not on disk; it is not told then.
        """
        if fact.recurs:
            known = self._expected.pop(Record(self.number, position, "", fact).identity, None)
            if known == fact:
                return True
            if known is not None:
                self.note("What follows came out differently than before the run was interrupted.", position)
        record = Record(self.number, position, now(), fact)
        if sync:
            self.journal.append(record, sync=True)
        else:
            self._unwritten.append(record)
            try:
                self.write_what_is_left()
            except DiskError as error:
                self._on_failure(str(error))
        self.number += 1
        self._publisher.tell(record)
        return not self._unwritten

    def note(self, sentence: str, position: int) -> None:
        """Tell a sentence, once."""
        note = facts.Remarked(sentence, once=True)
        if not any(record.fact == note and record.position == position for record in self.records):
            self.add(note, position)

    def write_what_is_left(self) -> None:
        """Write what could not be written before.

        Raises
        ------
        DiskError
            If it still cannot; it may be tried again.
        """
        while self._unwritten:
            self.journal.append(self._unwritten[0])
            del self._unwritten[0]

    def sync(self) -> None:
        """Have all facts on disk."""
        self.write_what_is_left()
        self.journal.sync()

    def close(self) -> None:
        """Let go of the journal."""
        self.journal.close()
