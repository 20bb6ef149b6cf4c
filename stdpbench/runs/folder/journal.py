"""The journal: an append-only file that describes a run and records its events, one line of JSON each.

The first line describes the run (`stdpbench.runs.folder.about`); each later line is a fact. A line is complete
once its newline is written. A crash may leave a partial last line, which is truncated on opening.

Lines form a chain: each ends with a digest of the line and of the digest before it, so that damage to any bit is
found, and lines after a damaged one can still be checked.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from stdpbench.base.errors import StdpbenchError, disk_errors
from stdpbench.base.files import open_regular, parse_json, write_text_aside
from stdpbench.runs.folder.about import FORMAT, check_about
from stdpbench.runs.protocol.facts import Record

NAME = "journal.jsonl"
_LONGEST_LINE = 16 * 2**20  # bytes; a longer line is not a fact and is not read into memory
_END = re.compile(rb',"chain":"([0-9a-f]{32})"\}')
_END_LENGTH = len(',"chain":""}') + 32
_DIGEST_AT = 32 + len('"}\n')  # bytes from the digest to the end of an undamaged line
_OTHER_DIGEST = "it does not match its digest"


class DamagedJournalError(StdpbenchError):
    """A journal has a damaged line."""


class OtherFormatError(StdpbenchError):
    """A run folder has a format that this version cannot read."""


@dataclass(frozen=True)
class Readable:
    """The readable part of a journal.

    Attributes
    ----------
    about : mapping or None
        Content of the first line; None if it is damaged, or if there is no journal.
    records : list of Record
        The facts before the first damaged line; all facts if no line is damaged.
    later : list of Record
        The undamaged facts after the first damaged line.
    length : int
        Length of the lines before the first damaged one, in bytes.
    damage : str
        The damaged line and the reason, as a clause; empty if no line is damaged.
    chain : str
        Digest of the last line before the first damaged one.
    """

    about: Mapping[str, Any] | None = None
    records: list[Record] = field(default_factory=list)
    later: list[Record] = field(default_factory=list)
    length: int = 0
    damage: str = ""
    chain: str = ""


def checked_lines(folder: Path) -> Iterator[tuple[bytes, str]]:
    """Read the lines of a journal and check the chain of their digests.

    A partial last line is left out.

    Yields
    ------
    line : bytes
        The whole line.
    problem : str
        Clause that says what is wrong with it; empty if its digest is right.

    Raises
    ------
    OtherFormatError
        If the run folder has another format.
    StdpbenchError
        If the journal cannot be read at all.
    """
    path = folder / NAME
    try:
        with open_regular(path) as file:
            yield from _checked(file, path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StdpbenchError(f"{path} cannot be read: {error.strerror}") from None


def _checked(file: IO[bytes], path: Path) -> Iterator[tuple[bytes, str]]:
    previous, first = b"", True
    while line := file.readline(_LONGEST_LINE):
        end = _END.fullmatch(line[-_END_LENGTH - 1 : -1])
        if not line.endswith(b"\n") and len(line) < _LONGEST_LINE:
            if end:  # a whole line whose newline is damaged
                yield line, _OTHER_DIGEST
            return
        if first and not end and _is_of_format_1(line):
            raise OtherFormatError(_other_format(path.parent, 1))
        if len(line) >= _LONGEST_LINE:
            problem = f"it is longer than {_LONGEST_LINE // 2**20} MiB"
        elif end and line.endswith(b"\n") and _digest(previous, line[: -_END_LENGTH - 1]) == end[1]:
            problem = ""
        else:
            problem = _OTHER_DIGEST
        yield line, problem
        previous, first = end[1] if end else b"", False


def read_undamaged(folder: Path) -> Readable:
    """Read the facts of a run folder up to the first damaged line, in order; none if there is no journal.

    A partial last line is ignored. A journal without a first line is damaged.

    Raises
    ------
    OtherFormatError
        If the run folder has another format.
    StdpbenchError
        If the journal cannot be read at all.
    """
    about: Mapping[str, Any] | None = None
    records, later = list[Record](), list[Record]()
    length, damage, chain = 0, "", ""
    for number, (line, problem) in enumerate(checked_lines(folder)):
        try:
            if number == 0:
                about = read_about(folder, line, problem)
            elif damage:
                later += [] if problem else [Record.from_mapping(_parsed(line))]
            else:
                records.append(_record(line, problem, len(records)))
        except DamagedJournalError as error:
            damage = str(error)
        except OtherFormatError:
            raise
        except StdpbenchError as error:
            damage = damage or f"{folder / NAME}, line {number + 1} is damaged: {error}"
        if not damage:
            length, chain = length + len(line), line[-_DIGEST_AT:-3].decode()
    empty = f"{folder / NAME} is empty" if about is None and (folder / NAME).exists() else ""
    return Readable(about, records, later, length, damage or empty, chain)


def _record(line: bytes, problem: str, number: int) -> Record:
    if problem:
        raise StdpbenchError(problem)
    record = Record.from_mapping(_parsed(line))
    if record.number != number:
        raise StdpbenchError(f"it is fact {record.number}, but fact {number} was expected")
    return record


def read_journal(folder: Path) -> list[Record]:
    """Read all facts of a run folder, in order; none if there is no journal.

    A partial last line is ignored.

    Raises
    ------
    DamagedJournalError
        If a complete line is damaged, or the journal is empty; the message names the line.
    StdpbenchError
        If the journal cannot be read, or the run folder has another format.
    """
    journal = read_undamaged(folder)
    if journal.damage:
        raise DamagedJournalError(journal.damage)
    return journal.records


def read_about(folder: Path, line: bytes, problem: str) -> dict[str, Any]:
    """Read the first line of the journal of a run folder, with its problem according to `checked_lines`.

    Returns
    -------
    dict
        Description of the run, without the format and the digest.

    Raises
    ------
    OtherFormatError
        If the run folder has another format.
    DamagedJournalError
        If the line is damaged.
    """
    try:
        if problem:
            raise StdpbenchError(problem)
        content = _parsed(line)
        about = {key: value for key, value in content.items() if key not in ("format", "chain") and value is not None}
        check_about(about)
    except StdpbenchError as error:
        raise DamagedJournalError(f"{folder / NAME}, line 1 is damaged: {error}") from None
    if content.get("format") != FORMAT:
        raise OtherFormatError(_other_format(folder, content.get("format")))
    return about


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        content = parse_json(line)
    except (ValueError, RecursionError):
        raise StdpbenchError("invalid JSON") from None
    if not isinstance(content, dict):
        raise StdpbenchError("invalid JSON")
    return content


def _is_of_format_1(line: bytes) -> bool:
    """Return whether a line is a fact without a digest, as the first line of a journal of format 1 is."""
    try:
        return "fact" in _parsed(line)
    except StdpbenchError:
        return False


def _other_format(folder: Path, number: object) -> str:
    return (
        f"{folder} is a run folder of format {number}, and this version of stdpbench reads format {FORMAT}: the "
        "folder is not changed"
    )


def _digest(before: bytes, content: bytes) -> bytes:
    return hashlib.sha256(before + content).hexdigest()[:32].encode()


def write_journal(folder: Path, records: Iterable[Record], about: Mapping[str, Any] | None = None) -> None:
    """Replace the whole journal, for branching and rewinding; never while a process works on the run.

    Parameters
    ----------
    folder : Path
        The run folder.
    records : iterable of Record
        The facts, which are numbered anew.
    about : mapping, optional
        Description of the run; default: that of the existing journal.
    """
    about = read_undamaged(folder).about or {} if about is None else about
    lines, chain = list[bytes](), ""
    for content in ({"format": FORMAT, **about}, *(r.to_mapping() | {"n": n} for n, r in enumerate(records))):
        line, chain = _line(content, chain)
        lines.append(line)
    write_text_aside(folder / NAME, b"".join(lines).decode())


class Journal:
    """Appends facts to the journal, in the process that holds the run's lock.

    After a failed sync, the file is no longer trusted: the operating system may have discarded unwritten data, and a
    later successful sync does not reveal this. The next append or sync then writes the whole file again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / NAME
        journal = read_undamaged(folder)
        if journal.damage or journal.about is None:
            raise DamagedJournalError(journal.damage or f"{self.path} is missing")
        self.about, self.records = journal.about, journal.records
        self._length, self._chain = journal.length, journal.chain
        self._trusted = True
        self._open()

    def _open(self) -> None:
        with self._writing():
            self._file = self.path.open("ab", buffering=0)
            self._file.truncate(self._length)

    def append(self, record: Record, *, sync: bool = False) -> None:
        """Append a fact; with `sync`, it is on disk when this returns.

        Raises
        ------
        DiskError
            If it cannot be written; the file then contains no part of it.
        """
        self._write_again()
        data, chain = _line(record.to_mapping(), self._chain)
        with self._writing():
            try:
                written = 0
                while written < len(data):
                    written += self._file.write(data[written:])
                if sync:
                    self._fsync()
            except OSError:
                try:
                    self._file.truncate(self._length)
                except OSError:
                    self._trusted = False
                raise
        self._length, self._chain = self._length + len(data), chain
        self.records.append(record)

    def sync(self) -> None:
        """Flush all facts to disk.

        Raises
        ------
        DiskError
            If they cannot be written.
        """
        self._write_again()
        with self._writing():
            self._fsync()

    def _fsync(self) -> None:
        try:
            os.fsync(self._file.fileno())
        except OSError:
            self._trusted = False
            raise

    def _write_again(self) -> None:
        """Write the whole file again if it is not trusted.

        Raises
        ------
        DiskError
            If it cannot be written; the next append or sync tries again.
        """
        if not self._trusted:
            write_journal(self._folder, self.records, self.about)
            self._file.close()
            self._length = self.path.stat().st_size
            self._open()
            self._trusted = True

    def _writing(self) -> AbstractContextManager[None]:
        return disk_errors(f"{self.path} cannot be written")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _line(content: Mapping[str, Any], before: str) -> tuple[bytes, str]:
    """Return a line and its digest, given the digest of the line before it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)[:-1].encode()
    chain = _digest(before.encode(), text).decode()
    return text + f',"chain":"{chain}"}}\n'.encode(), chain
