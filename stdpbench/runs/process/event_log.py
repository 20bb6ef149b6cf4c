"""Event log of a run: writes each fact to the journal, then publishes it to readers.

Recognises facts that recur after a checkpoint, and queues facts that cannot be written because the disk is full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

from stdpbench.base.errors import DiskError
from stdpbench.base.files import remove_file, write_aside
from stdpbench.runs.folder.journal import Journal
from stdpbench.runs.folder.run_folder import RESERVE, RunFolder, now
from stdpbench.runs.process.publisher import Publisher
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Fact, Record

_RESERVED = 2**16  # bytes


class EventLog:
    """The facts of a run.

    Parameters
    ----------
    folder : RunFolder
        The run folder.
    publisher : Publisher
        Sends facts to readers.
    on_failure : callable
        Called with the reason when a fact cannot be written and is queued.

    Attributes
    ----------
    number : int
        Number of the next fact.
    """

    def __init__(self, folder: RunFolder, publisher: Publisher, on_failure: Callable[[str], None]) -> None:
        self.journal = Journal(folder.path)
        self._reserve = folder.path / RESERVE
        with suppress(DiskError):  # the disk is already full
            write_aside(self._reserve, lambda file: file.write(bytes(_RESERVED)))
        self.number = len(self.journal.records)
        self._publisher, self._on_failure = publisher, on_failure
        self._pending: list[Record] = []
        self._expected: dict[tuple[str, int, str], Fact] = {}
        self._differs = False  # whether a fact has differed from the one expected

    @property
    def records(self) -> list[Record]:
        """All facts so far."""
        return [*self.journal.records, *self._pending]

    def expect(self, records: Iterable[Record]) -> None:
        """Register facts of the journal that will recur, so that they are not written twice."""
        self._expected |= {record.identity: record.fact for record in records if record.fact.recurs}

    def intervene(self, fact: facts.Intervention, position: int) -> None:
        """Write an intervention to disk and publish it; facts at later positions are no longer expected to recur.

        Raises
        ------
        DiskError
            If it cannot be written to disk; in this case it is not published.
        """
        self.write_pending()
        self.add(fact, position, sync=True)
        later = [identity for identity in self._expected if identity[1] > position]
        for identity in later:
            del self._expected[identity]
        if later:
            self.note(
                f"This change comes before presentation {max(identity[1] for identity in later)}, which the run had "
                "reached when it was interrupted; the results in between are replaced.",
                position,
            )

    def add(self, fact: Fact, position: int, *, sync: bool = False) -> bool:
        """Write a fact to the journal and publish it, unless it recurs and is in the journal already.

        Returns
        -------
        bool
            Whether it was written; otherwise it is queued.

        Raises
        ------
        DiskError
            With `sync`, if it cannot be written to disk; in this case it is not published.
        """
        if fact.recurs:
            expected = self._expected.pop(Record(self.number, position, "", fact).identity, None)
            if expected == fact:
                return True
            if expected is not None and not self._differs:
                self._differs = True
                self.note("From here on, results differ from those before the run was interrupted.", position)
        record = Record(self.number, position, now(), fact)
        if sync:
            self.journal.append(record, sync=True)
        else:
            self._pending.append(record)
            try:
                self.write_pending()
            except DiskError as error:
                self._on_failure(str(error))
        self.number += 1
        self._publisher.publish(record)
        return not self._pending

    def note(self, sentence: str, position: int) -> None:
        """Add a sentence for the user, unless it is in the journal already for this position."""
        note = facts.Remarked(sentence, once=True)
        if not any(record.fact == note and record.position == position for record in self.records):
            self.add(note, position)

    def write_pending(self) -> None:
        """Write queued facts to the journal.

        Raises
        ------
        DiskError
            If they still cannot be written; the call may be repeated.
        """
        while self._pending:
            self.journal.append(self._pending[0])
            del self._pending[0]

    def sync(self) -> None:
        """Flush all facts to disk."""
        self.write_pending()
        self.journal.sync()

    def close(self) -> None:
        """Close the journal; on a full disk, queued facts use the space that was reserved for them."""
        with suppress(OSError):
            remove_file(self._reserve)
        with suppress(DiskError):
            self.write_pending()
        self.journal.close()
