"""The journal: all facts of a run, one line of JSON each, only ever appended to.

A line counts once its newline is there; what follows the last newline was cut off by a crash, and is cut on opening.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from stdpbench.errors import DiskError, StdpbenchError
from stdpbench.files import write_text_aside
from stdpbench.runs.protocol.facts import Record

NAME = "journal.jsonl"


def read_journal(folder: Path) -> list[Record]:
    """All facts of a run folder, in order; empty where there is no journal.

    A last line that was cut off is left out.

    Raises
    ------
    StdpbenchError
        If the journal cannot be read, or a line that is whole is damaged; it names the line.
    """
    path = folder / NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StdpbenchError(f"{path} cannot be read: {error.strerror}") from None
    records: list[Record] = []
    for number, line in enumerate(data.split(b"\n")[:-1], 1):
        try:
            record = Record.from_mapping(json.loads(line))
        except (ValueError, RecursionError):
            raise StdpbenchError(f"{path}, line {number} is damaged: it is no JSON") from None
        except StdpbenchError as error:
            raise StdpbenchError(f"{path}, line {number} is damaged: {error}") from None
        if record.number != len(records):
            raise StdpbenchError(
                f"{path}, line {number} is damaged: fact {record.number} stands where {len(records)} belongs"
            )
        records.append(record)
    return records


def write_journal(folder: Path, records: Iterable[Record]) -> None:
    """Replace the whole journal: for branches and rewinding, never while a run goes on."""
    write_text_aside(folder / NAME, "".join(_line(record) for record in records))


class Journal:
    """Appends facts; used by the one process that holds the run's lock."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self.records = read_journal(folder)
        try:
            self._file = self.path.open("ab", buffering=0)
            self._length = self._whole_length()
            self._file.truncate(self._length)
        except OSError as error:
            raise DiskError(f"{self.path} cannot be written: {error.strerror}") from error

    def _whole_length(self) -> int:
        data = self.path.read_bytes()
        return data.rfind(b"\n") + 1

    def append(self, record: Record, *, sync: bool = False) -> None:
        """Write a fact; with `sync`, it is on disk before this returns.

        Raises
        ------
        DiskError
            If it cannot be written; nothing of it stays, and it may be tried again.
        """
        data = _line(record).encode()
        try:
            written = 0
            while written < len(data):
                written += self._file.write(data[written:])
            if sync:
                os.fsync(self._file.fileno())
        except OSError as error:
            self._file.truncate(self._length)
            raise DiskError(f"{self.path} cannot be written: {error.strerror}") from error
        self._length += len(data)
        self.records.append(record)

    def sync(self) -> None:
        """Have all facts on disk.

        Raises
        ------
        DiskError
            If the disk does not take them.
        """
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise DiskError(f"{self.path} cannot be written: {error.strerror}") from error

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _line(record: Record) -> str:
    return json.dumps(record.to_mapping(), ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"
