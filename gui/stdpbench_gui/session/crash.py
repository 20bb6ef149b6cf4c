"""What fails unexpectedly is told in a sentence and written to a log file; the app goes on."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from stdpbench.errors import StdpbenchError
from stdpbench.paths import cache_folder

_log = logging.getLogger("stdpbench_gui")
_LARGEST = 512 * 1024  # bytes of one log file; the one before it is kept
_told: set[str] = set()


def log_file() -> Path:
    """Where the details stand."""
    return cache_folder() / "app.log"


def in_words(error: BaseException) -> str:
    """What went wrong, as briefly as it can be said."""
    said = " ".join(str(error).split())
    if isinstance(error, StdpbenchError) and said:
        return said
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def note(error: BaseException, where: str) -> None:
    """Write an error with its traceback to the log file; one that recurs is written once."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    key = f"{where} {type(error).__name__} {place}"
    if key in _told:
        return
    _told.add(key)
    _open_log()
    _log.error("%s", where, exc_info=(type(error), error, error.__traceback__))


def install(tell: Callable[[str], object]) -> None:
    """Have unexpected errors told by `tell` instead of ending the process, as PyQt would.

    Parameters
    ----------
    tell : callable
        Shows a sentence; only called from the thread of the app.
    """

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        note(error, "Unexpected")
        tell(f"Something went wrong that should not have: {in_words(error)}. The app goes on; see {log_file()}.")

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            note(args.exc_value, f"In the thread {args.thread.name if args.thread else '?'}")

    sys.excepthook = hook
    threading.excepthook = in_thread


def _open_log() -> None:
    path = log_file()
    for handler in _log.handlers:
        if isinstance(handler, RotatingFileHandler) and handler.baseFilename == str(path.absolute()):
            return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=_LARGEST, backupCount=1, encoding="utf-8", delay=True)
    except OSError:  # a disk that is full or read-only: the sentence has to do
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for old in list(_log.handlers):
        _log.removeHandler(old)
        old.close()
    _log.addHandler(handler)
    _log.propagate = False
