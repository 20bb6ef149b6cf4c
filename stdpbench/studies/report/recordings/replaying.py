"""The process that presents stimuli again and writes the responses (`stdpbench.studies.report.recordings.written`)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stdpbench.runs.client.aside import answer_request
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.facts import Progress
from stdpbench.studies.report.recordings.replayed import replay
from stdpbench.studies.report.recordings.written import Written, write_recorded


def main() -> int:
    """Carry out the request on standard input; return the exit status."""
    return answer_request(_replay)


def _replay(asked: dict[str, Any], on_progress: Callable[[int, int], object]) -> Written:
    for event in replay(RunFolder.open(Path(asked["folder"])), asked["neurons"], asked["n_stimuli"]):
        if isinstance(event, Progress):
            on_progress(event.done, event.total)
        else:
            written = write_recorded(event, map(Path, asked["targets"]), replace=asked["replace"])
    return written


if __name__ == "__main__":
    sys.exit(main())
