"""The process that presents stimuli again and writes the responses (`stdpbench.studies.report.recordings.written`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stdpbench.base.helper import ProgressCallback, serve
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.facts import Progress
from stdpbench.studies.report.recordings.replayed import replay
from stdpbench.studies.report.recordings.written import write_recorded


def _replay(_: str, asked: Mapping[str, Any], tell: ProgressCallback) -> dict[str, Any]:
    for event in replay(RunFolder.open(Path(asked["folder"])), asked["neurons"], asked["n_stimuli"]):
        if isinstance(event, Progress):
            tell(event.phase, event.done, event.total)
        else:
            written = write_recorded(event, map(Path, asked["targets"]), replace=asked["replace"])
    return asdict(written)


if __name__ == "__main__":
    serve(_replay)
