"""The log file of the app, and unexpected errors: they are logged and shown in a message, and the app continues."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from stdpbench.base.paths import cache_folder
from stdpbench_gui.session.background import call_in_app, describe_error
from stdpbench_gui.session.sentences import Lasting

_log = logging.getLogger("stdpbench_gui")
_LARGEST = 512 * 1024  # bytes of a log file before it is rotated; one old file is kept
_logged: set[str] = set()


def log_file() -> Path:
    """Return the path of the log file."""
    return cache_folder() / "app.log"


def note(error: BaseException, where: str) -> None:
    """Log an error with its traceback; a recurring error is logged once."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    key = f"{where} {type(error).__name__} {place}"
    if key not in _logged:
        _logged.add(key)
        open_log()
        _log.error("%s", where, exc_info=(type(error), error, error.__traceback__))


def install(show_message: Callable[[str], object]) -> None:
    """Show unexpected errors with `show_message`, where PyQt would end the process.

    Parameters
    ----------
    show_message : callable
        Shows a sentence; only called in the main thread.
    """

    def show(error: BaseException, where: str) -> None:
        note(error, where)
        show_message(Lasting(f"Unexpected error: {describe_error(error)}. The app continues; see {log_file()}."))

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
    """Write all log records of both packages to the log file."""
    path = log_file()
    for handler in _log.handlers:
        if isinstance(handler, RotatingFileHandler) and handler.baseFilename == str(path.absolute()):
            return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=_LARGEST, backupCount=1, encoding="utf-8", delay=True)
    except OSError:  # the disk is full or read-only: the message must suffice
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for logger in (_log, logging.getLogger("stdpbench")):
        for old in list(logger.handlers):
            logger.removeHandler(old)
            old.close()
        logger.addHandler(handler)
