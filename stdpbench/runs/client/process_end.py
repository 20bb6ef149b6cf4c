"""Explain why a process exited, and detach from processes that outlive their parent."""

from __future__ import annotations

import signal
import subprocess
from contextlib import suppress
from pathlib import Path

ERROR = "stdpbench: "
"""Prefix of the sentence in which a process of stdpbench reports a fatal error."""
_TRACEBACK = "Traceback (most recent call last):"
_detached: list[subprocess.Popen[bytes]] = []


def detach(process: subprocess.Popen[bytes]) -> None:
    """Let a process outlive its parent; if it exits earlier, the next call reaps it."""
    _detached[:] = [running for running in (*_detached, process) if running.poll() is None]


def why_ended(status: int | None, output: str, log: Path | None = None) -> str:
    """Return why a process exited, as a clause.

    Parameters
    ----------
    status : int or None
        Exit status, negative for a signal; None if unknown.
    output : str
        Output of the process. Only an error in it counts as the reason, since the last line may be a warning.
    log : Path, optional
        File with the output.
    """
    if status is not None and status < 0:
        reason = _killed(-status)
    elif error := error_in(output):
        return error
    else:
        reason = "for an unknown reason" if status is None else f"exit status {status}"
    return f"{reason}; its output is in {log}" if log is not None and output.strip() else reason


def error_in(output: str) -> str:
    """Return the last error in the output of a process: a sentence of stdpbench or an exception; empty without one."""
    error, in_traceback = "", False
    for line in output.splitlines():
        if line.startswith(ERROR):
            error = line.removeprefix(ERROR)
        elif line.startswith(_TRACEBACK):
            in_traceback = True
        elif in_traceback and line.strip() and not line[0].isspace():
            error, in_traceback = line, False
    return error.strip()


def _killed(number: int) -> str:
    with suppress(ValueError):  # a signal without a name in Python
        name = signal.Signals(number).name
        return f"killed by {name}" + (", perhaps because memory ran out" if name == "SIGKILL" else "")
    return f"killed by signal {number}"
