"""The client side of `runs.process.probe`: query the network of a run without a process. Imports no simulator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

from stdpbench.runs.client.process_end import why_ended
from stdpbench.runs.client.run_client import ATTACH, RunClient
from stdpbench.runs.protocol.wire import Listener


class ProbeClient(RunClient):
    """A connection to a process that looks at the network of a run; it ends with the connection."""

    def __init__(self, folder: Path, listener: Listener, process: subprocess.Popen[bytes], words: IO[bytes]) -> None:
        super().__init__(folder, listener, process)
        self._looking = process
        self._words = words

    @classmethod
    def open(cls, folder: Path) -> ProbeClient:
        """Start a process that looks at the network of a run; it is ready when the first answer comes.

        Parameters
        ----------
        folder : Path
            The run folder; only read.
        """
        listener = Listener()
        environment = {**os.environ, ATTACH: json.dumps(listener.invitation.to_mapping())}
        words = tempfile.TemporaryFile()  # noqa: SIM115 - the client's, which says why the process ended
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "stdpbench.runs.process.probe", str(folder.resolve())],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            env=environment,
            start_new_session=True,
        )
        return cls(folder, listener, process, words)

    def why_ended(self) -> str:
        """Why the process ended, as a clause: the error that it reported, else the signal or exit status."""
        self._words.seek(0)
        return why_ended(self._looking.poll(), self._words.read().decode("utf-8", "replace"))

    def close(self) -> None:
        """Let the process go: it has nothing to lose."""
        super().close()
        self._looking.terminate()
        self._words.close()
