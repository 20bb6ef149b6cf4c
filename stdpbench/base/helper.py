"""Answer requests of the parent process over `stdpbench.base.wire`, until the connection ends.

A request is ``("request", number, name, arguments)``. It is followed by any number of
``("progress", number, phase, done, total)``, and by ``("reply", number, error, value)`` with the answer, or with an
error message. Ending the process cancels a request. The client side is `stdpbench.runs.client.helper`.
"""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from typing import Any, Final

from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.wire import Channel, Invitation, connect

ATTACH: Final = "STDPBENCH_ATTACH"
"""Environment variable that passes the address of the client to a process."""
_log = logging.getLogger(__name__)

ProgressCallback = Callable[[str, int, int], None]
"""Called with the name of a phase, the steps done, and the total number of steps."""
Arrays = dict[str, NDArray[Any]]
Answer = Callable[[str, Mapping[str, Any], ProgressCallback], Any]
"""Handles a request, given its name, its arguments and a progress callback."""


def serve(answer: Answer) -> None:
    """Answer requests until the client disconnects; an exception is sent as a sentence, and its traceback logged."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    invitation = Invitation.from_mapping(json.loads(os.environ.pop(ATTACH)))
    with closing(connect(invitation)) as channel, suppress(OSError, EOFError):
        while True:
            message = channel.receive()
            if message[0] == "request":
                _reply(channel, answer, *message[1:])


def _reply(channel: Channel, answer: Answer, number: int, name: str, arguments: Mapping[str, Any]) -> None:
    def report_progress(phase: str, done: int, total: int) -> None:
        channel.send(("progress", number, phase, done, total))

    try:
        value, error = answer(name, arguments, report_progress), ""
    except StdpbenchError as refused:
        value, error = None, str(refused)
    except Exception as failed:  # reported to the client, which may send other requests
        _log.exception("the request %r failed", name)
        value, error = None, f"the request {name!r} failed: {type(failed).__name__}: {failed}"
    channel.send(("reply", number, error, value))
