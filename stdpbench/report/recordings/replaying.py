"""The process that presents stimuli again and writes the responses; see `stdpbench.report.recordings.written`."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from stdpbench.errors import StdpbenchError
from stdpbench.report.recordings.replayed import replay
from stdpbench.report.recordings.written import write_recorded
from stdpbench.runs.client.process_end import ERROR
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.facts import Progress


def main() -> int:
    """Carry out the request on standard input; return the exit status."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # output of libraries must not mix with the answer
    asked = json.load(sys.stdin)
    try:
        for event in replay(RunFolder.open(Path(asked["folder"])), asked["neurons"], asked["n_stimuli"]):
            if isinstance(event, Progress):
                output.write(f"[{event.done}, {event.total}]\n")
            else:
                written = write_recorded(event, map(Path, asked["targets"]), replace=asked["replace"])
    except StdpbenchError as error:
        sys.stderr.write(f"{ERROR}{error}\n")
        return 1
    with output:
        output.write(json.dumps(asdict(written)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
