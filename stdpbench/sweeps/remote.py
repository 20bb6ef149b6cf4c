"""One run in a process that ends with whoever started it: ``python -m stdpbench.sweeps.remote``.

It reads the experiment as TOML from standard input, up to a line of `END`, carries it out in a temporary folder, and
writes a last line of JSON to standard output: ``{"digest": …, "result": …}`` or ``{"error": …}``. Standard input stays
open meanwhile: where it ends, nobody waits any more (a worker of a cluster was killed), and the process ends at once.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import threading
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.files import TEMPORARY, remove_tree
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.preparation.creation import create_run
from stdpbench.runs.process import worker
from stdpbench.runs.protocol.states import State
from stdpbench.sweeps.local import OPTIONS
from stdpbench.sweeps.result import Result

END = "# end of experiment"
_PREFIX = "stdpbench-run-"


def main() -> int:
    """Carry out the experiment on standard input; returns the exit status."""
    lines: list[str] = []
    for line in sys.stdin:
        if line.strip() == END:
            break
        lines.append(line)
    else:
        return 1
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    try:
        said = _carry_out("".join(lines), folder)
    except StdpbenchError as error:
        said = {"error": str(error)}
    finally:
        _remove(folder)
    print(json.dumps(said), flush=True)
    return 0


def _carry_out(text: str, folder: Path) -> dict[str, Any]:
    experiment = Experiment.from_mapping(tomllib.loads(text))
    run = create_run(experiment, folder, OPTIONS)
    worker.main([str(run.path)])
    state, reason = state_of(run)
    if state is not State.FINISHED:
        raise StdpbenchError(reason or f"the run is {state}")
    return {"digest": experiment.digest, "result": Result.of(run).to_mapping() | {"folder": ""}}


def _end_with_parent(folder: Path) -> None:
    sys.stdin.read()
    _remove(folder)
    os._exit(1)


def _remove(folder: Path) -> None:
    with suppress(OSError):
        remove_tree(folder, re.escape(_PREFIX) + TEMPORARY)


if __name__ == "__main__":
    sys.exit(main())
