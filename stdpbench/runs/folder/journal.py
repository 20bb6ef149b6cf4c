"""The journal: all facts of a run, append-only, with one line of JSON per fact.

A line is complete once its newline is written. A crash may leave a partial last line, which is truncated on opening.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stdpbench.errors import DiskError, StdpbenchError
from stdpbench.files import sync_folder, write_aside, write_text_aside
from stdpbench.runs.protocol.facts import Record

NAME = "journal.jsonl"
_LONGEST_LINE = 16 * 2**20  # bytes; a longer line is not a fact and is not read into memory


class DamagedJournalError(StdpbenchError):
    """A journal has a damaged line."""


@dataclass(frozen=True)
class Readable:
    """The readable part of a journal.

    Attributes
    ----------
    records : list of Record
        The facts before the first damaged line; all facts if no line is damaged.
    length : int
        Length of their lines, in bytes.
    damage : str
        The damaged line and the reason, as a clause; empty if no line is damaged.
    """

    records: list[Record]
    length: int
    damage: str = ""


def read_undamaged(folder: Path) -> Readable:
    """Read the facts of a run folder up to the first damaged line, in order; none if there is no journal.

    A partial last line is ignored.

    Raises
    ------
    StdpbenchError
        If the journal cannot be read at all.
    """
    path = folder / NAME
    records: list[Record] = []
    length = 0
    try:
        with path.open("rb") as file:
            while line := file.readline(_LONGEST_LINE):
                if not line.endswith(b"\n") and len(line) < _LONGEST_LINE:
                    break
                try:
                    record = _record(line)
                    if record.number != len(records):
                        raise StdpbenchError(f"it is fact {record.number}, but fact {len(records)} was expected")
                except StdpbenchError as error:
                    return Readable(records, length, f"{path}, line {len(records) + 1} is damaged: {error}")
                records.append(record)
                length += len(line)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise StdpbenchError(f"{path} cannot be read: {error.strerror}") from None
    return Readable(records, length)


def read_journal(folder: Path) -> list[Record]:
    """Read all facts of a run folder, in order; none if there is no journal.

    A partial last line is ignored.

    Raises
    ------
    DamagedJournalError
        If a complete line is damaged; the message names the line.
    StdpbenchError
        If the journal cannot be read.
    """
    found = read_undamaged(folder)
    if found.damage:
        raise DamagedJournalError(found.damage)
    return found.records


def read_after(folder: Path, length: int) -> list[Record]:
    """Read the facts of a journal after the first `length` bytes; damaged lines are skipped."""
    records: list[Record] = []
    with (folder / NAME).open("rb") as file:
        file.seek(length)
        while line := file.readline(_LONGEST_LINE):
            if line.endswith(b"\n"):
                with suppress(StdpbenchError):
                    records.append(_record(line))
    return records


def _record(line: bytes) -> Record:
    if len(line) >= _LONGEST_LINE:
        raise StdpbenchError(f"it is longer than {_LONGEST_LINE // 2**20} MiB")
    try:
        return Record.from_mapping(json.loads(line))
    except (ValueError, RecursionError):
        raise StdpbenchError("invalid JSON") from None


def write_journal(folder: Path, records: Iterable[Record]) -> None:
    """Replace the whole journal: for branching and rewinding, never while a process works on the run."""
    write_text_aside(folder / NAME, "".join(_line(record) for record in records))


class Journal:
    """Appends facts to the journal, in the process that holds the run's lock.

    After a failed sync, the file is no longer trusted: the operating system may have discarded unwritten data, and a
    later successful sync does not reveal this. The next append or sync then replaces the file by its contents at the
    last successful sync and the lines appended since, which are kept in memory.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        found = read_undamaged(folder)
        if found.damage:
            raise DamagedJournalError(found.damage)
        self.records = found.records
        self._length = self._synced = found.length
        self._since_sync: list[bytes] = []
        self._trusted = True
        try:
            self._file = self.path.open("ab", buffering=0)
            self._file.truncate(self._length)
        except OSError as error:
            raise DiskError(f"{self.path} cannot be written: {error.strerror}") from error

    def append(self, record: Record, *, sync: bool = False) -> None:
        """Append a fact; with `sync`, it is on disk when this returns.

        Raises
        ------
        DiskError
            If it cannot be written; the file then contains no part of it.
        """
        data = _line(record).encode()
        self._replace_untrusted()
        try:
            written = 0
            while written < len(data):
                written += self._file.write(data[written:])
            if sync:
                self._fsync()
        except OSError as error:
            try:
                self._file.truncate(self._length)
            except OSError:
                self._trusted = False
            raise DiskError(f"{self.path} cannot be written: {error.strerror}") from error
        self._length += len(data)
        self._since_sync.append(data)
        if sync:
            self._note_synced()
        self.records.append(record)

    def sync(self) -> None:
        """Flush all facts to disk.

        Raises
        ------
        DiskError
            If they cannot be written.
        """
        self._replace_untrusted()
        try:
            self._fsync()
        except OSError as error:
            raise DiskError(f"{self.path} cannot be written: {error.strerror}") from error
        self._note_synced()

    def _fsync(self) -> None:
        try:
            os.fsync(self._file.fileno())
        except OSError:
            self._trusted = False
            raise

    def _note_synced(self) -> None:
        self._synced = self._length
        self._since_sync.clear()

    def _replace_untrusted(self) -> None:
        """Replace the file by a new one if it is not trusted.

        Raises
        ------
        DiskError
            If the new file cannot be written; the next append or sync tries again.
        """
        if self._trusted:
            return
        try:
            with self.path.open("rb") as file:
                on_disk = file.read(self._synced)
            write_aside(self.path, lambda file: file.write(b"".join([on_disk, *self._since_sync])))
            sync_folder(self.path.parent)
            self._file.close()
            self._file = self.path.open("ab", buffering=0)
        except OSError as error:
            raise DiskError(f"{self.path} cannot be written: {error.strerror}") from error
        self._note_synced()
        self._trusted = True

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _line(record: Record) -> str:
    return json.dumps(record.to_mapping(), ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"
