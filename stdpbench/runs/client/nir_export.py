"""Have another process write the network of a run to a NIR file; readers of runs import no simulator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stdpbench.base.files import check_target
from stdpbench.runs.client.aside import carry_out_aside
from stdpbench.runs.protocol.nir_exported import STIMULI, NirExport

_PROCESS = "stdpbench.runs.process.nir_export"


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
    check_target(target, replace=replace, suffix=".nir")  # without starting a process
    asked = {"folder": str(folder.absolute()), "target": str(target.absolute())}
    found = carry_out_aside(_PROCESS, {**asked, "force": force, "stimuli": stimuli, "replace": replace}, look=look)
    return NirExport(**{**found, "marks": tuple(found["marks"]), "frozen": tuple(found["frozen"])})
