"""Have another process write the network of a run to a NIR file; readers of runs import no simulator."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from stdpbench.errors import StdpbenchError
from stdpbench.runs.client.process_end import why_ended
from stdpbench.runs.protocol.nir_exported import STIMULI, NirExport


def export_nir(
    folder: Path, target: Path, *, force: bool = False, stimuli: int = STIMULI, replace: bool = False
) -> NirExport:
    """Write the network of a run to a NIR file, and check it; see `stdpbench.runs.process.nir_export.export_nir`.

    Raises
    ------
    StdpbenchError
        If it cannot be written.
    """
    asked = {"folder": str(folder.absolute()), "target": str(target.absolute())}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "stdpbench.runs.process.nir_export"],
        input=json.dumps({**asked, "force": force, "stimuli": stimuli, "replace": replace}).encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise StdpbenchError(why_ended(done.returncode, done.stderr.decode("utf-8", "replace")))
    found = json.loads(done.stdout)
    return NirExport(**{**found, "marks": tuple(found["marks"]), "frozen": tuple(found["frozen"])})
