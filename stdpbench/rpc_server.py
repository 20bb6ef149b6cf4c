"""A process that answers one reader over a pipe, until the reader goes.

It hears requests as lines of JSON, ``{"number": …, "name": …, "arguments": {…}}``, and says lines of JSON:
``{"number": …, "progress": [phase, done, total]}`` while it works, then
``{"number": …, "value": {…}, "arrays": path}`` or ``{"number": …, "error": sentence}``, with a
``traceback`` where the error was unexpected. Arrays lie in an npz file in
a folder that is the reader's; the path is empty where there are none. When the reader goes, or ends the process in
the middle of something, nothing half-written is left.
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

from stdpbench.errors import StdpbenchError

ProgressCallback = Callable[[str, int, int], None]
"""Hears what is under way, how much of it is done, and of how much."""
Arrays = dict[str, NDArray[Any]]
Answer = Callable[[str, Mapping[str, Any], ProgressCallback], tuple[dict[str, Any], Arrays]]
"""Does what is asked for by name, with arguments."""


def serve(answer: Answer, scratch: Path | None = None) -> NoReturn:
    """Answer the reader at the other end of standard input and output until it goes.

    Parameters
    ----------
    answer : callable
        Gives plain values and arrays; what it raises is told in a sentence, and the next request is heard.
    scratch : Path, optional
        Where arrays are written; needed by those who have some.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    said = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # what libraries print is no answer
    waiting: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=_hear, args=(waiting,), daemon=True).start()
    while True:
        request = json.loads(waiting.get())
        number = request["number"]

        def say(number: int = number, **what: Any) -> None:
            said.write(json.dumps({"number": number, **what}, ensure_ascii=False) + "\n")
            said.flush()

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
        except Exception as error:  # what was asked is of any sort: the reader is told, and may ask for something else
            say(error=f"{type(error).__name__}: {error}", traceback=traceback.format_exc())
        else:
            say(value=value, arrays=path)


def _hear(waiting: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        waiting.put(line)
    os._exit(0)  # the reader is gone, and nobody waits for what is under way
