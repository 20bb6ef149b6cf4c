"""The log file of the app, and what becomes of unexpected errors: logged, shown in a sentence, and the app goes on."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from stdpbench.paths import cache_folder
from stdpbench_gui.session.background import call_in_app, in_words

_log = logging.getLogger("stdpbench_gui")
_LARGEST = 512 * 1024  # bytes of one log file; the one before it is kept
_logged: set[str] = set()


def log_file() -> Path:
    """Where the details stand."""
    return cache_folder() / "app.log"


def note(error: BaseException, where: str) -> None:
    """Write an error with its traceback to the log file; one that recurs is written once."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    key = f"{where} {type(error).__name__} {place}"
    if key in _logged:
        return
    _logged.add(key)
    open_log()
    _log.error("%s", where, exc_info=(type(error), error, error.__traceback__))


def install(show_message: Callable[[str], object]) -> None:
    """Have unexpected errors told by `show_message` instead of ending the process, as PyQt would.

    Parameters
    ----------
    show_message : callable
        Shows a sentence; only called from the thread of the app.
    """

    def show(error: BaseException, where: str) -> None:
        note(error, where)
        show_message(
            f"Something went wrong that should not have: {in_words(error)}. The app goes on; see {log_file()}."
        )

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            show(error, "Unexpected")

    def in_thread(args: threading.ExceptHookArgs) -> None:
        error = args.exc_value
        if error is not None:
            name = args.thread.name if args.thread else "?"
            call_in_app(lambda: show(error, f"In the thread {name}"))

    sys.excepthook = hook
    threading.excepthook = in_thread
    open_log()


def open_log() -> None:
    """Have everything that the packages log written to the log file."""
    path = log_file()
    for handler in _log.handlers:
        if isinstance(handler, RotatingFileHandler) and handler.baseFilename == str(path.absolute()):
            return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=_LARGEST, backupCount=1, encoding="utf-8", delay=True)
    except OSError:  # a disk that is full or read-only: the sentence has to do
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for logger in (_log, logging.getLogger("stdpbench")):
        for old in list(logger.handlers):
            logger.removeHandler(old)
            old.close()
        logger.addHandler(handler)
