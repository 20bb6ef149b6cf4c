"""A process that serves the requests of one client over a pipe until the client disconnects.

Requests are lines of JSON, ``{"number": …, "name": …, "arguments": {…}}``, and so are replies:
``{"number": …, "progress": [phase, done, total]}`` while it works, then
``{"number": …, "value": {…}, "arrays": path}`` or ``{"number": …, "error": sentence}``, with a
``traceback`` if the error was unexpected. Arrays are written to an npz file in a folder of the client; the path is
empty if there are none. If the client disconnects or terminates the process, no incomplete reply is used.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError

ProgressCallback = Callable[[str, int, int], None]
"""Called with the name of a phase, the steps done, and the total number of steps."""
Arrays = dict[str, NDArray[Any]]
Answer = Callable[[str, Mapping[str, Any], ProgressCallback], tuple[dict[str, Any], Arrays]]
"""Handles a request, given its name, its arguments and a progress callback."""


def serve(answer: Answer, scratch: Path | None = None) -> NoReturn:
    """Serve requests on standard input and output until the client disconnects.

    Parameters
    ----------
    answer : callable
        Returns plain values and arrays; an exception is sent as a sentence, and the next request is served.
    scratch : Path, optional
        Folder for arrays; required if there are any.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    output = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # output of libraries must not mix with replies
    waiting: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=_hear, args=(waiting,), daemon=True).start()
    while True:
        request = json.loads(waiting.get())
        number = request["number"]

        def say(number: int = number, **what: Any) -> None:
            output.write(json.dumps({"number": number, **what}, ensure_ascii=False) + "\n")
            output.flush()

        try:
            value, arrays = answer(
                request["name"],
                request["arguments"],
                lambda phase, done, total, say=say: say(progress=[phase, done, total]),  # type: ignore[misc]
            )
            path = ""
            if arrays:
                assert scratch is not None
                path = str(scratch / f"{os.getpid()}-{number}.npz")
                np.savez(path, **arrays)  # type: ignore[arg-type]
        except StdpbenchError as error:
            say(error=str(error))
        except Exception as error:  # any error is sent to the client, which may send other requests
            say(error=f"{type(error).__name__}: {error}", traceback=traceback.format_exc())
        else:
            say(value=value, arrays=path)


def _hear(waiting: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        waiting.put(line)
    os._exit(0)  # the client is gone: nobody waits for a pending reply
