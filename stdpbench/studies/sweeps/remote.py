"""A run in a process that exits with its parent: ``python -m stdpbench.studies.sweeps.remote``.

It reads one line of JSON from standard input: ``experiment`` as nested tables, and ``about`` for the journal. It
executes the run in a temporary folder and answers on standard output: a line of JSON with the ``digest`` of the
experiment, the ``name`` of the run folder and an ``error``, then the folder as a zip, if there is one. If the line has
a ``folder``, a run folder that both machines see, the run continues there, and no zip follows. The parent keeps
standard input open; when it closes (a worker of a cluster was killed), the process exits immediately.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import TEMPORARY, remove_tree
from stdpbench.experiment import Experiment
from stdpbench.runs.client.run_client import ask
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.preparation.creation import create_run
from stdpbench.runs.process import worker
from stdpbench.runs.protocol.states import State
from stdpbench.studies.sweeps.workplace import options_of

_PREFIX = "stdpbench-run-"
_LEFT_OUT = ("lock", "requests")
_LOOK = 1.0  # s between two checks whether the run has paused
_HANDOVER = 60.0  # s until the process of a killed worker must have ended
_REMOVAL = 10.0  # s for removing the folder of a run that still writes


def main() -> int:
    """Run the experiment on standard input; return the exit status."""
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # keep output of libraries out of the answer
    line = sys.stdin.readline()
    if not line:
        return 1
    request = json.loads(line)
    folder = None if "folder" in request else Path(tempfile.mkdtemp(prefix=_PREFIX))
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    try:
        digest, run, error = _carry_out(request, folder)
        head = {"digest": digest, "name": "" if run is None else run.path.name, "error": error}
        answer.write(json.dumps(head).encode() + b"\n")
        if folder is not None and run is not None:
            packed = folder / "run.zip"
            pack(run, packed)
            with packed.open("rb") as content:
                shutil.copyfileobj(content, answer)
    finally:
        if folder is not None:
            _remove(folder)
    answer.close()
    return 0


def pack(run: RunFolder, target: Path) -> None:
    """Write a run folder to a zip, without the files of its process."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(run.path.rglob("*")):
            name = path.relative_to(run.path)
            if path.is_file() and name.parts[0] not in _LEFT_OUT:
                archive.write(path, name.as_posix())


def _carry_out(request: Mapping[str, Any], folder: Path | None) -> tuple[str, RunFolder | None, str]:
    """Execute a run in a folder, or continue a run in a shared folder from its newest checkpoint.

    Returns
    -------
    tuple
        The digest of its experiment, its folder if any, and the reason why it is not finished.
    """
    digest = ""
    try:
        if folder is None:
            run = RunFolder.open(Path(request["folder"]))
        else:
            experiment = Experiment.from_mapping(request["experiment"])
            run = create_run(experiment, folder, options_of(experiment), request["about"])
        digest = run.experiment.digest
        until = time.monotonic() + _HANDOVER
        while has_process(run.path):  # the process of a killed worker, which ends soon
            if time.monotonic() > until:
                return digest, None, f"another process works on the run in {run.path}"
            time.sleep(_LOOK)
        if state_of(run)[0] is not State.FINISHED:  # otherwise a worker has finished it, and its answer was lost
            threading.Thread(target=_stop_if_paused, args=(run,), daemon=True).start()
            worker.main([str(run.path)])
    except StdpbenchError as error:
        return digest, None, str(error)
    state, reason = state_of(run)
    return digest, run, "" if state is State.FINISHED else reason or f"the run is {state}"


def _stop_if_paused(run: RunFolder) -> None:
    """Stop a run that pauses because of a problem, which no user can fix there."""
    while True:
        time.sleep(_LOOK)
        with suppress(StdpbenchError, OSError):
            state, reason = state_of(run)
            if state is State.PAUSED and reason:
                ask(run.path, "stop", reason=reason)
                return


def _end_with_parent(folder: Path | None) -> None:
    sys.stdin.read()
    if folder is not None:
        _remove(folder)
    os._exit(1)


def _remove(folder: Path) -> None:
    """Remove the folder, with retries, since a run that still writes files interrupts the removal."""
    until = time.monotonic() + _REMOVAL
    while folder.exists() and time.monotonic() < until:
        with suppress(OSError):
            remove_tree(folder, re.escape(_PREFIX) + TEMPORARY)


if __name__ == "__main__":
    sys.exit(main())
