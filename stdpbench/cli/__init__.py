"""The command line. Heavy packages are only imported by the commands that need them."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.foreign_text import terminal_text
from stdpbench.base.paths import SAFE

_OUTPUT_ERRORS = (errno.ENOSPC, errno.EPIPE, errno.EIO, errno.EBADF)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; invalid input exits with one sentence and status 2."""
    os.environ.update(SAFE)  # also for processes that libraries start
    for name in ("stdout", "stderr"):  # None if it was closed before Python started
        if getattr(sys, name) is None:
            setattr(sys, name, _nowhere())
        stream = getattr(sys, name)
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")  # a terminal without → shows a question mark
        if not isinstance(stream, _SafeStream):
            setattr(sys, name, _SafeStream(stream))
    from stdpbench.cli.app import app

    try:
        try:
            _check(sys.argv[1:] if arguments is None else arguments)
            with _completion():
                app(args=list(arguments) if arguments is not None else None, prog_name="stdpbench")
        finally:
            sys.stdout.flush()  # errors of a flush at exit could not be handled
    except KeyboardInterrupt:
        sys.exit(130)
    except StdpbenchError as error:
        sys.stderr.write(f"stdpbench: {_listed(error)}\n")
        sys.exit(2)
    except OSError as error:
        if error.filename is not None or error.errno not in _OUTPUT_ERRORS:
            raise
        sys.stdout = _nowhere()
        if not isinstance(error, BrokenPipeError):  # the reader closed the pipe: no message needed
            sys.stderr.write(f"stdpbench: the output cannot be written: {error.strerror or error}\n")
        sys.exit(1)


def _completion() -> AbstractContextManager[None]:
    """Prepare bash completion; do nothing for other calls."""
    if os.environ.get("_STDPBENCH_COMPLETE") != "complete_bash":
        return nullcontext()
    from stdpbench.cli.completion import whole_words

    return whole_words()


def _listed(error: StdpbenchError) -> str:
    """Format one error as a sentence, several as a list."""
    if len(error.sentences) == 1:
        return str(error)
    return "\n".join([f"{len(error.sentences)} errors", *(f"  {sentence}" for sentence in error.sentences)])


def _check(arguments: Sequence[str]) -> None:
    """Refuse arguments that are not UTF-8: file names may contain any bytes, but run folders store names as text."""
    for text in arguments:
        shown = os.fsencode(text).decode("utf-8", "backslashreplace")
        if shown != text:
            raise StdpbenchError(f"{shown} is not valid UTF-8, which names of files and folders must be")


class _SafeStream:
    """A stream that removes terminal control codes from text; `terminal.Console` writes to the stream directly."""

    def __init__(self, stream: TextIO) -> None:
        self.rich_proxied_file = stream  # consoles of rich look up the stream by this name

    def write(self, text: str) -> int:
        return self.rich_proxied_file.write(terminal_text(text, lines=True))

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rich_proxied_file, name)


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")
