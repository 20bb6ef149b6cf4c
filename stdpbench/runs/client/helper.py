"""The client side of `stdpbench.base.helper`: carry out requests in a separate process. It imports no simulator."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.wire import Listener
from stdpbench.runs.client.process_end import why_ended
from stdpbench.runs.client.run_client import RunClient, spawn

_LOOK = 0.1  # s between two checks of the process


class HelperClient(RunClient):
    """A connection to a process that answers requests; the process ends with the connection."""

    def __init__(self, listener: Listener, process: subprocess.Popen[bytes], output: IO[bytes]) -> None:
        super().__init__(Path(), listener, process)
        self._helper, self._output = process, output

    @classmethod
    def open(cls, module: str, *arguments: str) -> HelperClient:
        """Start a module as a process; it is ready when the first answer arrives."""
        output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the client, which reads errors from it
        return cls(*spawn(output, module, *arguments), output)

    def fileno(self) -> int:
        """Return the file descriptor of the connection; -1 without one."""
        return -1 if self._channel is None else self._channel.fileno()

    def why_ended(self) -> str:
        """Return why the process exited, as a clause: the error that it reported, or the signal or exit status."""
        self._output.seek(0)
        return why_ended(self._helper.poll(), self._output.read().decode("utf-8", "replace"))

    def close(self) -> None:
        """Close the connection and terminate the process, which has no state to save."""
        super().close()
        self._helper.terminate()
        self._output.close()


def carry_out_aside(
    module: str,
    request: Mapping[str, Any],
    *arguments: str,
    name: str = "carry out",
    look: Callable[[], object] = lambda: None,
    on_progress: Callable[[int, int], object] = lambda done, total: None,
) -> Any:
    """Carry out one request in a separate process, and wait for its answer.

    Parameters
    ----------
    module : str
        Name of the module that serves requests.
    request : mapping
        Arguments of the request, as plain values.
    *arguments : str
        Arguments of the module.
    name : str
        Name of the request.
    look : callable
        Called ten times per second; an exception that it raises ends the process.
    on_progress : callable
        Called with the progress: amount done, and total.

    Raises
    ------
    StdpbenchError
        If the request is refused, or the process ends.
    """
    with closing(HelperClient.open(module, *arguments)) as client:
        requested = False
        while not client.over:
            if client.connected and not requested:
                requested = True
                client.request(name, **request)
            for message in client.drain(wait=_LOOK):
                if message[0] == "progress":
                    on_progress(*message[3:])
                elif message[2]:
                    raise StdpbenchError(message[2])
                else:
                    return message[3]
            look()
        raise StdpbenchError(client.why_ended())
