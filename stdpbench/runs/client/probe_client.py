"""The client side of `runs.process.probe`: query the network of an inactive run. Imports no simulator."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import IO

from stdpbench.runs.client.process_end import why_ended
from stdpbench.runs.client.run_client import RunClient, spawn
from stdpbench.runs.protocol.wire import Listener


class ProbeClient(RunClient):
    """A connection to a process that probes the network of a run; the process ends with the connection."""

    def __init__(self, folder: Path, listener: Listener, process: subprocess.Popen[bytes], output: IO[bytes]) -> None:
        super().__init__(folder, listener, process)
        self._probe = process
        self._output = output

    @classmethod
    def open(cls, folder: Path) -> ProbeClient:
        """Start a process that probes the network of a run; it is ready when the first answer arrives.

        Parameters
        ----------
        folder : Path
            The run folder, which is only read.
        """
        output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the client, which reads errors from it
        return cls(folder, *spawn("stdpbench.runs.process.probe", folder, output), output)

    def why_ended(self) -> str:
        """Return why the process exited, as a clause: the error that it reported, or the signal or exit status."""
        self._output.seek(0)
        return why_ended(self._probe.poll(), self._output.read().decode("utf-8", "replace"))

    def close(self) -> None:
        """Close the connection and terminate the process, which has no state to save."""
        super().close()
        self._probe.terminate()
        self._output.close()
