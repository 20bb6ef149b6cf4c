"""Compile another network while a run continues: ``python -m stdpbench.runs.process.compile_process``.

Brian2 generates code for one network at a time and is not thread-safe, so a separate process generates and compiles
the network into the cache of compiled networks or Brian2's cache of extensions. The process of the run only loads it
from there, between two presentations.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.signals import own_session
from stdpbench.engine.simulators import compile_ahead
from stdpbench.experiment import Experiment

_PATIENCE = 5.0  # s, time for the process to clean up after SIGTERM


class CompileProcess:
    """A process that compiles a network.

    Parameters
    ----------
    experiment : Experiment
        The experiment whose network is compiled.
    shape : tuple of int
        Shape of the input.
    simulator : {"compiled", "runtime"}
        Name of the simulator.
    """

    def __init__(self, experiment: Experiment, shape: tuple[int, ...], simulator: str) -> None:
        request = json.dumps({"experiment": experiment.to_mapping(), "shape": shape, "simulator": simulator})
        with tempfile.TemporaryFile() as file:  # an argument must not exceed 128 KiB, and a pipe would have to be fed
            file.write(request.encode())
            file.seek(0)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "stdpbench.runs.process.compile_process"],
                stdin=file,
                stdout=subprocess.PIPE,
                **own_session(),
            )

    @property
    def over(self) -> bool:
        """Whether the process has exited."""
        return self._process.poll() is not None

    def error(self) -> str:
        """Return why the network could not be compiled, empty on success; called once, after the exit."""
        output, _ = self._process.communicate()
        if self._process.returncode == 0:
            return ""
        error = output.decode("utf-8", "replace").strip()
        return error or f"the compile process exited unexpectedly (status {self._process.returncode})"

    def end(self) -> None:
        """Terminate the process."""
        with self._process:  # closes its output and waits for it
            self._process.terminate()
            try:
                self._process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()


def main() -> int:
    """Compile the network described by JSON on standard input; print errors; return the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))  # exit normally, which removes partial files
    output = os.dup(1)
    os.dup2(2, 1)  # standard output is for the error alone; compiler output goes to standard error
    arguments = json.load(sys.stdin)
    try:
        compile_ahead(
            Experiment.from_mapping(arguments["experiment"]), tuple(arguments["shape"]), arguments["simulator"]
        )
    except StdpbenchError as error:
        failure = str(error)
    except Exception as error:  # from Brian2 or a rule of another package; the run continues and reports it
        logging.getLogger(__name__).exception("the network cannot be compiled")
        failure = f"{type(error).__name__}: {error}"
    else:
        return 0
    os.write(output, " ".join(failure.split()).encode("utf-8", "replace"))
    return 1


if __name__ == "__main__":
    sys.exit(main())
