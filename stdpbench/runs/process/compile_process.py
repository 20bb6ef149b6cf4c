"""Compile another network while a run continues: ``python -m stdpbench.runs.process.compile_process``.

Brian2 generates code for one network at a time and is not thread-safe, so another process generates and compiles the
network, into the cache of compiled networks or Brian2's own cache of extensions. The process of the run finds it
there and only loads it, between two presentations.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.simulators import compile_ahead

_PATIENCE = 5.0  # s for it to tidy up


class Beside:
    """A process that compiles a network.

    Parameters
    ----------
    experiment : Experiment
        What to build.
    n_input : int
        Pixels per picture.
    simulator : {"compiled", "runtime"}
        For which simulator.
    """

    def __init__(self, experiment: Experiment, n_input: int, simulator: str) -> None:
        wanted = {"experiment": experiment.to_mapping(), "n_input": n_input, "simulator": simulator}
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - read when the process is over
        with tempfile.TemporaryFile() as given:
            given.write(json.dumps(wanted).encode())
            given.seek(0)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "stdpbench.runs.process.compile_process"],
                stdin=given,
                stdout=self._words,
                start_new_session=True,
            )

    @property
    def over(self) -> bool:
        """Whether it has come to its end."""
        return self._process.poll() is not None

    def outcome(self) -> str:
        """Why the network could not be compiled; empty where it is there. For a process that is over, once."""
        self._words.seek(0)
        said = self._words.read().decode("utf-8", "replace").strip()
        self._words.close()
        status = self._process.wait()
        return "" if status == 0 else said or f"the process that compiled it ended without a word (status {status})"

    def end(self) -> None:
        """Give it up."""
        with suppress(OSError):
            self._process.terminate()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._words.close()


def main() -> int:
    """Compile what standard input asks for; returns the exit status, and says on standard output why not."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))  # in order: nothing half-made is left behind
    answer = os.dup(1)
    os.dup2(2, 1)  # what compilers print is no answer
    wanted = json.load(sys.stdin)
    try:
        compile_ahead(Experiment.from_mapping(wanted["experiment"]), wanted["n_input"], wanted["simulator"])
    except StdpbenchError as error:
        said = str(error)
    except Exception as error:  # of Brian2, or of a rule of another package: the run goes on, and says so
        logging.getLogger(__name__).exception("the network cannot be compiled")
        said = f"{type(error).__name__}: {error}"
    else:
        return 0
    os.write(answer, " ".join(said.split()).encode("utf-8", "replace"))
    return 1


if __name__ == "__main__":
    sys.exit(main())
