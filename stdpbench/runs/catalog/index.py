"""The SQLite file of a runs folder: an index of its runs, and its queue.

It holds no information that is not stored elsewhere: the index is read from the run folders (`runs.catalog.store`),
and each queue item has a copy in the folder ``queue``. A missing file is rebuilt from both; a damaged one is renamed
first.

The file is opened only briefly for each use, so that all processes switch to a rebuilt file promptly.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from stdpbench.base.errors import DiskError, StdpbenchError
from stdpbench.base.files import remove_file, write_text_aside

NAME = "index.sqlite"
FILES = r"index\.sqlite(-wal|-shm|-journal|\.damaged)?|\.index\.sqlite\.lock"
"""Pattern of the names of the files of an index."""
_VERSION = 2
_TIMEOUT = 20.0  # s to wait for another process that is writing
_PAUSE = 0.005  # s between two attempts
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
        "notes": "TEXT",
        "weights_origin": "TEXT",
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
}  # the last two: unexpected tables, values that are not text
_UNWRITABLE = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
}


class DamagedIndexError(StdpbenchError):
    """The file of the index is not a valid SQLite file."""


class UnwritableIndexError(DiskError):
    """The SQLite file cannot be created or written."""


def index_path(runs: Path) -> Path:
    """Return the path of the SQLite file of a runs folder."""
    return runs / NAME


@contextmanager
def opened(runs: Path, warn: Callable[[str], None] = lambda sentence: None) -> Iterator[sqlite3.Connection]:
    """Open the SQLite file of a runs folder; it is created if it is missing, and rebuilt if it is damaged.

    Parameters
    ----------
    runs : Path
        The runs folder, which must exist.
    warn : callable
        Called with a sentence if a damaged file was renamed.

    Raises
    ------
    DamagedIndexError, UnwritableIndexError
        If damage shows only during use, or the file cannot be written.
    StdpbenchError
        If another process blocks the file for too long, or a later version of stdpbench created it.
    """
    with translated(runs):
        try:
            connection = _connect(runs)
        except DamagedIndexError:
            aside = set_aside(runs)
            if aside is not None:
                warn(f"The index of {runs} was damaged and has been rebuilt; the old file is kept as {aside.name}.")
            connection = _connect(runs)
        try:
            yield connection
        finally:
            connection.close()


def _connect(runs: Path) -> sqlite3.Connection:
    with translated(runs), ExitStack() as stack:
        connection = sqlite3.connect(index_path(runs), timeout=_TIMEOUT, isolation_level=None)
        stack.callback(connection.close)
        connection.row_factory = sqlite3.Row
        _enable_wal(connection)
        if _version(connection, runs) != _VERSION:
            with transaction(connection):
                if _version(connection, runs) != _VERSION:  # no other process has created the tables meanwhile
                    _make_tables(connection)
                    restore_queue(connection, runs)
        for table, columns in _COLUMNS.items():
            connection.execute(f"SELECT {', '.join(columns)} FROM {table} LIMIT 0")
        stack.pop_all()
        return connection


def _enable_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to write-ahead logging, permanently.

    The switch fails at once, whatever the timeout, while another connection makes it: SQLite does not call the busy
    handler where two connections could wait for each other. Therefore it is retried here.
    """
    until = time.monotonic() + _TIMEOUT
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
    """Create a temporary index for a runs folder that is not writable."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        _make_tables(connection)
        yield connection
    finally:
        connection.close()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit all changes of the block together, or none; other processes cannot write meanwhile."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def insert(connection: sqlite3.Connection, table: str, values: Mapping[str, Any]) -> int:
    """Insert a row, or replace the one with the same key; return its row ID."""
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    cursor = connection.execute(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))
    return int(cursor.lastrowid or 0)


@contextmanager
def translated(runs: Path) -> Iterator[None]:
    """Translate errors of SQLite to errors of stdpbench."""
    path = index_path(runs)
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary result code
        if code in _DAMAGED:
            raise DamagedIndexError(f"{path} is damaged; `stdpbench list --rebuild` rebuilds it") from error
        if code in _UNWRITABLE:
            raise UnwritableIndexError(f"{path} cannot be written: {error}") from error
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StdpbenchError(f"another process has been writing {path} for {_TIMEOUT:.0f} s; try again") from error
        raise


def set_aside(runs: Path) -> Path | None:
    """Rename the SQLite file if it is damaged; return its new path, or None if it is intact."""
    from filelock import FileLock

    path = index_path(runs)
    aside = path.with_name(f"{NAME}.damaged")
    try:
        with FileLock(path.with_name(f".{NAME}.lock")):  # so that no other process renames the new file
            if _is_whole(runs):
                return None
            path.replace(aside)
            for ending in ("-wal", "-shm"):
                remove_file(path.with_name(NAME + ending))
    except OSError as error:
        raise DiskError(f"{path} is damaged and cannot be renamed: {error.strerror}") from error
    return aside


def _is_whole(runs: Path) -> bool:
    try:
        connection = _connect(runs)
    except DamagedIndexError:
        return False
    try:
        (result,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        return bool(result == "ok")
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()


def queue_folder(runs: Path) -> Path:
    """Return the folder of the copies of queue items and of the locks of queue runners."""
    return runs / "queue"


def write_copy(runs: Path, row: Mapping[str, Any]) -> None:
    """Write the copy of a queue item."""
    folder = queue_folder(runs)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise DiskError(f"cannot create {folder}: {error.strerror}") from error
    write_text_aside(folder / f"{row['number']}.json", json.dumps(dict(row), ensure_ascii=False, indent=1) + "\n")


def remove_copy(runs: Path, number: int) -> None:
    """Remove the copy of a queue item."""
    try:
        remove_file(queue_folder(runs) / f"{number}.json", within=runs)
    except OSError as error:
        raise DiskError(f"cannot remove the copy of queue item {number}: {error.strerror}") from error


def restore_queue(connection: sqlite3.Connection, runs: Path) -> None:
    """Insert queue items that are missing in the SQLite file from their copies; call it in a transaction."""
    known = {number for (number,) in connection.execute("SELECT number FROM queue")}
    for path in sorted(queue_folder(runs).glob("*.json")):
        try:
            row = json.loads(path.read_text(encoding="utf-8"))
            values = {name: row[name] for name in _COLUMNS["queue"]}
        except (OSError, ValueError, KeyError, TypeError):
            continue  # not an item
        if values["number"] not in known and all(isinstance(value, str | int | float) for value in values.values()):
            insert(connection, "queue", values)


def _version(connection: sqlite3.Connection, runs: Path) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > _VERSION:
        raise StdpbenchError(f"{index_path(runs)} was created by a later version of stdpbench")
    return int(version)


def _make_tables(connection: sqlite3.Connection) -> None:
    for table, columns in _COLUMNS.items():
        connection.execute(f"DROP TABLE IF EXISTS {table}")
        connection.execute(f"CREATE TABLE {table} ({', '.join(' '.join(pair) for pair in columns.items())})")
    connection.execute(f"PRAGMA user_version = {_VERSION}")
