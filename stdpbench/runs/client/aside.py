"""Have another process carry out a request: readers of runs import no simulator, and the app stays responsive."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.signals import own_session
from stdpbench.runs.client.process_end import ERROR, why_ended

_LOOK = 0.1  # s between two looks at the process


def carry_out_aside(
    module: str,
    request: Mapping[str, Any],
    *,
    look: Callable[[], object] = lambda: None,
    on_progress: Callable[[int, int], object] = lambda done, total: None,
) -> Any:
    """Start a module as a process, pass it a request, and wait for its answer.

    Parameters
    ----------
    module : str
        Name of the module. It reads the request from standard input and writes lines of JSON: ``[done, total]`` for
        progress, and finally its answer. Its last error is the line on standard error that begins with
        `stdpbench.runs.client.process_end.ERROR`.
    request : mapping
        Plain values.
    look : callable
        Called ten times per second; an exception that it raises ends the process.
    on_progress : callable
        Told of the newest progress.

    Returns
    -------
    Any
        The answer, as plain values.

    Raises
    ------
    StdpbenchError
        If the process ends with an error.
    """
    with tempfile.TemporaryDirectory(prefix="stdpbench-") as place, tempfile.TemporaryFile() as asked:
        said, errors = Path(place) / "output", Path(place) / "errors"
        asked.write(json.dumps(request).encode())
        asked.seek(0)
        with said.open("wb") as output, errors.open("wb") as problems:
            command = [sys.executable, "-P", "-m", module]
            process = subprocess.Popen(command, stdin=asked, stdout=output, stderr=problems, **own_session())
        answer: Any = None
        with said.open("rb") as output:
            try:
                ended = False
                while not ended:
                    ended = _ended(process)
                    progress = None
                    while line := _line(output):
                        answer = json.loads(line)
                        if isinstance(answer, list):
                            progress = answer
                    look()
                    if progress is not None:
                        on_progress(*progress)
            finally:
                if process.poll() is None:
                    process.kill()  # files that it writes are there completely or not at all
                    process.wait()
        if process.returncode:
            raise StdpbenchError(why_ended(process.returncode, errors.read_text("utf-8", "replace")))
    return answer


def answer_request(carry_out: Callable[[dict[str, Any], Callable[[int, int], object]], Any]) -> int:
    """Carry out the request on standard input, in the process that `carry_out_aside` starts.

    Parameters
    ----------
    carry_out : callable
        Given the request and a function to tell progress (done, total); returns the answer, a dataclass.

    Returns
    -------
    int
        Exit status.
    """
    output = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # output of libraries must not mix with the answer
    asked = json.load(sys.stdin)

    def tell(done: int, total: int) -> None:
        output.write(json.dumps([done, total]) + "\n")

    try:
        answer = carry_out(asked, tell)
    except StdpbenchError as error:
        sys.stderr.write(f"{ERROR}{error}\n")
        return 1
    with output:
        output.write(json.dumps(asdict(answer)) + "\n")
    return 0


def _line(output: Any) -> bytes:
    """Return the next complete line; empty if there is none yet."""
    at = output.tell()
    line: bytes = output.readline()
    if not line.endswith(b"\n"):
        output.seek(at)
        return b""
    return line


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Wait a moment; return whether the process has exited."""
    try:
        process.wait(_LOOK)
    except subprocess.TimeoutExpired:
        return False
    return True
