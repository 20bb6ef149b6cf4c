"""Have another process write the network of a run to a NIR file; readers of runs import no simulator."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from stdpbench.errors import StdpbenchError
from stdpbench.files import check_target
from stdpbench.runs.client.process_end import why_ended
from stdpbench.runs.protocol.nir_exported import STIMULI, NirExport
from stdpbench.signals import own_session

_LOOK = 0.1  # s between two looks whether the process has exited


def export_nir(
    folder: Path,
    target: Path,
    *,
    force: bool = False,
    stimuli: int = STIMULI,
    replace: bool = False,
    look: Callable[[], object] = lambda: None,
) -> NirExport:
    """Write the network of a run to a NIR file, and check it; see `stdpbench.runs.process.nir_export.export_nir`.

    Parameters
    ----------
    folder, target, force, stimuli, replace
        As there.
    look : callable
        Called ten times per second; an exception that it raises ends the process.

    Raises
    ------
    StdpbenchError
        If it cannot be written.
    """
    check_target(target, replace=replace)  # without starting a process
    asked = {"folder": str(folder.absolute()), "target": str(target.absolute())}
    with tempfile.TemporaryFile() as request, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        request.write(json.dumps({**asked, "force": force, "stimuli": stimuli, "replace": replace}).encode())
        request.seek(0)
        command = [sys.executable, "-P", "-m", "stdpbench.runs.process.nir_export"]
        process = subprocess.Popen(command, stdin=request, stdout=output, stderr=errors, **own_session())
        try:
            while (status := _status(process)) is None:
                look()
        finally:
            if process.poll() is None:
                process.kill()  # the file is there completely or not at all
                process.wait()
        for file in (output, errors):
            file.seek(0)
        if status:
            raise StdpbenchError(why_ended(status, errors.read().decode("utf-8", "replace")))
        found = json.loads(output.read())
    return NirExport(**{**found, "marks": tuple(found["marks"]), "frozen": tuple(found["frozen"])})


def _status(process: subprocess.Popen[bytes]) -> int | None:
    """Wait a moment; return the exit status, or None if the process still runs."""
    try:
        return process.wait(_LOOK)
    except subprocess.TimeoutExpired:
        return None
