"""The SQLite file of a runs folder: an index of its runs, and its queue.

Nothing is stored in it alone. The index is read from the run folders (`runs.catalog.store`), and each item of the
queue has a copy as a file in the folder ``queue``. A lost file is rebuilt from both; a damaged one is set aside first.

Every use opens the file and closes it soon, so that all processes switch to a rebuilt file at once.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from stdpbench.errors import DiskError, StdpbenchError
from stdpbench.files import remove_file, write_text_aside

NAME = "index.sqlite"
FILES = r"index\.sqlite(-wal|-shm|-journal|\.damaged)?|\.index\.sqlite\.lock"
"""Names of the files of an index."""
_VERSION = 1
_PATIENCE = 20.0  # s for another process to finish writing
_PAUSE = 0.005  # s between two tries
_COLUMNS = {
    "runs": {
        "folder": "TEXT PRIMARY KEY",
        "signature": "TEXT",
        "id": "TEXT",
        "experiment": "TEXT",
        "seed": "INTEGER",
        "state": "TEXT",
        "reason": "TEXT",
        "started": "TEXT",
        "ended": "TEXT",
        "phase": "TEXT",
        "done": "INTEGER",
        "total": "INTEGER",
        "position": "INTEGER",
        "vote": "REAL",
        "parent": "TEXT",
        "parent_id": "TEXT",
        "item": "TEXT",
        "parameters": "TEXT",
        "changes": "TEXT",
        "metrics": "TEXT",
    },
    "queue": {
        "number": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "rank": "REAL",
        "state": "TEXT",
        "name": "TEXT",
        "token": "TEXT",
        "folder": "TEXT",
        "reason": "TEXT",
        "runner": "TEXT",
        "added": "TEXT",
        "deaths": "INTEGER",
        "options": "TEXT",
        "experiment": "TEXT",
    },
}
_DAMAGED = {
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_ERROR,
    0,
}  # the last two: other tables, no text
_UNWRITABLE = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
}


class DamagedIndexError(StdpbenchError):
    """The SQLite file cannot be read as one."""


class UnwritableIndexError(DiskError):
    """The SQLite file cannot be made or written."""


def index_path(runs: Path) -> Path:
    """Where the SQLite file of a runs folder lies."""
    return runs / NAME


@contextmanager
def opened(runs: Path, told: Callable[[str], None] = lambda sentence: None) -> Iterator[sqlite3.Connection]:
    """Open the SQLite file of a runs folder; it is made if it is not there, and made anew if it is none.

    Parameters
    ----------
    runs : Path
        A folder that exists.
    told : callable
        Gets a sentence if a damaged file was set aside.

    Raises
    ------
    DamagedIndexError, UnwritableIndexError
        If it turns out to be damaged only later, or it cannot be written.
    StdpbenchError
        If another process writes for long, or a later version made it.
    """
    with translated(runs):
        try:
            connection = _connect(runs)
        except DamagedIndexError:
            aside = set_aside(runs)
            if aside is not None:
                told(f"The index of {runs} was damaged: it is made anew, and the old one lies in {aside.name}.")
            connection = _connect(runs)
        try:
            yield connection
        finally:
            connection.close()


def _connect(runs: Path) -> sqlite3.Connection:
    with translated(runs), ExitStack() as stack:
        connection = sqlite3.connect(index_path(runs), timeout=_PATIENCE, isolation_level=None)
        stack.callback(connection.close)
        connection.row_factory = sqlite3.Row
        _log_ahead(connection)
        if _version(connection, runs) != _VERSION:
            with transaction(connection):
                if _version(connection, runs) != _VERSION:  # no other process was faster
                    _make_tables(connection)
                    restore_queue(connection, runs)
        for table, columns in _COLUMNS.items():
            connection.execute(f"SELECT {', '.join(columns)} FROM {table} LIMIT 0")
        stack.pop_all()
        return connection


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Turn to write-ahead logging, which the file then stays with.

    The turn itself does not wait for a connection that is busy with the same, whatever the timeout: SQLite calls no
    busy handler where two could wait for each other. So it is tried again from here.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(_PAUSE)


@contextmanager
def in_memory() -> Iterator[sqlite3.Connection]:
    """An index that is not kept, for a runs folder in which nothing can be written."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        _make_tables(connection)
        yield connection
    finally:
        connection.close()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Have all that is written within take force together, and no other process write meanwhile."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def insert(connection: sqlite3.Connection, table: str, values: Mapping[str, Any]) -> int:
    """Write a row, in place of one that has the same key; returns its number."""
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    done = connection.execute(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))
    return int(done.lastrowid or 0)


@contextmanager
def translated(runs: Path) -> Iterator[None]:
    """Say what SQLite complains of as a sentence."""
    path = index_path(runs)
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without its details
        if code in _DAMAGED:
            raise DamagedIndexError(f"{path} is damaged: `stdpbench list --rebuild` makes it anew") from error
        if code in _UNWRITABLE:
            raise UnwritableIndexError(f"{path} cannot be written: {error}") from error
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StdpbenchError(
                f"another process has been writing {path} for {_PATIENCE:.0f} s; try again"
            ) from error
        raise


def set_aside(runs: Path) -> Path | None:
    """Put the SQLite file out of the way if it is damaged; returns where it lies now, None if nothing is wrong."""
    from filelock import FileLock

    path = index_path(runs)
    aside = path.with_name(f"{NAME}.damaged")
    try:
        with FileLock(path.with_name(f".{NAME}.lock")):  # so that no other process sets the new one aside
            if _is_whole(runs):
                return None
            path.replace(aside)
            for ending in ("-wal", "-shm"):
                remove_file(path.with_name(NAME + ending))
    except OSError as error:
        raise DiskError(f"{path} is damaged and cannot be set aside: {error.strerror}") from error
    return aside


def _is_whole(runs: Path) -> bool:
    try:
        connection = _connect(runs)
    except DamagedIndexError:
        return False
    try:
        (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        return bool(said == "ok")
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()


def queue_folder(runs: Path) -> Path:
    """Where the copies of queue items and the locks of queue runners lie."""
    return runs / "queue"


def write_copy(runs: Path, row: Mapping[str, Any]) -> None:
    """Write the copy of a queue item."""
    folder = queue_folder(runs)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise DiskError(f"{folder} cannot be made: {error.strerror}") from error
    write_text_aside(folder / f"{row['number']}.json", json.dumps(dict(row), ensure_ascii=False, indent=1) + "\n")


def remove_copy(runs: Path, number: int) -> None:
    """Remove the copy of a queue item."""
    try:
        remove_file(queue_folder(runs) / f"{number}.json", within=runs)
    except OSError as error:
        raise DiskError(f"the copy of queue item {number} cannot be removed: {error.strerror}") from error


def restore_queue(connection: sqlite3.Connection, runs: Path) -> None:
    """Take queue items in that the SQLite file does not know, from their copies; within a transaction."""
    known = {number for (number,) in connection.execute("SELECT number FROM queue")}
    for path in sorted(queue_folder(runs).glob("*.json")):
        try:
            row = json.loads(path.read_text(encoding="utf-8"))
            values = {name: row[name] for name in _COLUMNS["queue"]}
        except (OSError, ValueError, KeyError, TypeError):
            continue  # no item
        if values["number"] not in known and all(isinstance(value, str | int | float) for value in values.values()):
            insert(connection, "queue", values)


def _version(connection: sqlite3.Connection, runs: Path) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > _VERSION:
        raise StdpbenchError(f"{index_path(runs)} was made by a later version of stdpbench")
    return int(version)


def _make_tables(connection: sqlite3.Connection) -> None:
    for table, columns in _COLUMNS.items():
        connection.execute(f"DROP TABLE IF EXISTS {table}")
        connection.execute(f"CREATE TABLE {table} ({', '.join(' '.join(pair) for pair in columns.items())})")
    connection.execute(f"PRAGMA user_version = {_VERSION}")
